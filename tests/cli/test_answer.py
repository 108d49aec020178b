"""`mngr answer` and `mngr interrupt`: what they say is what was seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from program import Mngr
from talking import Talk
from terminal import Terminal
from waiting import eventually

Eventually = Callable[..., object]


def answers(one: Talk) -> list[str]:
    """Return what the program was answered."""
    return [entry["text"] for entry in one.record() if entry.get("kind") == "note"]


def test_it_shows_what_is_asked(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    mngr("message", "one", "ask").assert_success()
    done = mngr("answer", "one").assert_success("one is blocked (permission):", "touch it", "  2  Yes, always")
    assert "mngr answer one NUMBER" in done.err
    assert mngr("answer", "one", "--format", "json").json() == {
        "agent": "one",
        "reason": "permission",
        "question": "Run this? touch it",
        "choices": ["Yes", "Yes, always", "No"],
        "answer": None,
    }
    assert answers(one) == []
    assert one.state == "blocked"


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("1", "Yes"),
        ("2", "Yes, always"),
        ("3", "No"),
        ("yes", "Yes"),
        ("YES", "Yes"),
        ("allow", "Yes"),
        ("deny", "No"),
        ("Yes, a", "Yes, always"),
    ],
)
def test_choices(talk: Callable[..., Talk], mngr: Mngr, said: str, chosen: str) -> None:
    one = talk()
    mngr("message", "one", "ask").assert_success()
    assert mngr("answer", "one", said, "--format", "json").json()["answer"] == chosen
    eventually(lambda: answers(one) == [f"answered {chosen}"])


def test_what_is_no_answer(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    mngr("message", "one", "hello").assert_success()
    mngr("answer", "one", "yes").assert_failure(1, "'one' asks nothing", "hint: ")
    mngr("answer", "one").assert_failure(1, "asks nothing")
    mngr("message", "one", "ask").assert_success()
    for said in ("4", "0", "perhaps", ""):
        mngr("answer", "one", said).assert_failure(2, "not one of the choices", "1: Yes; 2: Yes, always; 3: No")
    assert answers(one) == []
    mngr("answer", "nosuch", "1").assert_failure(3, "nosuch")


def test_one_answer_is_for_one_question(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("message", "one", "twice").assert_success()
    mngr("answer", "one", "2").assert_success()
    assert answers(one) == ["answered Yes, always"]
    eventually(lambda: one.state == "blocked")
    mngr("answer", "one", "no").assert_success()
    assert answers(one) == ["answered Yes, always", "answered No"]
    eventually(lambda: one.state == "waiting")


def test_an_error_asks_nothing(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("message", "one", "fail").assert_success()
    eventually(lambda: one.state == "blocked")
    mngr("answer", "one", "1").assert_failure(1, "asks nothing: it stopped by error", "mngr message one")
    mngr("message", "one", "go on").assert_success("accepted")


def test_plain_programs_ask_nothing_that_is_known(mngr: Mngr, repo: object) -> None:
    mngr("create", "plain", "--transfer", "none", "--", "sleep", "1000").assert_success()
    mngr("answer", "plain", "1").assert_failure(1, "'plain' is a command agent", "hint: ")


def test_on_a_terminal_it_is_chosen(talk: Callable[..., Talk], mngr: Mngr, terminal: Callable[..., Terminal]) -> None:
    one = talk()
    mngr("message", "one", "ask").assert_success()
    words = [f"{name}={text}" for name, text in mngr.env.items()]
    screen = terminal(["env", *words, *mngr.program, "answer", "one"])
    screen.wait_for(r"answer \[1-3\]")
    screen.enter("2")
    screen.wait_for("answered one: Yes, always")
    assert screen.wait_for_end() == 0
    assert answers(one) == ["answered Yes, always"]


def test_interrupts(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("interrupt", "one").assert_success("one has no turn under way")
    mngr("message", "one", "hang").assert_success()
    mngr("interrupt", "one").assert_success("interrupted one\n")
    assert one.state == "waiting"
    mngr("message", "one", "ask").assert_success()
    row = mngr("interrupt", "one", "--format", "json").json()[0]
    assert (row["result"], "touch it" in row["question"]) == ("interrupted", True)
    assert one.state == "waiting"
    assert answers(one) == ["answered No"]
    mngr("message", "one", "on").assert_success("accepted")


def test_what_an_interrupt_brings_back_into_the_line_is_no_draft(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk("--give-back", "0.5")
    mngr("message", "one", "hang").assert_success()
    mngr("interrupt", "one").assert_success("interrupted one\n")
    mngr("message", "one", "next").assert_success("accepted by one")
    assert one.heard() == ["hang", "next"]


def test_no_interrupt_ends_the_program(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk("--trust")
    eventually(lambda: one.state == "blocked")
    mngr("interrupt", "one").assert_failure(6, "trust", "hint: ")
    assert one.state == "blocked"


def test_plain_programs_get_a_key(mngr: Mngr, repo: object, eventually: Eventually) -> None:
    script = "trap 'echo heard' INT; while :; do read line || :; done"
    mngr("create", "plain", "--transfer", "none", "--", "sh", "-c", script).assert_success()
    eventually(lambda: mngr.agent("plain")["state"] == "waiting")
    mngr("interrupt", "plain").assert_success("sent C-c to plain")
    eventually(lambda: "heard" in mngr("capture", "plain").out)
    mngr("stop", "plain").assert_success()
    mngr("interrupt", "plain").assert_failure(1, "not running", "hint: mngr start plain")
