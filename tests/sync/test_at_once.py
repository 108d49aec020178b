"""Many workspaces made at the same time."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from repositories import Place, git
from this_host import with_tests

from mngr.sync.vault import bring_back, put_away

CREATE = """
import contextlib, sys
from this_host import this_host
from mngr.sync.job import Report, WorkspaceWish
from mngr.sync.workspace import make
host = this_host(sys.argv[1])
sys.stdin.readline()
with contextlib.ExitStack() as undo:
    made = make(host, WorkspaceWish(source=sys.argv[2], target=sys.argv[3], default_branch=sys.argv[4]), undo, Report())
    undo.pop_all()
print(made.branch)
"""


def at_once(place: Place, source: Path, names: list[tuple[str, str]]) -> list[str]:
    """Start creates at the same time and return their branches."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE, place.host.paths.folder, str(source), f"{place.folder}/t/{folder}", branch],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=with_tests(),
        )
        for folder, branch in names
    ]  # fmt: skip
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    results = [(*child.communicate(timeout=120), child.returncode) for child in children]
    assert [complaint for _, complaint, code in results if code != 0] == []
    return [out.strip() for out, _, _ in results]


@pytest.mark.parametrize("packed", [False, True])
def test_fifty_creates_at_once_all_succeed(place: Place, packed: bool) -> None:
    source = place.repository()
    if packed:
        git(source, "pack-refs", "--all", "--prune")
    branches = at_once(place, source, [(f"n{n}", f"mngr/n{n}") for n in range(50)])
    assert sorted(branches) == sorted(f"mngr/n{n}" for n in range(50))
    assert git(source, "worktree", "list").count("\n") == 50


def test_twenty_creates_at_once_of_the_same_default_branch_get_numbers(place: Place) -> None:
    (place.folder / "home/.gitconfig").write_text("")
    source = place.folder / "plain"
    git(place.folder, "init", "-q", str(source))
    git(source, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x")
    branches = at_once(place, source, [(f"n{n}", "mngr/same") for n in range(20)])
    assert len(set(branches)) == 20


def test_twenty_workspaces_put_away_and_brought_back_at_once(place: Place) -> None:
    source = place.repository()
    made = [place.make(source, f"n{n}") for n in range(20)]
    ids = [f"agent-{n:032x}" for n in range(20)]
    kept = [f"{place.host.paths.agents}/{one}" for one in ids]
    hosts = [place.host] * 20
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(put_away, hosts, made, kept, ids, [True] * 20))
        assert git(source, "branch", "--list", "mngr/*") == ""
        assert git(source, "worktree", "list").count("\n") == 0
        assert list(pool.map(bring_back, hosts, made, kept, ids)) == made
    assert git(source, "worktree", "list").count("\n") == 20
    assert git(source, "for-each-ref", "refs/mngr") == ""
