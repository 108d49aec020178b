"""The tutorial does what it says."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from program import ROOT, Mngr, run

TUTORIAL = ROOT / "docs" / "tutorial.sh"
MARK = "=-=-= "


@dataclass
class Step:
    """One command of the tutorial, and what it says it prints."""

    block: str
    command: str
    wanted: list[str] = field(default_factory=list)


def steps() -> list[Step]:
    """Return the commands of the tutorial, one a line."""
    found: list[Step] = []
    block = ""
    for line in TUTORIAL.read_text().splitlines():
        if heading := re.fullmatch(r"# == (.*) ==", line):
            block = heading[1]
        elif line.startswith("#>"):
            found[-1].wanted.append(line[3:])
        elif line and not line.startswith("#"):
            found.append(Step(block, line))
    return found


def matches(wanted: list[str], printed: list[str]) -> bool:
    """Tell whether lines are as wanted; `...` in a wanted line stands for anything."""
    patterns = [re.escape(line).replace(r"\ \.\.\.", "(?: .*)?").replace(r"\.\.\.", ".*") for line in wanted]
    return len(patterns) == len(printed) and all(map(re.fullmatch, patterns, printed))


@pytest.fixture
def on_path(mngr: Mngr, home: Path) -> str:
    """Return a PATH on which `mngr` is the program under test."""
    folder = home / "bin"
    folder.mkdir()
    words = " ".join(f"'{word}'" for word in mngr.program)
    (folder / "mngr").write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    (folder / "mngr").chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_every_block_has_commands_and_answers() -> None:
    blocks = {step.block for step in steps() if step.wanted}
    assert {"Create", "Watch", "Talk", "Look", "Stop", "Start", "Destroy", "Restore"} <= blocks


@pytest.mark.slow
def test_every_command_prints_what_it_says(mngr: Mngr, home: Path, on_path: str) -> None:
    told = steps()
    script = "".join(f"{step.command}\necho '{MARK}'\n" for step in told)
    done = run(
        "env", f"PATH={on_path}", "sh", "-c", "exec 2>&1; . /dev/stdin", cwd=home, input=script.encode(), timeout=55
    )
    printed = done.out.split(f"{MARK}\n")
    assert done.code == 0, done.out
    assert len(printed) == len(told) + 1, done.out
    for step, output in zip(told, printed, strict=False):
        assert matches(step.wanted, output.splitlines()), f"{step.block}: {step.command}\n{output}"


def test_it_is_a_script_for_every_shell() -> None:
    for shell in ("sh", "dash", "bash"):
        run(shell, "-n", TUTORIAL).assert_success()
