"""The surroundings themselves: what every other test relies on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from program import PROGRAM, ROOT, Mngr, git, run
from terminal import Terminal

SHOW_WHO = (
    "import mngr.model, os, tomlkit; print(os.getuid(), os.environ['HOME'], os.access(os.environ['HOME'], os.W_OK))"
)


def test_the_environment_is_the_tests_own(home: Path, host_dir: Path) -> None:
    assert os.environ["HOME"] == str(home)
    assert os.environ["MNGR_HOST_DIR"] == str(host_dir)
    assert not host_dir.exists()
    assert not [name for name in os.environ if name.startswith(("AWS_", "GITHUB_", "PIP_", "PYTEST_XDIST"))]


def test_a_repository_is_ready(repo: Path) -> None:
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "log", "--format=%an <%ae> %s") == "A Tester <tester@example.com> Start"


def test_a_terminal_types_waits_and_ends(terminal: Callable[..., Terminal]) -> None:
    screen = terminal(["sh", "-c", 'printf "your name? "; read -r name; echo "hello $name"; exit 7'], columns=40)
    screen.wait_for("your name")
    screen.enter("Anna; 'quoted'")
    assert "hello Anna; 'quoted'" in screen.wait_for("^hello")
    assert screen.wait_for_end() == 7


def test_waiting_has_a_deadline(eventually: Callable[..., object]) -> None:
    with pytest.raises(AssertionError, match="a miracle"):
        eventually(lambda: False, seconds=0.05, what="a miracle")


def test_the_program_of_this_tree_is_run() -> None:
    run(*PROGRAM, "--version").assert_success("mngr ")
    where = run(sys.executable, "-c", "import mngr; print(mngr.__file__)").assert_success().out.strip()
    assert Path(where).parent == ROOT / "src" / "mngr"


def test_an_ordinary_user_runs_this_tree(ordinary_user: Mngr) -> None:
    ordinary_user.program = [*ordinary_user.program[:-1], "-c", SHOW_WHO]
    shown = ordinary_user().assert_success().out.split()
    assert shown == [str(os.getuid() or ordinary_user.user), str(ordinary_user.home), "True"]
