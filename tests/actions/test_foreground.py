"""`mngr create --foreground`: a run without a session."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr, git
from sessions import alive, pid_in

Eventually = Callable[..., object]


def test_streams_and_exit_code_are_passed_on(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    done = mngr("create", "--foreground", "--", "sh", "-c", "cat; echo err >&2; exit 7", input=b"\0\xff in")
    assert (done.code, done.stdout) == (7, b"\0\xff in")
    assert "err\n" in done.err
    assert mngr.agents() == {}
    assert list((host_dir / "worktrees").iterdir()) == []
    assert git(repo, "branch", "--format", "%(refname:short)") == "main"


def test_it_runs_in_its_workspace_with_its_environment(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    words = ["--env", "X=y z", "--", "sh", "-c", 'pwd; echo "$X" "$MNGR_AGENT_NAME"; git branch --show-current']
    done = mngr("create", "one", "--foreground", *words).assert_success()
    assert done.lines[0].startswith(f"{host_dir}/worktrees/one-")
    assert done.lines[1:] == ["y z one", "mngr/one"]


def test_work_that_it_left_can_be_restored(mngr: Mngr, repo: Path) -> None:
    done = mngr("create", "one", "--foreground", "--", "sh", "-c", "echo work >work")
    assert "mngr restore one" in done.assert_success().err
    mngr("restore", "one").assert_success()
    assert (Path(mngr.agent("one")["work_dir"]) / "work").read_text() == "work\n"


def test_it_is_listed_while_it_runs(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    process = mngr.start("create", "one", "--foreground", "--", "cat")
    try:
        eventually(lambda: mngr.agents()["one"]["state"] == "running" if mngr.agents() else False)
        process.communicate(b"bye", 20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert mngr.agents() == {}


def test_a_program_that_is_not_there(mngr: Mngr, repo: Path) -> None:
    done = mngr("create", "--foreground", "--", "nosuch-program")
    assert done.code == 127
    assert "nosuch-program" in done.err
    assert mngr.agents() == {}


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 9), (signal.SIGTERM, 130)])
def test_an_interrupt_ends_the_program_and_removes_the_agent(
    mngr: Mngr, repo: Path, home: Path, eventually: Eventually, sent: int, code: int
) -> None:
    shell = f"trap 'echo caught; exit 9' INT TERM; echo $$ >{home}/pid; sleep 600 & wait"
    process = mngr.start("create", "one", "--foreground", "--", "sh", "-c", shell)
    pid = pid_in(home / "pid")
    os.killpg(process.pid, sent)  # what a terminal does at Ctrl-C
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, b"caught\n"), err
    assert b"Traceback" not in err
    eventually(lambda: not alive(pid))
    assert mngr.agents() == {}
