"""The real Codex is spoken to: each message is heard once, word for word, and its dialogs are answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from codex_agents import NEEDS_CODEX, Codex, codex_in
from program import Mngr
from talkers import AWKWARD
from waiting import eventually

from mngr.model.conversation import ACCEPTED, TYPED
from mngr.model.errors import BlockedError, UserError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), NEEDS_CODEX]


@pytest.fixture
def codex(mngr: Mngr, repo: Path) -> Iterator[Codex]:
    with codex_in(mngr, repo) as it:
        yield it


def test_each_message_is_heard_once_and_word_for_word(codex: Codex) -> None:
    codex.create()
    for text in AWKWARD.values():
        assert codex.say(text).state == ACCEPTED
    assert codex.heard() == [text.strip() for text in AWKWARD.values()]
    assert not (codex.mngr.folder("a") / "trusted").read_text()


def test_a_command_of_its_own_is_only_typed(codex: Codex) -> None:
    codex.create()
    assert codex.say("/status").state == TYPED
    codex.say("and this")
    assert codex.heard() == ["and this"]
    codex.wait("a", "waiting")
    assert codex.say("/model").state == TYPED
    eventually(lambda: _moves(codex) == "blocked", 20, lambda: codex.story("a"))
    seen = codex.mngr.agent("a")
    assert (seen["reason"], seen["question"]) == ("dialog", "Select Model and Effort")
    codex.press("Escape")
    codex.wait("a", "waiting")


def _moves(codex: Codex) -> str:
    """Return the state after the choice in a menu moved."""
    codex.press("Down")
    return codex.mngr.agent("a")["state"]


def test_a_message_at_once_after_the_start_is_heard(codex: Codex) -> None:
    codex.mngr("create", "a", "codex", "--no-connect").assert_success()
    codex.say("early")
    assert codex.heard() == ["early"]


def test_a_message_in_a_turn_steers_it(codex: Codex) -> None:
    codex.create()
    codex.say("slow 3\nsay slowly")
    codex.say("another one")
    codex.wait("a", "waiting")
    assert codex.heard() == ["slow 3\nsay slowly", "another one"]


def test_a_draft_of_a_person_is_left_alone(codex: Codex) -> None:
    codex.create()
    codex.press("-l", "half a thought")
    eventually(lambda: "half a thought" in codex.mngr("capture", "a").out)
    with pytest.raises(UserError, match="somebody is typing"):
        codex.say("something else")
    assert "half a thought" in codex.mngr("capture", "a").out
    assert codex.mngr.agent("a")["state"] == "waiting"


def test_a_permission_is_asked_and_given(codex: Codex, tmp_path: Path) -> None:
    codex.create()
    proof = tmp_path / "proof"
    codex.say(f"perm: touch {proof}\nsay finished")
    seen = codex.wait("a", "blocked")
    assert (seen["reason"], seen["question"]) == ("permission", f"sh -c 'touch {proof}' (the script wants it)")
    with pytest.raises(BlockedError):  # however late the dialog shows
        codex.say("not now")
    dialog = codex.dialog()
    assert dialog
    assert (dialog.reason, len(dialog.choices), dialog.chosen) == ("permission", 3, 0)
    assert str(proof) in dialog.question
    codex.answer("yes")
    codex.wait("a", "waiting")
    assert proof.exists()
    assert codex.said() == ["finished"]


def test_a_permission_is_asked_and_refused(codex: Codex, tmp_path: Path) -> None:
    codex.create()
    proof = tmp_path / "proof"
    codex.say(f"perm: touch {proof}\nsay finished")
    codex.wait("a", "blocked")
    codex.answer("no")
    codex.wait("a", "waiting")
    assert not proof.exists()
    assert codex.heard() == [f"perm: touch {proof}\nsay finished"]


def test_a_turn_is_interrupted(codex: Codex) -> None:
    codex.create()
    assert codex.interrupt() is False
    codex.say("hang")
    codex.wait("a", "running")
    assert codex.interrupt() is True
    codex.wait("a", "waiting")
    assert [entry.kind for entry in codex.entries() if entry.role == "system"][-1] == "interrupted"
    codex.say("say it goes on")
    codex.wait("a", "waiting")
    assert codex.said() == ["it goes on"]


@pytest.mark.here("the sandbox of Codex does not start in a container", "docker")
def test_what_it_reads_costs_and_calls_is_told(codex: Codex) -> None:
    codex.create()
    codex.say("run: echo one two; exit 3\nusage 70 20 0 9\nsay finished")
    codex.wait("a", "waiting")
    entries = codex.entries()
    call = next(entry for entry in entries if entry.role == "tool_call")
    result = next(entry for entry in entries if entry.role == "tool_result" and entry.call_id == call.call_id)
    assert (call.tool, call.input and call.input["cmd"]) == ("exec_command", "echo one two; exit 3")
    assert "one two" in result.text
    assert result.failed
    spent = [entry.usage for entry in entries if entry.usage and entry.subagent is None]
    assert [(usage.input_tokens, usage.cache_read_tokens, usage.output_tokens) for usage in spent] == [
        (1000, 200, 50),
        (70, 20, 9),
    ]
    assert {entry.model for entry in entries if entry.usage} == {"scripted"}
    assert codex.signs()[-1] == "ended"


def test_what_a_sub_agent_does_is_told_apart_and_ends_no_turn(codex: Codex) -> None:
    codex.create()
    codex.say("agent: slow 2\\nsay from below\nsay from above")
    eventually(lambda: [entry for entry in codex.entries() if entry.text == "from below"])
    codex.wait("a", "waiting")
    # What it took is told a little later than that it has ended.
    eventually(lambda: [entry for entry in codex.entries() if entry.usage and entry.subagent])
    entries = codex.entries()
    below = {entry.text for entry in entries if entry.subagent}
    assert {"slow 2\nsay from below", "from below"} <= below
    assert codex.heard() == ["agent: slow 2\\nsay from below\nsay from above"]
    assert {entry.conversation for entry in entries} == set(codex.conversations())
    assert len([entry for entry in entries if entry.usage and entry.subagent]) == 1
