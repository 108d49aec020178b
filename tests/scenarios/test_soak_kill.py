"""A sample of `bench/soak_kill.py`: mngr is killed at random moments, and nothing is lost."""

from __future__ import annotations

import sys

from program import ROOT, run


def test_nothing_is_lost_when_mngr_is_killed() -> None:
    soak = run(sys.executable, ROOT / "bench" / "soak_kill.py", "--count", "6", "--seed", "3", timeout=59)
    soak.assert_success("seed 3", "0 failed")
