"""Uncommitted, untracked and ignored files come along, and the source stays as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from repositories import Place, git, tree

from mngr.model.errors import UserError
from mngr.sync.files import notes_on_single_files


def state(source: Path) -> object:
    """Return what must never change of a source: index, HEAD, stash, config, hooks and files, byte for byte."""
    names = ("index", "HEAD", "config", "refs/stash", "logs/refs/stash", "info/exclude")
    kept = {name: (source / ".git" / name).read_bytes() for name in names if (source / ".git" / name).exists()}
    return kept, tree(source), tree(source / ".git/hooks")


NAMES = ("a b", "-n", "--help", "it's", 'quo"te', "new\nline", "*", "?[x]", "tab\t", "ünï", "back\\slash", ":x")


@pytest.fixture
def source(place: Place) -> Path:
    """Make a source in every dirty state there is."""
    plain = {f"{name}": f"{name}\n" for name in ("same", "changed", "deleted", "staged", "renamed", "removed", "mode")}
    kinds = {"to-folder": "x", "folder/to-file": "x", "to-link": "x", "deep/er/gone": "x", "back": "x"}
    made = place.repository(files={**plain, **kinds})
    (made / "link").symlink_to("same")
    (made / "link-to-folder").symlink_to("deep")
    place.commit(made, "more")
    (made / "changed").write_text("stashed")
    git(made, "stash", "-q")
    stage(made)
    (made / "changed").write_text("other")
    (made / "deleted").unlink()
    (made / "deep/er/gone").unlink()
    (made / "mode").chmod(0o755)
    change_kinds(made)
    add_untracked(made)
    return made


def stage(made: Path) -> None:
    (made / "staged").write_text("staged")
    (made / "staged-new").write_text("staged new")
    (made / "back").write_text("staged, then back")
    (made / "added-then-gone").write_text("x")
    git(made, "add", "staged", "staged-new", "back", "added-then-gone")
    (made / "back").write_text("x")
    (made / "added-then-gone").unlink()
    git(made, "mv", "renamed", "new name")
    git(made, "rm", "-q", "--cached", "removed")
    (made / "intent").write_text("intent to add")
    git(made, "add", "-N", "intent")


def change_kinds(made: Path) -> None:
    for name in ("to-folder", "folder/to-file", "to-link", "link", "link-to-folder"):
        (made / name).unlink()
    (made / "to-folder").mkdir()
    (made / "to-folder/inside").write_text("inside")
    (made / "folder").rmdir()
    (made / "folder").write_text("a file now")
    (made / "to-link").symlink_to("/etc/passwd")
    (made / "link").write_text("a file now")
    (made / "link-to-folder").mkdir()
    (made / "link-to-folder/x").write_text("x")


def add_untracked(made: Path) -> None:
    for name in NAMES:
        (made / name).write_text(name)
    Path(os.fsdecode(os.fsencode(made) + b"/\xff\xfe")).write_text("bytes")
    (made / "new folder").mkdir()
    (made / "new folder/-x").write_text("")
    (made / "dangling").symlink_to("nowhere")
    (made / "program").write_text("#!/bin/sh\n")
    (made / "program").chmod(0o755)
    (made / ("n" * 255)).write_text("long")


def test_uncommitted_and_untracked_files_come_along_whatever_they_are(place: Place, source: Path) -> None:
    before = state(source)
    made = place.make(source)
    assert tree(made.folder) == tree(source)
    assert state(source) == before
    assert not Path(made.folder, "deep").exists()
    assert place.told.notes == []


def test_uncommitted_files_stay_behind_when_told(place: Place) -> None:
    source = place.repository()
    (source / "README").write_text("changed")
    (source / "new").write_text("new")
    made = place.make(source, include_unclean=False)
    assert git(made.folder, "status", "--porcelain") == ""


def test_a_conflict_comes_along_as_its_files(place: Place, two_branches: Path) -> None:
    (two_branches / "README").write_text("ours")
    place.commit(two_branches, "ours")
    git(two_branches, "checkout", "-q", "-b", "other", "HEAD~1")
    (two_branches / "README").write_text("theirs")
    place.commit(two_branches, "theirs")
    git(two_branches, "merge", "main", check=False)
    before = state(two_branches)
    assert "<<<<" in (two_branches / "README").read_text()
    made = place.make(two_branches)
    assert tree(made.folder) == tree(two_branches)
    assert state(two_branches) == before


def test_ensure_clean_refuses_and_makes_nothing(place: Place) -> None:
    source = place.repository()
    (source / "new").write_text("new")
    with pytest.raises(UserError, match="new") as failed:
        place.make(source, ensure_clean=True)
    assert failed.value.hint
    assert place.told.plans == []
    (source / "new").unlink()
    place.make(source, ensure_clean=True)


def test_ignored_files_come_along_when_asked_or_named(place: Place) -> None:
    source = place.repository(files={".gitignore": ".env*\nbuild/\n", "a": "a"})
    (source / ".env").write_text("secret")
    (source / ".env.local").write_text("secret")
    (source / "build").mkdir()
    (source / "build/out").write_text("out")
    assert tree(place.make(source).folder).keys() == {".gitignore", "a"}
    assert tree(place.make(source, "all", include_ignored=True).folder) == tree(source)
    (source / ".worktreeinclude").write_text(".env\n")
    place.commit(source, "include")
    assert tree(place.make(source, "named").folder).keys() == {".gitignore", ".worktreeinclude", "a", ".env"}


def test_repositories_among_untracked_files_come_along_and_worktrees_stay(place: Place) -> None:
    source = place.repository()
    place.repository("source/nested", {"in": "in"})
    git(source, "worktree", "add", "-q", "-b", "wt", str(source / "trees/wt"))
    made = place.make(source)
    assert Path(made.folder, "nested/in").read_text() == "in"
    assert Path(made.folder, "nested/.git/HEAD").exists()
    assert not Path(made.folder, "trees").exists()
    assert any("trees/wt" in note for note in place.told.notes)


def test_a_target_inside_the_source_is_not_copied_into_itself(place: Place) -> None:
    source = place.repository()
    (source / "new").write_text("new")
    made = place.make(source, target=source / ".trees/x")
    assert tree(made.folder).keys() == {"README", "src/a.txt", "src/b.txt", "new"}


def test_a_lock_file_in_the_source_is_in_nobodys_way(place: Place) -> None:
    source = place.repository()
    (source / "README").write_text("changed")
    (source / ".git/index.lock").write_text("")
    assert Path(place.make(source).folder, "README").read_text() == "changed"
    assert (source / ".git/index.lock").exists()


def test_pipes_and_sockets_stay_behind(place: Place) -> None:
    source = place.repository()
    os.mkfifo(source / "pipe")
    (source / "new").write_text("new")
    assert "pipe" not in tree(place.make(source).folder)


def test_files_that_cannot_be_read_are_noted_one_by_one() -> None:
    said = ["tar: ./secret: Cannot open: Permission denied", "tar: Exiting with failure status due to previous errors"]
    assert notes_on_single_files(said) == ["stayed behind: secret: Cannot open: Permission denied"]
