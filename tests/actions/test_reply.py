"""What was answered to a message is told from all else that was said since."""

from __future__ import annotations

from mngr.actions.reply import Reply, reply_to
from mngr.model.conversation import ASSISTANT, QUEUED, SYSTEM, TURN_ENDED, USER, Entry


def test_the_answer_to_an_earlier_message_is_not_the_answer() -> None:
    entries = [
        Entry(USER, "one", id="1"),
        Entry(USER, "two", id="2"),
        Entry(ASSISTANT, "first", answers="1"),
        Entry(SYSTEM, kind=TURN_ENDED, answers="1"),
    ]
    assert reply_to("two", entries) == Reply("")
    entries += [Entry(ASSISTANT, "second", answers="2"), Entry(SYSTEM, kind=TURN_ENDED, answers="2")]
    assert reply_to("two", entries) == Reply("second", TURN_ENDED)
    assert reply_to("one", entries) == Reply("first", TURN_ENDED)


def test_a_message_in_the_queue_has_no_end_yet() -> None:
    entries = [Entry(SYSTEM, "two", QUEUED), Entry(ASSISTANT, "of the turn before"), Entry(SYSTEM, kind=TURN_ENDED)]
    reply = reply_to("two", entries)
    assert reply is not None
    assert reply.how is None
    assert reply_to("three", entries) is None
