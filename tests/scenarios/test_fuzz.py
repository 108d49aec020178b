"""A sample of `bench/fuzz.py`: command lines that make no sense are refused as documented."""

from __future__ import annotations

import sys

from program import ROOT, run


def test_lines_that_make_no_sense_are_refused() -> None:
    fuzz = run(sys.executable, ROOT / "bench" / "fuzz.py", "--count", "600", "--seed", "7", "--real", "10", timeout=58)
    fuzz.assert_success("seed 7", " 0 failed")
