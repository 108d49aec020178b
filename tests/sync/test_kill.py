"""Interrupted at any moment, and carried to its end afterwards: nothing is lost, nothing is left."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from repositories import Place, git, tree
from this_host import with_tests
from waiting import eventually

from mngr.model.agent import Workspace
from mngr.model.value import as_dict
from mngr.sync.vault import bring_back, put_away
from mngr.sync.workspace import remove

ID = "agent-0123456789abcdef0123456789abcdef"
CHILD = """
import contextlib, json, os, sys
from this_host import this_host
from mngr.model.agent import Workspace
from mngr.model.value import as_dict
from mngr.sync import vault
from mngr.sync.job import Report, WorkspaceWish
from mngr.sync.workspace import make

what, host_folder, plan, *rest = sys.argv[1:]
host = this_host(host_folder)

class Planning(Report):
    def planned(self, workspace):
        with open(plan + ".new", "w") as file:
            json.dump(as_dict(workspace), file)
        os.rename(plan + ".new", plan)

print("ready", flush=True)
if what == "make":
    wish = WorkspaceWish(source=rest[0], target=rest[1], default_branch="mngr/x", mode=rest[2])
    make(host, wish, contextlib.ExitStack(), Planning())
else:
    made = Workspace(**json.load(open(plan)))
    if what == "put":
        vault.put_away(host, made, *rest, True)
    else:
        vault.bring_back(host, made, *rest)
"""


class Killer:
    """Runs a step in a process of its own, and kills it at a moment nobody chose."""

    def __init__(self, place: Place, seed: int) -> None:
        self.place = place
        self.plan = place.folder / "plan.json"
        self.random = random.Random(seed)

    def run(self, what: str, *rest: str, seconds: float) -> None:
        """Run a step; after at most that long it is killed, alone or with all it started."""
        argv = [sys.executable, "-c", CHILD, what, self.place.host.paths.folder, str(self.plan), *rest]
        child = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, env=with_tests()
        )
        with child:
            assert child.stdout
            child.stdout.readline()
            deadline = time.monotonic() + self.random.uniform(0, seconds)
            while child.poll() is None and time.monotonic() < deadline:
                pass
            if child.poll() is None:
                alone = self.random.random() < 0.5
                os.kill(child.pid, signal.SIGKILL) if alone else os.killpg(child.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["worktree", "mirror", "rsync"])
def test_a_make_killed_at_any_moment_can_be_taken_back_and_done_again(place: Place, mode: str) -> None:
    source = place.repository(files={f"f{n}": f"{n}\n" for n in range(50)})
    (source / "f1").write_text("changed")
    (source / "new").write_text("new" * 10000)
    before = tree(source), (source / ".git/index").read_bytes(), git(source, "for-each-ref")
    target = place.wish(source).target
    for seed in range(12):
        killer = Killer(place, seed)
        killer.plan.unlink(missing_ok=True)
        killer.run("make", str(source), target, mode, seconds=0.12)
        if killer.plan.exists():
            remove(place.host, Workspace(**json.loads(killer.plan.read_text())))
        assert not os.path.exists(target), seed
        assert (tree(source), (source / ".git/index").read_bytes(), git(source, "for-each-ref")) == before, seed
        assert git(source, "worktree", "list").count("\n") == 0, seed
    assert place.make(source, mode=mode).branch == ("mngr/x" if mode != "rsync" else "main")
    for mark in Path(place.host.paths.folder, "making").iterdir():  # of those killed before they planned anything
        mark.unlink()


@pytest.mark.slow
def test_a_workspace_put_away_and_brought_back_survives_being_killed_at_any_moment(place: Place) -> None:
    source = place.repository()
    made = place.make(source)
    folder = Path(made.folder)
    place.commit(folder, "amended")
    git(folder, "commit", "-q", "--amend", "--allow-empty", "-m", "work")
    (folder / "README").write_text("staged")
    git(folder, "add", "README")
    (folder / "README").write_text("changed")
    (folder / "new").write_text("new")
    before = everything(made)
    kept = f"{place.host.paths.agents}/{ID}"
    for seed in range(10):
        killer = Killer(place, seed)
        killer.plan.write_text(json.dumps(as_dict(made)))
        killer.run("put", kept, ID, seconds=0.06)
        git(source, "worktree", "prune", "--expire=now")
        put_away(place.host, made, kept, ID, remove_branch=True)
        assert not folder.exists()
        assert git(source, "branch", "--list", "mngr/x") == ""
        git(source, "reflog", "expire", "--expire=now", "--all")
        git(source, "gc", "-q", "--prune=now")
        killer.run("back", kept, ID, seconds=0.06)
        git(source, "worktree", "prune", "--expire=now")
        git(source, "gc", "-q", "--prune=now")
        assert bring_back(place.host, made, kept, ID) == made
        assert everything(made) == before, seed
        assert os.listdir(kept) == []


@pytest.mark.skipif(sys.platform != "linux", reason="no setsid, and no /proc to see it by")
def test_git_outlives_the_process_group_that_had_it_change_a_ref(place: Place) -> None:
    source = place.repository()
    made = place.make(source)
    kept = f"{place.host.paths.agents}/{ID}"
    put_away(place.host, made, kept, ID, remove_branch=True)
    lock = source / ".git/refs/heads/mngr/x.lock"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text("")
    script = place.host.script_command(["sync/vault.sh", "back", made.folder, kept, f"{source}/.git", ID])
    mark = f"update-ref\0refs/heads/{made.branch}\0".encode()
    with subprocess.Popen(script, start_new_session=True) as back:
        eventually(lambda: any(mark in command and kept_in(source, command) for command in commands()))
        os.killpg(back.pid, signal.SIGKILL)
    lock.unlink()
    eventually(lambda: git(source, "branch", "--list", "mngr/x") and not lock.exists())
    assert bring_back(place.host, made, kept, ID) == made


def kept_in(source: Path, command: bytes) -> bool:
    """Tell whether a command line is of a git that works on this repository."""
    return f"--git-dir={source}/.git".encode() in command


def commands() -> list[bytes]:
    """Return the command lines of all processes."""
    found: list[bytes] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return found


def everything(made: Workspace) -> tuple[object, ...]:
    reflog = git(made.folder, "reflog", "--format=%H %gs")
    for line in reflog.splitlines():
        git(made.folder, "cat-file", "-e", line.split()[0])
    return tree(made.folder), git(made.folder, "ls-files", "-s"), git(made.folder, "status", "--branch"), reflog
