"""A sample of the soaks: real programs are sent messages in mixed conditions, and killed in their turns."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from program import ROOT, run
from talkers import PROGRAMS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SEED = "94"  # each of the three victims is killed within three turns
PROGRAM = ["claude", "codex"]  # OpenCode takes ten seconds for each start: its own tests hold the same


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path(PROGRAMS, "claude").exists():
        pytest.skip("the programs are not installed: scripts/test.sh")
    monkeypatch.setenv("MNGR_TEST_PROGRAMS", PROGRAMS)


@pytest.mark.parametrize("program", PROGRAM)
def test_each_message_arrives_once(program: str) -> None:
    soak = [sys.executable, ROOT / "bench" / "soak_messages.py", "--program", program, "--count", "8", "--seed", "7"]
    run(*soak, timeout=280).assert_success(" 0 refused", " 0 problems")


@pytest.mark.parametrize(("program", "turns"), [("claude", 4), ("codex", 3)])
def test_nothing_is_lost_when_something_is_killed(program: str, turns: int) -> None:
    soak = [sys.executable, ROOT / "bench" / "soak_turns.py", "--program", program, "--count", str(turns)]
    done = run(*soak, "--seed", SEED, "--true-within", "20", timeout=280)
    done.assert_success(f"{program}: {turns} turns, killed ", f"{turns + 1} messages, each once")
