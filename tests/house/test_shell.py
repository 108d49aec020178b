"""Shell scripts run on any POSIX system."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import ROOT, run
from tree import SOURCE, shell_scripts

SHELLS = (["dash", "-n"], ["busybox", "sh", "-n"], ["bash", "--posix", "-n"])
PARAMETERS = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in shell_scripts()]


@pytest.mark.parametrize("script", PARAMETERS)
def test_it_is_posix_shell(script: Path) -> None:
    run("shellcheck", "--shell=sh", "--severity=style", script).assert_success()
    for shell in SHELLS:
        run(*shell, script).assert_success()


@pytest.mark.parametrize("script", [each for each in PARAMETERS if Path(str(each.values[0])).is_relative_to(SOURCE)])
def test_it_says_what_it_is_for_and_reads_no_locale(script: Path) -> None:
    lines = script.read_text().splitlines()
    first = lines[1] if lines[0].startswith("#!") else lines[0]
    assert first.startswith("# ")
    parses_text = any(word in script.read_text() for word in ("sort", "awk", "sed ", "tr ", "grep", "date "))
    assert not parses_text or "LC_ALL=C" in script.read_text()
