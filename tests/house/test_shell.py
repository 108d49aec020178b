"""Shell scripts run on any POSIX system."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from program import ROOT, run
from tree import SOURCE, shell_scripts

SHELLS = (["dash", "-n"], ["busybox", "sh", "-n"], ["bash", "--posix", "-n"])
PARSES_TEXT = re.compile(r"(^|[|(;&] *)(sort|awk|sed|grep|tr|cut)\b")
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
    code = [line for line in lines if not line.lstrip().startswith("#")]
    assert not any(PARSES_TEXT.search(line) for line in code) or any("LC_ALL=C" in line for line in code)
