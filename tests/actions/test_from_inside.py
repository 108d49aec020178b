"""An agent that ends itself, by commands typed in its own terminal."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr
from sessions import alive
from terminal import Terminal

Eventually = Callable[..., object]
Open = Callable[..., Terminal]

AS_TYPED = "{mngr}"
UNMARKED = "env -u MNGR_AGENT_ID {mngr}"
# As agent programs do with the commands they run: what is below them is killed with them.
KILLED_WITH_ITS_PARENT = (
    "{python} -c 'import os, signal, subprocess, sys\n"
    "run = subprocess.Popen(sys.argv[1:], start_new_session=True)\n"
    "def end(*_):\n"
    "    os.killpg(run.pid, signal.SIGKILL); os._exit(1)\n"
    "signal.signal(signal.SIGTERM, end); signal.signal(signal.SIGHUP, end)\n"
    "run.wait()' {mngr}"
)


@pytest.fixture
def shell(mngr: Mngr, repo: Path, terminal: Open) -> Terminal:
    """Return the terminal of an agent `one`, a shell, as a user who has connected to it sees it."""
    mngr("create", "one", "--", "sh").assert_success()
    screen = terminal([*mngr.program, "connect", "one"], columns=180)
    screen.wait_for(r"[#$] ?$")
    return screen


def inside(mngr: Mngr, how: str = AS_TYPED) -> str:
    """Return what starts mngr there: its environment is the agent's own."""
    found_by = [f"PYTHONPATH={os.environ['PYTHONPATH']}"] if "PYTHONPATH" in os.environ else []
    return how.format(mngr=shlex.join(["env", *found_by, *mngr.program]), python=shlex.quote(sys.executable))


@pytest.mark.parametrize("how", [AS_TYPED, UNMARKED, KILLED_WITH_ITS_PARENT])
def test_an_agent_destroys_itself(
    mngr: Mngr, shell: Terminal, home: Path, eventually: Eventually, how: str, host_dir: Path
) -> None:
    row = mngr.agent("one")
    (home / "go").write_text(f"{inside(mngr, how)} destroy one\n")
    shell.enter(f". {home}/go")
    eventually(lambda: mngr.agents() == {}, 20)
    eventually(lambda: not Path(row["work_dir"]).exists() and not alive(row["pid"]))
    eventually(lambda: len(mngr("restore", "--format", "json").json()) == 1)
    eventually(lambda: list((host_dir / "names").iterdir()) == [])
    mngr("restore", "one").assert_success()


def test_it_is_told_what_is_at_risk(mngr: Mngr, shell: Terminal) -> None:
    pid = mngr.agent("one")["pid"]
    shell.enter(f"echo new >new; {inside(mngr)} destroy one; echo exit $?")
    seen = shell.wait_for("exit 7")
    assert "this is the terminal of 'one'" in seen
    assert "nowhere else" in seen
    assert mngr.agent("one")["pid"] == pid


def test_an_agent_archives_itself(mngr: Mngr, shell: Terminal, eventually: Eventually) -> None:
    shell.enter(f"{inside(mngr)} archive one")
    eventually(lambda: mngr.agents() == {}, 20)
    (row,) = mngr("list", "--archived", "--format", "json").json()
    assert (row["name"], row["state"]) == ("one", "stopped")


def test_all_agents_are_destroyed_by_one_of_them(mngr: Mngr, shell: Terminal, eventually: Eventually) -> None:
    for name in ("two", "three"):
        mngr("create", name, "--transfer", "none", "--", "cat").assert_success()
    shell.enter(f"{inside(mngr)} destroy --all --yes")
    eventually(lambda: mngr.agents() == {}, 20)
    eventually(lambda: len(mngr("restore", "--format", "json").json()) == 3)
