"""A sample of `bench/soak_messages.py`: real programs are sent messages in mixed conditions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from program import ROOT, run
from talkers import PROGRAMS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
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
