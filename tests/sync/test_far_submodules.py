"""Submodules of workspaces whose source is on another host."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from repositories import SUBMODULE as NAME
from repositories import Place, git, tree, with_submodules

from mngr.model.agent import Workspace
from mngr.model.errors import CommandError
from mngr.sync.workspace import at_risk

PATH = "lib/in ner é"  # a blank, and a letter beyond ASCII


@pytest.fixture
def source(place: Place) -> Path:
    """Make a repository with a filled submodule, one in it, and one that is not filled; their origins are gone."""
    made = with_submodules(place, PATH)
    for folder in (made / PATH, made / PATH / "deep"):
        place.plant_hooks(folder)
    return made


def stores(place: Place) -> dict[str, int]:
    """Return the stores on the other host and how much is in each."""
    return {
        store.name.rpartition("-")[0]: sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
        for store in Path(place.far.paths.folder, "repositories").glob("*.git")
    }


def submodule_at_risk(place: Place, made: Workspace) -> list[tuple[str, int]]:
    return [
        (risk.kind, risk.count) for risk in at_risk(place.far, made, source_host=place.host) if "submodule" in risk.text
    ]


def test_filled_submodules_are_filled_and_nested_ones_too(place: Place, source: Path) -> None:
    config = (source / ".git/config").read_bytes()
    made = place.send(source)
    assert tree(made.folder) == tree(source)
    assert Path(made.folder, PATH, "deep/deep").exists()
    assert os.listdir(f"{made.folder}/empty") == []
    assert git(made.folder, "status", "--porcelain") == ""
    assert git(f"{made.folder}/{PATH}", "rev-parse", "HEAD") == git(source, "rev-parse", f"HEAD:{PATH}")
    for below, origin in ((PATH, "inner"), (f"{PATH}/deep", "deep")):
        assert git(f"{made.folder}/{below}", "remote", "get-url", "origin") == str(place.folder / origin)
    assert git(made.folder, "submodule", "status", "--recursive") == git(source, "submodule", "status", "--recursive")
    assert (source / ".git/config").read_bytes() == config
    assert at_risk(place.far, made, source_host=place.host) == []
    assert place.told.notes == []


def test_only_what_is_missing_is_sent(place: Place, source: Path) -> None:
    (source / PATH / "large").write_bytes(os.urandom(1_000_000))
    place.commit(source / PATH, "large, and never pushed")
    place.send(source)
    first = stores(place)
    assert sorted(first) == ["deep", "inner", "source"]
    place.send(source, "y")
    assert stores(place) == first
    (source / PATH / "small").write_text("small")
    place.commit(source / PATH, "small")
    made = place.send(source, "z")
    assert git(f"{made.folder}/{PATH}", "log", "-2", "--format=%s") == "small\nlarge, and never pushed"
    assert first["inner"] < stores(place)["inner"] < first["inner"] + 20_000
    assert at_risk(place.far, made, source_host=place.host) == []


def test_changes_come_along_and_are_at_risk_only_when_new(place: Place, source: Path) -> None:
    (source / PATH / "inner").write_text("changed")
    (source / PATH / "deep/new\n\x1b").write_text("new")
    (source / PATH / "deep/deep").unlink()
    made = place.send(source)
    assert tree(made.folder) == tree(source)
    assert at_risk(place.far, made, source_host=place.host) == []
    Path(made.folder, PATH, "inner").write_text("changed by the agent")
    Path(made.folder, PATH, "deep/deep").write_text("back again")
    Path(made.folder, PATH, "deep/new\n\x1b").write_text("changed by the agent")
    assert submodule_at_risk(place, made) == [("changes", 1), ("changes", 1), ("untracked", 1)]


def test_without_changes_the_recorded_commits_come(place: Place, source: Path) -> None:
    recorded = git(source / PATH, "rev-parse", "HEAD")
    (source / PATH / "inner").write_text("committed, and not recorded")
    place.commit(source / PATH, "not recorded")
    (source / PATH / "inner").write_text("not committed")
    made = place.send(source, include_unclean=False)
    assert git(f"{made.folder}/{PATH}", "rev-parse", "HEAD") == recorded
    assert git(made.folder, "status", "--porcelain") == ""
    assert at_risk(place.far, made, source_host=place.host) == []


def test_commits_in_a_submodule_are_at_risk(place: Place, source: Path) -> None:
    git(source / PATH, "checkout", "-q", "-B", "elsewhere")
    git(source / PATH, "commit", "-q", "--allow-empty", "-m", "on a branch of the user's")
    git(source / PATH, "tag", "a-tag")
    git(source / PATH, "checkout", "-q", "--detach", "HEAD~1")
    made = place.send(source)
    assert at_risk(place.far, made, source_host=place.host) == []
    Path(made.folder, PATH, "inner").write_text("committed by the agent")
    place.commit(Path(made.folder, PATH), "in the submodule")
    assert submodule_at_risk(place, made) == [("commits", 1)]


def test_from_a_shallow_submodule(place: Place, source: Path) -> None:
    inner = place.folder / "gone"
    git(source, "submodule", "--quiet", "deinit", "-f", PATH)
    shutil.rmtree(source / ".git/modules" / NAME)
    for number in range(3):
        git(inner, "commit", "-q", "--allow-empty", "-m", f"more {number}")
    git(source, "config", f"submodule.{NAME}.url", f"file://{inner}")
    git(source, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--depth", "1", PATH)
    assert (source / ".git/modules" / NAME / "shallow").exists()
    made = place.send(source)
    assert git(f"{made.folder}/{PATH}", "log", "--format=%s") == "deep"
    assert tree(Path(made.folder, PATH)) == tree(source / PATH)
    assert at_risk(place.far, made, source_host=place.host) == []


def test_with_a_depth_submodules_are_as_shallow(place: Place, source: Path) -> None:
    made = place.send(source, depth=1)
    assert tree(made.folder) == tree(source)
    assert git(f"{made.folder}/{PATH}", "log", "--format=%s") == "deep"
    assert git(f"{made.folder}/{PATH}", "fsck") == ""


def test_one_that_is_not_whole_is_said_and_nothing_is_left(place: Place, source: Path) -> None:
    objects = source / ".git/modules" / NAME / "objects"
    shutil.rmtree(objects)
    objects.mkdir()
    with pytest.raises(CommandError, match=f"failed in submodule {PATH}"):
        place.send(source)
    with pytest.raises(CommandError, match=f"the submodule {PATH} could not be filled") as failed:
        place.send(source, include_unclean=False)
    assert "submodule deinit" in str(failed.value.hint)
    assert os.listdir(place.far.paths.worktrees) == []


def test_one_with_no_origin_has_none_there(place: Place, source: Path) -> None:
    git(source / PATH, "config", "--remove-section", "remote.origin")
    made = place.send(source)
    assert git(f"{made.folder}/{PATH}", "remote") == ""
    assert tree(made.folder) == tree(source)
    assert at_risk(place.far, made, source_host=place.host) == []


def test_secrets_in_the_url_of_an_origin_stay_here(place: Place, source: Path) -> None:
    git(source / PATH, "remote", "set-url", "origin", "https://user:s3cr3t@example.com/inner.git")
    made = place.send(source)
    assert git(f"{made.folder}/{PATH}", "remote", "get-url", "origin") == "https://example.com/inner.git"
    found = [
        file for file in Path(place.far.paths.folder).rglob("*") if file.is_file() and b"s3cr3t" in file.read_bytes()
    ]
    assert found == []


@pytest.mark.parametrize(
    "hostile",
    [
        '[submodule "../../../../x"]\n\tpath = lib\n\turl = u\n',
        '[submodule "x"]\n\tpath = ../../outside\n\turl = u\n',
        '[submodule "--upload-pack=x"]\n\tpath = lib\n\turl = --upload-pack=touch hooked\n\tupdate = !touch hooked\n',
        '[submodule "x"]\n\tpath = "li\\nb"\n\turl = ext::sh -c touch% hooked\n\tignore = all\n',
        '[include]\n\tpath = /dev/null\n[submodule "x\n',
    ],
)
def test_a_hostile_gitmodules_leads_nowhere(place: Place, source: Path, hostile: str) -> None:
    (source / ".gitmodules").write_text(hostile)
    place.commit(source, "hostile")
    made = place.send(source)
    assert Path(made.folder, ".gitmodules").read_text() == hostile
    assert os.listdir(f"{made.folder}/{PATH}") == []
    assert not [*place.folder.rglob("hooked"), *place.folder.rglob("outside"), *Path().glob("hooked")]


def test_names_with_line_breaks_come_as_they_are(place: Place, source: Path) -> None:
    git(source, "mv", PATH, "li\nb")
    place.commit(source, "moved")
    made = place.send(source)
    assert tree(made.folder) == tree(source)
    assert "li\nb/inner" in tree(made.folder)
    assert at_risk(place.far, made, source_host=place.host) == []


def test_no_symbolic_link_leads_out_of_a_source(place: Place, source: Path) -> None:
    shutil.move(source / PATH, place.folder / "private")
    shutil.move(source / "lib", place.folder / "lib")
    (source / "lib").symlink_to(place.folder / "lib")
    shutil.move(place.folder / "private", place.folder / PATH)
    made = place.send(source, include_unclean=False)
    assert not list(Path(place.far.paths.folder).glob("repositories/inner*"))
    assert os.listdir(f"{made.folder}/{PATH}") == []
