"""Submodules and large files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from repositories import Place, git, tree, with_submodules

from mngr.model.errors import CommandError
from mngr.sync.workspace import at_risk


@pytest.fixture
def source(place: Place) -> Path:
    """Make a repository with a filled submodule, one in it, and one that is not filled; their origins are gone."""
    return with_submodules(place, "lib/inner")


def test_filled_submodules_are_filled_offline_and_nested_ones_too(place: Place, source: Path) -> None:
    config = (source / ".git/config").read_bytes()
    made = place.make(source)
    assert tree(made.folder) == tree(source)
    assert Path(made.folder, "lib/inner/deep/deep").exists()
    assert os.listdir(f"{made.folder}/empty") == []
    assert git(made.folder, "status", "--porcelain") == ""
    recorded = git(source, "rev-parse", "HEAD:lib/inner")
    assert git(f"{made.folder}/lib/inner", "rev-parse", "HEAD") == recorded
    assert git(f"{made.folder}/lib/inner", "remote", "get-url", "origin") == str(place.folder / "inner")
    assert (source / ".git/config").read_bytes() == config
    assert at_risk(place.host, made) == []


def test_changes_in_a_submodule_come_along_and_are_at_risk_only_when_new(place: Place, source: Path) -> None:
    (source / "lib/inner/inner").write_text("changed")
    (source / "lib/inner/deep/new").write_text("new")
    made = place.make(source)
    assert tree(made.folder) == tree(source)
    assert at_risk(place.host, made) == []
    Path(made.folder, "lib/inner/inner").write_text("changed by the agent")
    (risk,) = at_risk(place.host, made)
    assert (risk.kind, risk.examples) == ("changes", ["inner"])
    assert "lib/inner" in risk.text


def test_commits_in_a_submodule_are_at_risk(place: Place, source: Path) -> None:
    made = place.make(source)
    Path(made.folder, "lib/inner/inner").write_text("committed by the agent")
    place.commit(Path(made.folder, "lib/inner"), "in the submodule")
    (risk,) = at_risk(place.host, made)
    assert (risk.kind, risk.count) == ("commits", 1)


@pytest.fixture
def with_large_file(place: Place) -> Path:
    source = place.repository(files={".gitattributes": "*.bin filter=lfs -text\n"})
    git(source, "lfs", "install", "--local", "--skip-repo")
    (source / "large.bin").write_bytes(b"large" * 1000)
    place.commit(source, "large")
    place.plant_hooks(source)
    return source


@pytest.mark.parametrize("mode", ["worktree", "mirror"])
def test_large_files_are_there_from_the_sources_own_store(place: Place, with_large_file: Path, mode: str) -> None:
    assert "oid sha256" in git(with_large_file, "cat-file", "-p", "HEAD:large.bin")
    made = place.make(with_large_file, mode=mode)
    assert Path(made.folder, "large.bin").read_bytes() == b"large" * 1000


def test_without_git_lfs_it_is_said_what_to_install(place: Place, with_large_file: Path) -> None:
    git(with_large_file, "config", "filter.lfs.process", "no-such-git-lfs filter-process")
    git(with_large_file, "config", "filter.lfs.smudge", "no-such-git-lfs smudge -- %f")
    with pytest.raises(CommandError) as failed:
        place.make(with_large_file)
    assert "git-lfs" in str(failed.value.hint)
