"""A workspace as a copy of a plain folder, and in place."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from repositories import Place, git, tree

from mngr.model.errors import UsageError, UserError
from mngr.sync.workspace import at_risk, remove

HostHas = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def folder(place: Place) -> Path:
    made = place.folder / "plain"
    (made / "sub").mkdir(parents=True)
    (made / "sub/-x\n").write_text("x")
    (made / "program").write_text("#!/bin/sh\n")
    (made / "program").chmod(0o755)
    (made / "out").symlink_to("/etc")
    return made


@pytest.mark.parametrize("with_rsync", [True, False])
def test_a_plain_folder_is_copied_as_it_is(place: Place, folder: Path, with_rsync: bool, host_has: HostHas) -> None:
    path = os.environ["PATH"]
    if not with_rsync:
        tools = place.folder / "bin"
        tools.mkdir()
        for name in ("sh", "git", "tar", "mkdir", "ls", "rm", "sed", "flock", "find", "xargs"):
            found = next(f"{part}/{name}" for part in os.environ["PATH"].split(":") if os.path.exists(f"{part}/{name}"))
            (tools / name).symlink_to(found)
        path = str(tools)
    with host_has(PATH=path):
        made = place.make(folder)
    assert tree(made.folder) == tree(folder)
    assert os.readlink(f"{made.folder}/out") == "/etc"
    assert (made.mode, made.branch, made.source) == ("rsync", None, str(folder))


def test_pipes_stay_behind_with_a_note(place: Place, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    made = place.make(folder)
    assert not os.path.exists(f"{made.folder}/pipe")
    assert any("pipe" in note for note in place.told.notes)


def test_the_host_folder_and_the_target_are_not_copied_into_themselves(place: Place) -> None:
    (place.folder / "home/file").write_text("x")
    made = place.make(place.folder)
    assert not os.path.exists(f"{made.folder}/host")
    assert Path(made.folder, "home/file").read_text() == "x"
    made = place.make(place.folder / "home", target=place.folder / "home/in [it]/*")
    assert not os.path.exists(f"{made.folder}/in [it]/*")


def test_a_git_folder_is_copied_with_its_commits_but_not_its_worktrees(place: Place) -> None:
    source = place.repository()
    git(source, "worktree", "add", "-q", str(place.folder / "wt"))
    (source / "new").write_text("new")
    made = place.make(source, mode="rsync")
    assert tree(made.folder) == tree(source)
    assert git(made.folder, "worktree", "list").count("\n") == 0
    with pytest.raises(UserError, match="share its git state"):
        place.make(place.folder / "wt", "y", mode="rsync")


def test_a_repository_without_commits_can_be_copied(place: Place) -> None:
    git(place.folder, "init", "-q", "empty")
    (place.folder / "empty/file").write_text("x")
    assert tree(place.make(place.folder / "empty", mode="rsync").folder).keys() == {"file"}


def test_a_plain_folder_is_no_source_for_git(place: Place, folder: Path) -> None:
    for mode in ("worktree", "mirror"):
        with pytest.raises(UserError, match="not a git repository") as failed:
            place.make(folder, mode=mode)
        assert "rsync" in str(failed.value.hint)
    with pytest.raises(UsageError, match="--branch"):
        place.make(folder, branch=":x")


def test_what_differs_from_the_folder_is_at_risk(place: Place, folder: Path) -> None:
    made = place.make(folder)
    assert at_risk(place.host, made) == []
    Path(made.folder, "program").write_text("#!/bin/no\n")
    Path(made.folder, "new").write_text("new")
    (risk,) = at_risk(place.host, made)
    assert (risk.kind, risk.count) == ("changes", 2)


def test_in_place_nothing_is_made_and_nothing_is_removed(place: Place) -> None:
    source = place.repository()
    made = place.make(source, mode="none")
    assert (made.folder, made.made, made.branch) == (str(source), False, "main")
    (source / "new").write_text("new")
    remove(place.host, made)
    assert at_risk(place.host, made) == []
    assert (source / "new").exists()
