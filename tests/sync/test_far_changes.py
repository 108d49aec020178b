"""Uncommitted changes that came to a clone on another host: what of them exists nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from repositories import Place, git, tree

from mngr.model.agent import Workspace
from mngr.sync.workspace import at_risk
from mngr.transports.host import Host


@pytest.fixture
def source(place: Place) -> Path:
    """Return a repository with changes of all kinds."""
    made = place.repository("source", {"kept": "kept", "changed": "1", "gone": "gone", "script": "#!/bin/sh\n"})
    (made / "changed").write_text("2")
    (made / "gone").unlink()
    (made / "script").chmod(0o755)
    (made / "new\nfile").write_text("new")
    (made / "link").symlink_to("kept")
    inner = made / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "file").write_text("in a repository of its own")
    git(inner, "add", "-A")
    git(inner, "commit", "-q", "-m", "inner")
    return made


def risks(place: Place, made: Workspace, host: Host | None = None) -> list[tuple[str, list[str]]]:
    return [(risk.kind, sorted(risk.examples)) for risk in at_risk(place.far, made, source_host=host or place.host)]


def test_what_the_user_still_has_is_not_at_risk(place: Place, source: Path) -> None:
    made = place.send(source)
    assert tree(made.folder) == tree(source)
    assert made.copied_from == f"@local:{source}"
    assert risks(place, made) == []
    for path in Path(made.folder).rglob("*"):
        os.utime(path, follow_symlinks=False)
    assert risks(place, made) == []


def test_what_the_agent_changed_is_at_risk(place: Place, source: Path) -> None:
    made = place.send(source)
    there = Path(made.folder)
    (there / "gone").write_text("another")
    (there / "new\nfile").write_text("changed")
    (there / "link").unlink()
    (there / "link").symlink_to("changed")
    (there / "inner/file").write_text("changed")
    assert risks(place, made) == [("changes", ["gone"]), ("untracked", ["inner", "link", "new\nfile"])]
    (there / "kept").unlink()
    (there / "script").unlink()
    assert risks(place, made)[0] == ("changes", ["gone", "kept", "script"])


def test_what_the_user_undid_is_at_risk(place: Place, source: Path) -> None:
    made = place.send(source)
    (source / "new\nfile").unlink()
    git(source, "checkout", "-q", ".")
    (source / "inner/.git/HEAD").write_text("ref: refs/heads/another\n")
    assert risks(place, made) == [("changes", ["changed", "gone", "script"]), ("untracked", ["inner", "new\nfile"])]


def test_without_the_source_all_of_it_is_at_risk(place: Place, source: Path) -> None:
    made = place.send(source)
    everything = [("changes", ["changed", "script"]), ("untracked", ["inner", "link", "new\nfile"])]
    found = [(risk.kind, sorted(risk.examples)) for risk in at_risk(place.far, made, source_host=None)]
    assert found[1:] == everything
    source.rename(source.parent / "elsewhere")
    assert risks(place, made)[1:] == everything


def test_commits_are_at_risk_unless_the_source_still_has_them(place: Place, source: Path) -> None:
    (source / "precious").write_text("work")
    place.commit(source, "precious")
    made = place.send(source)
    assert risks(place, made) == []
    git(source, "tag", "kept")
    git(source, "reset", "-q", "--hard", "HEAD~1")
    assert risks(place, made) == []
    git(source, "tag", "-d", "kept")
    (found,) = at_risk(place.far, made, source_host=place.host)
    assert (found.kind, found.count, found.examples[0].split(" ", 1)[1]) == ("commits", 1, "precious")
    # What came back by another way counts, whatever it is called.
    git(source, "fetch", "-q", made.folder, "HEAD:refs/heads/again")
    assert risks(place, made) == []
    git(source, "commit", "-q", "--allow-empty", "-m", "on top of it")
    git(source, "branch", "-D", "again")
    git(source, "update-ref", "refs/mngr/hidden", git(made.folder, "rev-parse", "HEAD"))
    assert [risk.kind for risk in at_risk(place.far, made, source_host=place.host)] == ["commits"]


def test_commits_are_at_risk_without_the_source(place: Place, source: Path) -> None:
    made = place.send(source)
    assert [risk.kind for risk in at_risk(place.far, made, source_host=None)][:1] == ["commits"]
    place.send(source, "another")  # what was cloned from is there still
    source.rename(source.parent / "elsewhere")
    assert [risk.kind for risk in at_risk(place.far, made, source_host=place.host)][:1] == ["commits"]
