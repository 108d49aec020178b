"""The real Claude Code carries its conversation on, whatever ended it, and wherever it runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from claude_agents import NEEDS_CLAUDE, Claude, claude_in
from program import Mngr
from waiting import eventually

pytestmark = [pytest.mark.slow, NEEDS_CLAUDE]


@pytest.fixture
def claude(mngr: Mngr, repo: Path) -> Iterator[Claude]:
    with claude_in(mngr, repo) as claude:
        yield claude


def again(claude: Claude, name: str = "a") -> None:
    """Stop and start an agent."""
    claude.mngr("stop", name).assert_success()
    claude.mngr("start", name).assert_success()
    claude.wait(name, "waiting")


def test_it_is_carried_on_after_a_stop_a_clear_and_a_kill(claude: Claude) -> None:
    claude.create()
    claude.say("say ALPHA")
    claude.wait("a", "waiting")
    (first,) = claude.conversations()
    again(claude)
    claude.say("/clear")
    eventually(lambda: len(claude.conversations()) == 2)
    claude.say("say BETA")
    claude.wait("a", "waiting")
    again(claude)
    assert "BETA" in claude.mngr("capture", "a").out
    second = claude.conversations()[-1]
    assert second != first
    claude.say("run: tail -f /dev/null")
    eventually(lambda: any(entry.tool for entry in claude.entries()))
    os.kill(claude.pid(), signal.SIGKILL)
    claude.wait("a", "failed")
    with claude.transcripts()[-1].open("ab") as file:
        file.write(b'{"type":"user","message":{"role":"us')  # a line that nobody could finish
    claude.mngr("start", "a").assert_success()
    claude.wait("a", "waiting")
    claude.say("say GAMMA")
    eventually(lambda: claude.said()[-1] == "GAMMA")
    assert set(claude.conversations()) == {first, second}
    assert claude.heard() == ["say ALPHA", "say BETA", "run: tail -f /dev/null", "say GAMMA"]


def test_a_nested_run_says_nothing_about_the_agent(claude: Claude) -> None:
    claude.create()
    claude.say("run: env CLAUDECODE= claude -p 'say from inside'; echo it was $?\nsay finished")
    claude.wait("a", "blocked")
    claude.answer("yes")
    claude.wait("a", "waiting", 30)
    assert claude.said() == ["finished"]
    result = next(entry.text for entry in claude.entries() if entry.role == "tool_result")
    assert "from inside" in result
    assert "it was 0" in result
    assert len(claude.conversations()) == 1
    assert claude.signs() == ["begun", "asked", "answered", "ended"]
    assert len(claude.heard()) == 1


def test_what_runs_in_the_background_counts_as_running(claude: Claude) -> None:
    claude.create()
    claude.say("agent: slow 4\\nsay from below\nsay from above\nsay at last")
    eventually(lambda: "from above" in claude.said())
    assert claude.mngr.agent("a")["state"] == "running"
    eventually(lambda: claude.said()[-1] == "at last")
    claude.wait("a", "waiting")
    below = [entry for entry in claude.entries() if entry.subagent]
    assert "from below" in {entry.text for entry in below}
    assert len(claude.heard()) == 1


@pytest.mark.parametrize("where", ["a link", "a path of more than 200 letters", "two that look alike"])
def test_where_the_project_is_makes_no_difference(claude: Claude, home: Path, where: str) -> None:
    folders = {
        "a link": [home / "link"],
        "a path of more than 200 letters": [home / "/".join(["x" * 60] * 4)],
        "two that look alike": [home / "p.q", home / "p_q"],
    }[where]
    for number, folder in enumerate(folders):
        (home / "really").mkdir(exist_ok=True)
        folder.symlink_to(home / "really") if where == "a link" else folder.mkdir(parents=True)
        claude.mngr.cwd = folder
        claude.create(f"a{number}", "--transfer", "none", "--yes")
        claude.say(f"say ALPHA{number}", f"a{number}")
        claude.wait(f"a{number}", "waiting")
    for number, _ in enumerate(folders):
        again(claude, f"a{number}")
        assert f"● ALPHA{number}" in claude.mngr("capture", f"a{number}").out
        assert len(set(claude.conversations(f"a{number}"))) == 1
        assert claude.said(f"a{number}") == [f"ALPHA{number}"]


def test_what_waits_in_the_program_is_given_again_when_that_is_killed(claude: Claude) -> None:
    claude.create()
    claude.mngr("message", "a", "slow 30\nsay late").assert_success("accepted")
    claude.mngr("message", "a", "and this").assert_success("accepted", "waits in the program")
    os.kill(int(claude.mngr.agent("a")["pid"]), signal.SIGKILL)
    claude.wait("a", "failed", 5)
    claude.mngr("start", "a", timeout=60).assert_success()
    eventually(lambda: claude.heard() == ["slow 30\nsay late", "and this"], 30)
