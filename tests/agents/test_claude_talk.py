"""The real Claude Code is spoken to: each message is heard once, word for word, and its turns are interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from claude_agents import NEEDS_CLAUDE, Claude, claude_in
from program import Mngr
from talkers import AWKWARD
from waiting import eventually

from mngr.model.conversation import ACCEPTED, TYPED
from mngr.model.errors import NotAcceptedError

pytestmark = [pytest.mark.slow, NEEDS_CLAUDE]


@pytest.fixture
def claude(mngr: Mngr, repo: Path) -> Iterator[Claude]:
    with claude_in(mngr, repo) as claude:
        yield claude


def test_each_message_is_heard_once_and_word_for_word(claude: Claude) -> None:
    claude.create()
    said = {**AWKWARD, "3000 lines": "".join(f"{number}\n" for number in range(3000))}
    for name, text in said.items():  # what may be a command is known to Claude only
        assert claude.say(text).state == (TYPED if name == "no-command" else ACCEPTED), name
    heard = [plain(text) for name, text in said.items() if name != "no-command"]
    assert [plain(text) for text in claude.heard()] == heard


def plain(text: str) -> str:
    """Return a text as Claude keeps it: a tab is four blanks."""
    return text.strip().replace("\t", "    ")


def test_a_message_at_once_after_the_start_is_heard(claude: Claude) -> None:
    claude.mngr("create", "a", "claude", "--no-connect").assert_success()
    claude.say("early")
    claude.say("slow 2\nsay slowly")
    for text in ("a second one", "a third one"):
        claude.say(text)
    eventually(lambda: len(claude.heard()) == 4)
    assert claude.heard() == ["early", "slow 2\nsay slowly", "a second one", "a third one"]


def test_commands_and_drafts(claude: Claude) -> None:
    claude.create()
    assert claude.say("/cost").state == TYPED
    claude.press("Escape")
    claude.say("and this")
    claude.wait("a", "waiting")
    claude.press("-l", "half a thought")
    eventually(lambda: "half a thought" in claude.mngr("capture", "a").out, 2)
    with pytest.raises(NotAcceptedError, match="somebody is typing"):
        claude.say("something else")
    assert "half a thought" in claude.mngr("capture", "a").out
    assert claude.mngr.agent("a")["state"] == "waiting"
    assert claude.heard() == ["and this"]


def test_a_turn_is_interrupted(claude: Claude) -> None:
    claude.create()
    assert claude.interrupt() is False
    claude.say("hang")  # before any output Claude puts the message back into its line
    assert claude.interrupt() is True
    claude.wait("a", "waiting", 2)
    claude.say("run: tail -f README.md")
    claude.wait("a", "running", 2)
    eventually(lambda: any(entry.role == "tool_call" for entry in claude.entries()), 5)
    assert claude.interrupt() is True
    claude.wait("a", "waiting", 2)
    claude.say("say it goes on")
    claude.wait("a", "waiting")
    assert claude.said() == ["it goes on"]
    assert claude.heard()[-2:] == ["run: tail -f README.md", "say it goes on"]


def test_a_model_that_is_slow_is_waited_for(claude: Claude) -> None:
    claude.create()
    done = claude.mngr("message", "a", "--wait", "slow 4\nsay slowly", timeout=60)
    assert done.assert_success().out == "slowly\n"
    claude.say("hang")
    claude.wait("a", "running")
    seen = [claude.mngr.agent("a") for _ in range(25)]
    assert {(each["state"], each["reason"], each["question"]) for each in seen} == {("running", None, None)}
    claude.mngr("wait", "a", "--state", "waiting", "--timeout", "1s").assert_failure(124)
    claude.mngr("message", "a", "and this").assert_success("accepted by a (it waits in the program")
    claude.mngr("message", "a", "--wait", "--timeout", "2s", "and that").assert_failure(124, "has not answered yet")
    assert claude.mngr.agent("a")["state"] == "running"
    assert claude.heard() == ["slow 4\nsay slowly", "hang"]
    assert claude.interrupt() is True
    claude.wait("a", "waiting")
    eventually(lambda: claude.heard() == ["slow 4\nsay slowly", "hang", "and this", "and that"])
