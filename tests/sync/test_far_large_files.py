"""Large files of git-lfs in workspaces whose source is on another host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from repositories import Place, git, tree

from mngr.model.errors import CommandError
from mngr.sync.workspace import at_risk

OLD, NEW = b"old" * 10_000, b"new" * 10_000
TOOLS = "sh tar xargs cp mv rm sed grep find sort mkdir cat rmdir chmod awk sha256sum sleep tr ls head"

HostHas = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def source(place: Place) -> Path:
    """Make a repository with a large file in two versions, whose origin is nowhere."""
    made = place.repository(files={".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    git(made, "lfs", "install", "--local", "--skip-repo")
    for content in (OLD, NEW):
        (made / "large é.bin").write_bytes(content)
        place.commit(made, "large")
    git(made, "remote", "add", "origin", "https://127.0.0.1:1/nowhere.git")
    return made


@pytest.fixture
def with_git_lfs(place: Place, monkeypatch: pytest.MonkeyPatch, host_has: HostHas) -> Iterator[str]:
    """Take git-lfs away, and give the tools of busybox; return the PATH that had it."""
    before = os.environ["PATH"]
    tools = place.folder / "bin"
    tools.mkdir()
    for name in TOOLS.split():
        (tools / name).symlink_to(str(shutil.which("busybox")))
    for name in ("git", "cksum", "ssh"):
        (tools / name).symlink_to(str(shutil.which(name)))
    with host_has(PATH=str(tools)):
        monkeypatch.setenv("PATH", str(tools))
        yield before


def kept(folder: Path | str) -> dict[str, int]:
    """Return the large files below a folder, and how many names each has."""
    found = (file for file in Path(folder).rglob("*") if len(file.name) == 64 and file.is_file())
    return {file.name: file.stat().st_nlink for file in found}


def store(place: Place) -> Path:
    (found,) = Path(place.far.paths.folder, "repositories").glob("*.git")
    return found


def damage(source: Path) -> None:
    (objects,) = [path for path in source.rglob("lfs/objects/*/*/*") if path.read_bytes() == OLD]
    objects.chmod(0o600)
    objects.write_bytes(NEW)


def test_they_come_from_the_source_and_are_shared(place: Place, source: Path) -> None:
    made = place.send(source)
    assert tree(made.folder) == tree(source)
    assert git(made.folder, "status", "--porcelain") == ""
    assert kept(store(place)) == dict.fromkeys(kept(source), 2)
    assert "large files" in place.told.steps
    place.told.steps.clear()
    again = place.send(source, "y")
    assert Path(again.folder, "large é.bin").read_bytes() == NEW
    assert kept(store(place)) == dict.fromkeys(kept(source), 3)
    assert "large files" not in place.told.steps
    Path(made.folder, "other.bin").write_bytes(b"made by the agent")
    place.commit(Path(made.folder), "work")
    assert "oid sha256" in git(made.folder, "cat-file", "-p", "HEAD:other.bin")
    assert [risk.kind for risk in at_risk(place.far, made, source_host=place.host)] == ["commits"]
    assert place.told.notes == []


def test_with_a_depth_only_those_of_the_commit_come(place: Place, source: Path) -> None:
    made = place.send(source, depth=1)
    assert Path(made.folder, "large é.bin").read_bytes() == NEW
    assert len(kept(store(place))) == 1
    assert len(kept(source)) == 2


def test_changes_to_a_large_file_come_along(place: Place, source: Path) -> None:
    (source / "large é.bin").write_bytes(b"changed")
    made = place.send(source)
    assert tree(made.folder) == tree(source)
    assert git(made.folder, "status", "--porcelain") == git(source, "status", "--porcelain")
    assert at_risk(place.far, made, source_host=place.host) == []


def test_what_the_source_lacks_stays_a_pointer_and_nothing_is_fetched(place: Place, source: Path) -> None:
    shutil.rmtree(source / ".git/lfs")
    made = place.send(source)
    assert b"oid sha256" in Path(made.folder, "large é.bin").read_bytes()
    assert place.told.notes == [
        f"1 large file in {made.folder} is a pointer, for the content did not come; there: git lfs pull"
    ]


def test_what_is_damaged_is_not_taken(place: Place, source: Path) -> None:
    damage(source)
    made = place.send(source)
    assert Path(made.folder, "large é.bin").read_bytes() == NEW
    assert len(kept(store(place))) == 1
    assert place.told.notes == [f"1 large file stayed behind: damaged, or not to be read, in {source}/.git/lfs"]


def test_where_there_is_no_git_lfs_they_wait(
    place: Place, source: Path, with_git_lfs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"{place.far.paths.worktrees}/x-00000000"
    git(source, "config", "--remove-section", "filter.lfs")
    git(source, "config", "--global", "filter.lfs.process", "git-lfs filter-process")
    git(source, "config", "--global", "filter.lfs.required", "true")
    made = place.send(source, include_unclean=False)
    assert git(made.folder, "status", "--porcelain") == ""
    assert kept(f"{made.folder}/.git") == kept(store(place)) == dict.fromkeys(kept(f"{source}/.git"), 2)
    (note,) = place.told.notes
    how = "git lfs install --local --skip-repo --force && git lfs checkout"
    assert note == f"1 large file in {there} is a pointer, for git-lfs is not on far.ssh; once it is, there: {how}"
    monkeypatch.setenv("PATH", with_git_lfs)
    git(there, "lfs", "install", "--local", "--skip-repo", "--force")
    git(there, "lfs", "checkout")
    assert Path(there, "large é.bin").read_bytes() == NEW
    assert git(there, "status", "--porcelain") == ""


@pytest.mark.parametrize("far", [False, True])
def test_those_of_submodules_come_too(place: Place, source: Path, far: bool) -> None:
    outer = place.repository("outer")
    git(outer, "-c", "protocol.file.allow=always", "-c", "filter.lfs.process=", "-c", "filter.lfs.smudge=",
        *("submodule", "--quiet", "add", str(source), "within"))  # fmt: skip
    place.commit(outer, "within")
    within = outer / "within"
    git(within, "lfs", "install", "--local", "--skip-repo")
    shutil.copytree(source / ".git/lfs", outer / ".git/modules/within/lfs", dirs_exist_ok=True)
    git(within, "lfs", "checkout")
    git(within, "remote", "set-url", "origin", "https://127.0.0.1:1/nowhere.git")
    made = (place.send if far else place.make)(outer, mode="mirror")
    assert Path(made.folder, "within/large é.bin").read_bytes() == NEW
    assert git(made.folder, "status", "--porcelain") == ""
    assert place.told.notes == []


def test_a_source_cannot_have_a_filter_run_elsewhere(place: Place, source: Path) -> None:
    for name in ("clean", "smudge", "process"):
        git(source, "config", f"filter.lfs.{name}", f"touch '{place.marker}'; git-lfs {name} -- %f")
    git(source, "config", "filter.lfs.process", "git-lfs filter-process")
    made = place.send(source)
    assert git(made.folder, "config", "filter.lfs.smudge") == "git-lfs smudge -- %f"
    assert Path(made.folder, "large é.bin").read_bytes() == NEW


def test_an_archive_leads_nowhere(place: Place, source: Path) -> None:
    objects = source / ".git/lfs/objects"
    shutil.rmtree(objects / "ab", ignore_errors=True)
    (objects / "ab").mkdir()
    (objects / "ab/cd").symlink_to(place.folder)
    (place.folder / ("abcd" + "0" * 60)).write_text("not of the repository")
    place.send(source)
    assert not [name for name in kept(store(place)) if name.startswith("abcd")]


def test_what_cannot_be_written_is_said_and_nothing_is_left(place: Place, source: Path) -> None:
    folder = Path(place.far.paths.folder)
    place.send(source, include_unclean=False)
    shutil.rmtree(store(place) / "lfs")
    (store(place) / "lfs").write_text("in the way")
    with pytest.raises(CommandError, match="could not be brought") as failed:
        place.send(source, "y")
    assert "room" in str(failed.value.hint)
    assert os.listdir(folder / "worktrees") == ["x-00000000"]
