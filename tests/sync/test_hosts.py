"""The same code where scripts are sent along, and where the tools are those of busybox."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from repositories import Elsewhere, Place, git, tree

from mngr.sync.vault import bring_back, put_away
from mngr.sync.workspace import at_risk, remove
from mngr.transports.host import Host

ID = "agent-0123456789abcdef0123456789abcdef"
TOOLS = ("sh tar xargs cp mv rm sed grep find sort cmp readlink ls mkdir cat rmdir chmod diff").split()


@pytest.fixture
def busybox(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = place.folder / "bin"
    tools.mkdir()
    found = shutil.which("busybox")
    assert found
    for name in TOOLS:
        (tools / name).symlink_to(found)
    (tools / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(tools))


def live_once(place: Place) -> None:
    """Take workspaces of all kinds through all that can happen to them."""
    place.host = Host("far", "ssh", Elsewhere(), place.host.paths.folder, "mngr-")
    source = place.repository()
    (source / "README").write_text("changed")
    (source / "a b\n'").write_text("new")
    (source / "src/a.txt").unlink()
    (source / "link").symlink_to("x")
    for mode in ("worktree", "mirror", "rsync"):
        made = place.make(source, mode, mode=mode)
        assert tree(made.folder) == tree(source)
        assert at_risk(place.host, made) == []
        Path(made.folder, "work").write_text("work")
        assert [risk.kind for risk in at_risk(place.host, made)] == ["untracked"]
        kept = f"{place.host.paths.agents}/{ID}"
        before = tree(made.folder), git(made.folder, "status")
        put_away(place.host, made, kept, ID, remove_branch=True)
        assert not os.path.exists(made.folder)
        assert bring_back(place.host, made, kept, ID) == made
        assert (tree(made.folder), git(made.folder, "status")) == before
        remove(place.host, made, force=True)
        assert not os.path.exists(made.folder)
    assert git(source, "branch", "--list", "mngr/*") == ""


def test_where_scripts_are_sent_along(place: Place) -> None:
    live_once(place)


@pytest.mark.usefixtures("busybox")
def test_with_the_tools_of_busybox(place: Place) -> None:
    live_once(place)
