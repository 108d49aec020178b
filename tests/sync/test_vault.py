"""Workspaces put away and brought back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from repositories import Place, git, tree

from mngr.model.agent import Workspace
from mngr.model.errors import UserError
from mngr.sync.vault import bring_back, forget, put_away

ID = "agent-0123456789abcdef0123456789abcdef"


class Vault:
    """Puts a workspace away and brings it back."""

    def __init__(self, place: Place) -> None:
        self.host = place.host
        self.folder = f"{place.host.paths.agents}/{ID}"
        self.notes: list[str] = []

    def put(self, made: Workspace, remove_branch: bool = False) -> None:
        put_away(self.host, made, self.folder, ID, remove_branch)

    def back(self, made: Workspace) -> Workspace:
        return bring_back(self.host, made, self.folder, ID, self.notes.append)


@pytest.fixture
def vault(place: Place) -> Vault:
    return Vault(place)


@pytest.fixture
def source(place: Place) -> Path:
    return place.repository()


@pytest.fixture
def made(place: Place, source: Path) -> Workspace:
    """Make a workspace with work of every kind in it."""
    workspace = place.make(source)
    folder = Path(workspace.folder)
    (folder / "work").write_text("first")
    place.commit(folder, "rewritten")
    (folder / "work").write_text("second")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--amend", "-m", "work")
    (folder / "README").write_text("staged")
    git(folder, "add", "README")
    (folder / "README").write_text("not staged")
    (folder / "un tracked\n").write_text("untracked")
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "x.log").write_text("ignored")
    (folder / "locked").mkdir()
    (folder / "locked/file").write_text("x")
    return workspace


def whole(made: Workspace) -> dict[str, object]:
    """Return everything a workspace is: files, index, commits of its log, branch."""
    return {
        "files": tree(made.folder),
        "index": git(made.folder, "ls-files", "-s"),
        "staged": git(made.folder, "show", ":README"),
        "status": git(made.folder, "status", "--porcelain"),
        "log": git(made.folder, "log", "--format=%H"),
        "reflog": git(made.folder, "reflog", "--format=%H %gs"),
        "rewritten": git(made.folder, "rev-parse", "HEAD@{1}^{tree}"),
        "head": git(made.folder, "rev-parse", "--symbolic-full-name", "HEAD"),
    }


def clean_up_as_git_does(source: Path) -> None:
    """Remove whatever git thinks nobody needs."""
    git(source, "reflog", "expire", "--expire=now", "--all")
    git(source, "gc", "-q", "--prune=now")
    git(source, "worktree", "prune", "--expire=now")


@pytest.mark.parametrize("remove_branch", [False, True])
def test_what_was_put_away_comes_back_whole(vault: Vault, source: Path, made: Workspace, remove_branch: bool) -> None:
    before = whole(made)
    vault.put(made, remove_branch)
    assert not os.path.exists(made.folder)
    assert git(source, "worktree", "list").count("\n") == 0
    assert (git(source, "branch", "--list", "mngr/x") == "") is remove_branch
    assert tree(f"{vault.folder}/workspace") == before["files"]
    clean_up_as_git_does(source)
    git(source, "fsck", "--strict")
    assert vault.back(made) == made
    assert whole(made) == before
    assert vault.notes == []
    assert git(source, "for-each-ref", "refs/mngr") == ""
    assert not os.path.exists(f"{vault.folder}/workspace")
    assert os.listdir(vault.folder) == []


def test_moving_is_a_rename(vault: Vault, made: Workspace) -> None:
    before = os.stat(f"{made.folder}/work").st_ino
    vault.put(made)
    assert os.stat(f"{vault.folder}/workspace/work").st_ino == before


def test_an_unused_branch_goes_and_comes_back(place: Place, vault: Vault, source: Path) -> None:
    made = place.make(source)
    vault.put(made)
    assert git(source, "branch", "--list", "mngr/x") == ""
    vault.back(made)
    assert git(made.folder, "symbolic-ref", "--short", "HEAD") == "mngr/x"


def test_a_branch_the_user_had_before_stays(place: Place, vault: Vault, source: Path) -> None:
    git(source, "branch", "dev")
    vault.put(place.make(source, branch="dev:"))
    assert git(source, "branch", "--list", "dev") != ""


def test_a_branch_checked_out_elsewhere_is_not_removed(place: Place, vault: Vault, source: Path) -> None:
    made = place.make(source)
    git(made.folder, "checkout", "-q", "--detach")
    git(source, "checkout", "-q", "mngr/x")
    vault.put(made, remove_branch=True)
    assert git(source, "rev-parse", "--abbrev-ref", "HEAD") == "mngr/x"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_branch_that_moved_on_or_is_in_use_is_left_alone(
    place: Place, vault: Vault, source: Path, made: Workspace, elsewhere: bool
) -> None:
    before = whole(made)
    vault.put(made)
    git(source, "checkout", "-q", "mngr/x")
    if not elsewhere:
        place.commit(source, "moved on")
        git(source, "checkout", "-q", "main")
    tip = git(source, "rev-parse", "mngr/x")
    back = vault.back(made)
    assert (back.branch, back.branch_made) == (None, False)
    assert len(vault.notes) == 1
    assert "mngr/x" in vault.notes[0]
    after = whole(back)
    assert after.pop("head") == "HEAD"
    assert before.pop("head") == "refs/heads/mngr/x"
    assert after == before
    assert git(source, "rev-parse", "mngr/x") == tip


def test_a_branch_of_the_agents_own_is_followed(vault: Vault, source: Path, made: Workspace) -> None:
    git(made.folder, "checkout", "-q", "-b", "feature")
    before = whole(made)
    vault.put(made)
    git(source, "branch", "-q", "-D", "feature")
    assert vault.back(made) == made
    assert whole(made) == before


def test_a_rebase_under_way_with_conflicts_comes_back(place: Place, vault: Vault, source: Path) -> None:
    made = place.make(source)
    folder = Path(made.folder)
    for text, branch in (("ours", "mngr/x"), ("theirs", "other")):
        git(folder, "checkout", "-q", "-B", branch, "main")
        for name in ("README", 'src/quo"te\n', "src/ünï"):
            (folder / name).write_text(text)
        place.commit(folder, text)
    git(folder, "rebase", "mngr/x", check=False)
    state = (git(folder, "ls-files", "-s"), git(folder, "status"), tree(folder))
    assert "rebase in progress" in state[1]
    vault.put(made, remove_branch=True)
    clean_up_as_git_does(source)
    git(source, "fsck", "--strict")
    vault.back(made)
    assert (git(folder, "ls-files", "-s"), git(folder, "status"), tree(folder)) == state
    git(folder, "checkout", "-q", "--theirs", ".")
    git(folder, "add", "-A")
    git(folder, "-c", "core.editor=true", "rebase", "--continue")


def test_a_place_that_is_taken_is_refused_with_a_hint(vault: Vault, made: Workspace) -> None:
    vault.put(made)
    Path(made.folder).mkdir()
    with pytest.raises(UserError, match="exists") as failed:
        vault.back(made)
    assert failed.value.hint
    assert os.path.exists(f"{vault.folder}/workspace/work")


def test_a_repository_that_is_gone_is_explained(vault: Vault, source: Path, made: Workspace) -> None:
    vault.put(made)
    shutil.rmtree(source)
    with pytest.raises(UserError, match="gone"):
        vault.back(made)
    assert os.path.exists(f"{vault.folder}/workspace/work")


def test_a_name_that_git_gave_to_another_worktree_is_no_obstacle(vault: Vault, source: Path, made: Workspace) -> None:
    before = whole(made)
    vault.put(made)
    other = Path(made.folder).parent.parent / "other" / Path(made.folder).name
    git(source, "worktree", "add", "-q", str(other))
    vault.back(made)
    assert whole(made) == before
    assert git(other, "status", "--porcelain") == ""


def test_other_worktrees_are_not_touched(vault: Vault, place: Place, source: Path, made: Workspace) -> None:
    git(source, "worktree", "add", "-q", str(place.folder / "users-own"))
    shutil.rmtree(place.folder / "users-own")
    vault.put(made)
    assert (source / ".git/worktrees/users-own").exists()


def test_submodules_come_back(place: Place, vault: Vault, source: Path) -> None:
    inner = place.repository("inner", {"inner": "inner"})
    git(source, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    place.commit(source, "sub")
    made = place.make(source)
    Path(made.folder, "sub/inner").write_text("changed")
    commit = place.commit(Path(made.folder, "sub"), "in the submodule")
    vault.put(made)
    other = place.folder / "elsewhere" / Path(made.folder).name
    git(source, "worktree", "add", "-q", str(other))
    vault.back(made)
    assert git(f"{made.folder}/sub", "rev-parse", "HEAD") == commit
    assert git(made.folder, "status", "--porcelain") == " M sub"


def test_a_workspace_that_was_deleted_by_hand_keeps_its_commits(vault: Vault, source: Path, made: Workspace) -> None:
    commits = git(made.folder, "log", "--format=%H")
    shutil.rmtree(made.folder)
    vault.put(made, remove_branch=True)
    clean_up_as_git_does(source)
    vault.back(made)
    assert git(made.folder, "log", "--format=%H") == commits


def test_a_workspace_that_was_deleted_by_hand_comes_back_as_git_knew_it(vault: Vault, made: Workspace) -> None:
    admin = Path(git(made.folder, "rev-parse", "--absolute-git-dir"))
    (admin / "index.lock").write_text("")
    shutil.rmtree(made.folder)
    vault.put(made)
    assert vault.back(made) == made
    (admin / "index.lock").unlink()
    assert git(made.folder, "status", "--porcelain") == "M  README"
    assert Path(made.folder, "work").read_text() == "second"


def test_without_its_repository_a_workspace_is_still_put_away(vault: Vault, source: Path, made: Workspace) -> None:
    shutil.rmtree(source)
    vault.put(made)
    assert Path(vault.folder, "workspace/work").read_text() == "second"


@pytest.mark.parametrize("mode", ["mirror", "rsync"])
def test_clones_and_copies_are_moved_and_come_back(place: Place, vault: Vault, source: Path, mode: str) -> None:
    made = place.make(source, mode=mode)
    Path(made.folder, "new").write_text("new")
    before = tree(made.folder, without=())
    vault.put(made)
    assert not os.path.exists(made.folder)
    assert vault.back(made) == made
    assert tree(made.folder, without=()) == before


def test_in_place_nothing_is_moved(place: Place, vault: Vault, source: Path) -> None:
    made = place.make(source, mode="none")
    vault.put(made)
    assert vault.back(made) == made
    assert (source / "README").exists()


def test_what_is_forgotten_goes_with_the_next_clean_up(
    vault: Vault, source: Path, made: Workspace, place: Place
) -> None:
    commit = git(made.folder, "rev-parse", "HEAD")
    vault.put(made, remove_branch=True)
    clean_up_as_git_does(source)
    assert git(source, "cat-file", "-t", commit) == "commit"
    forget(place.host, made, ID)
    forget(place.host, made, ID)
    clean_up_as_git_does(source)
    assert git(source, "cat-file", "-t", commit, check=False) == ""


def test_a_stale_lock_in_the_workspace_is_in_nobodys_way(vault: Vault, made: Workspace) -> None:
    before = whole(made)
    lock = Path(git(made.folder, "rev-parse", "--absolute-git-dir"), "index.lock")
    lock.write_text("")
    vault.put(made)
    vault.back(made)
    lock.unlink()
    assert whole(made) == before


def test_between_file_systems_a_copy_takes_the_place_of_a_rename(place: Place, vault: Vault, source: Path) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == place.folder.stat().st_dev:
        pytest.skip("there is no second file system")
    target = shared / f"mngr-test-{os.getpid()}"
    try:
        made = place.make(source, target=target)
        (target / "new").write_text("new")
        before = tree(target)
        vault.put(made)
        assert not target.exists()
        assert vault.back(made) == made
        assert tree(target) == before
    finally:
        subprocess.run(["rm", "-rf", str(target)], check=True)
