"""A workspace as a worktree."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from repositories import Place, git, tree

from mngr.model.errors import CommandError, UsageError, UserError
from mngr.sync.job import Report
from mngr.sync.workspace import make, remove


def test_a_worktree_has_the_files_and_a_branch_of_its_own(place: Place) -> None:
    source = place.repository()
    made = place.make(source)
    assert tree(made.folder) == tree(source)
    assert git(made.folder, "symbolic-ref", "HEAD") == "refs/heads/mngr/x"
    assert git(made.folder, "status", "--porcelain") == ""
    assert (made.mode, made.branch, made.branch_made, made.base_branch) == ("worktree", "mngr/x", True, "main")
    assert made.base_commit == git(source, "rev-parse", "HEAD")
    assert made.repository == str(source / ".git")
    assert place.told.plans == [made]
    assert git(source, "config", "--list", "--local").count("branch.") == 0


def test_parents_of_the_target_are_private_and_files_are_not(place: Place) -> None:
    made = place.make(place.repository())
    assert os.stat(place.host.paths.worktrees).st_mode & 0o777 == 0o700
    assert os.stat(f"{made.folder}/README").st_mode & 0o077


def test_a_folder_that_is_not_empty_is_refused_and_nothing_changed(place: Place) -> None:
    source = place.repository()
    (place.folder / "full").mkdir()
    (place.folder / "full/file").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        place.make(source, target=place.folder / "full")
    assert tree(place.folder / "full").keys() == {"file"}
    assert git(source, "branch", "--list", "mngr/*") == ""


def test_an_empty_folder_is_taken(place: Place) -> None:
    (place.folder / "empty").mkdir()
    assert place.make(place.repository(), target=place.folder / "empty").folder == str(place.folder / "empty")


def test_a_default_branch_that_exists_gets_a_number(place: Place) -> None:
    source = place.repository()
    git(source, "branch", "mngr/x")
    git(source, "branch", "mngr/x-2")
    assert place.make(source).branch == "mngr/x-3"


def test_an_asked_for_branch_that_exists_is_refused(place: Place) -> None:
    source = place.repository()
    git(source, "branch", "taken")
    with pytest.raises(UserError, match="taken exists") as failed:
        place.make(source, branch=":taken")
    assert failed.value.hint
    assert not os.path.exists(f"{place.host.paths.worktrees}/x-00000000")


@pytest.mark.parametrize(
    ("wish", "branch", "made"),
    [("dev", "mngr/x", True), ("dev:new", "new", True), (":new", "new", True), ("dev:", "dev", False)],
)
def test_a_branch_wish_says_base_and_new_branch(
    place: Place, two_branches: Path, wish: str, branch: str, made: bool
) -> None:
    workspace = place.make(two_branches, branch=wish)
    assert (workspace.branch, workspace.branch_made) == (branch, made)
    assert git(workspace.folder, "symbolic-ref", "--short", "HEAD") == branch
    base = "dev" if wish.startswith("dev") else "main"
    assert workspace.base_branch == base
    assert git(workspace.folder, "rev-parse", "HEAD") == git(two_branches, "rev-parse", base)


@pytest.mark.parametrize("wish", [":", "", ":-f", ":a..b", ":a b", "--upload-pack=x", ":x.lock", ":@", ":a\nb", "-b:x"])
def test_a_branch_that_git_would_refuse_or_take_for_a_flag_is_wrong_usage(place: Place, wish: str) -> None:
    with pytest.raises(UsageError):
        place.make(place.repository(), branch=wish)


def test_a_base_that_does_not_exist_is_wrong_usage(place: Place) -> None:
    with pytest.raises(UsageError, match="nope"):
        place.make(place.repository(), branch="nope")
    with pytest.raises(UsageError, match="not a branch"):
        place.make(place.folder / "source", branch="HEAD:")


def test_a_branch_checked_out_elsewhere_is_refused_with_a_way_out(place: Place) -> None:
    with pytest.raises(CommandError, match="already") as failed:
        place.make(place.repository(), branch="main:")
    assert "--branch main" in str(failed.value.hint)


def test_changes_stay_behind_another_base_and_a_note_says_so(place: Place, two_branches: Path) -> None:
    (two_branches / "README").write_text("changed")
    made = place.make(two_branches, branch="dev")
    assert Path(made.folder, "README").read_text() == "hello\n"
    assert any("stay behind" in note for note in place.told.notes)
    with pytest.raises(UsageError, match="HEAD"):
        place.make(two_branches, "y", branch="dev", include_unclean=True)


def test_a_repository_without_commits_is_refused_with_a_hint(place: Place) -> None:
    git(place.folder, "init", "-q", "empty")
    with pytest.raises(UserError, match="no commit") as failed:
        place.make(place.folder / "empty")
    assert "rsync" in str(failed.value.hint)


def test_a_detached_head_is_a_start_like_any_other(place: Place) -> None:
    source = place.repository()
    git(source, "checkout", "-q", "--detach")
    made = place.make(source)
    assert (made.branch, made.base_branch) == ("mngr/x", None)


def test_a_bare_repository_is_a_source(place: Place) -> None:
    git(place.folder, "clone", "-q", "--bare", str(place.repository()), "bare.git")
    place.plant_hooks(place.folder / "bare.git")
    made = place.make(place.folder / "bare.git")
    assert tree(made.folder) == tree(place.folder / "source")
    assert (made.repository, made.base_branch) == (str(place.folder / "bare.git"), "main")


def test_a_worktree_is_a_source_with_its_own_changes(place: Place) -> None:
    source = place.repository()
    git(source, "worktree", "add", "-q", "-b", "wt", str(place.folder / "wt"))
    (place.folder / "wt/README").write_text("changed in the worktree")
    made = place.make(place.folder / "wt")
    assert tree(made.folder) == tree(place.folder / "wt")
    assert (made.base_branch, made.repository) == ("wt", str(source / ".git"))


def test_a_source_inside_another_repository_is_its_own(place: Place) -> None:
    outer = place.repository()
    (outer / "inner").mkdir()
    inner = place.repository("source/inner", {"inner": "inner"})
    assert tree(place.make(inner).folder).keys() == {"inner"}


def test_a_subfolder_stands_for_its_repository(place: Place) -> None:
    source = place.repository()
    (source / "src/a.txt").write_text("changed")
    (source / "top").write_text("untracked")
    made = place.make(source / "src")
    assert tree(made.folder) == tree(source)
    assert made.source == str(source)


def test_a_sparse_source_gives_a_sparse_worktree(place: Place) -> None:
    source = place.repository()
    git(source, "sparse-checkout", "set", "--no-cone", "/README")
    before = (source / ".git/index").read_bytes()
    made = place.make(source)
    assert tree(made.folder) == tree(source)
    assert git(made.folder, "status", "--porcelain") == ""
    assert (source / ".git/index").read_bytes() == before


def test_a_shallow_clone_is_a_source(place: Place) -> None:
    origin = place.repository()
    place.commit(origin, "second")
    git(place.folder, "clone", "-q", "--depth", "1", f"file://{origin}", "shallow")
    assert tree(place.make(place.folder / "shallow").folder) == tree(origin)


def test_a_source_of_another_user_is_refused_with_gits_own_remedy(place: Place) -> None:
    source = place.repository()
    os.chown(source, 12345, 12345)
    os.chown(source / ".git", 12345, 12345)
    with pytest.raises(UserError, match="does not trust") as failed:
        place.make(source)
    assert "safe.directory" in str(failed.value.hint)


@pytest.mark.parametrize("name", ["with space", "quo'te", "-dash", "ünï", "$(id)"])
def test_sources_and_targets_may_have_any_name(place: Place, name: str) -> None:
    source = place.repository(name)
    (source / "new").write_text("new")
    made = place.make(source, target=place.folder / f"t {name}" / name)
    assert tree(made.folder) == tree(source)
    remove(place.host, made)
    assert not Path(made.folder).exists()


def test_line_breaks_in_paths_are_refused(place: Place) -> None:
    with pytest.raises(UsageError, match="line break"):
        place.make(place.folder / "a\nb")


def test_a_missing_source_and_a_file_are_refused(place: Place) -> None:
    (place.folder / "file").write_text("x")
    with pytest.raises(UserError, match="does not exist"):
        place.make(place.folder / "nothing")
    with pytest.raises(UserError, match="not a folder"):
        place.make(place.folder / "file")


def test_a_make_that_fails_is_taken_back(place: Place) -> None:
    class Failing(Report):
        def step(self, name: str) -> None:
            if name == "uncommitted files":
                raise UserError("stop here")

    source = place.repository()
    (source / "new").write_text("new")
    with pytest.raises(UserError, match="stop here"), contextlib.ExitStack() as undo:
        make(place.host, place.wish(source), undo, Failing())
    assert git(source, "worktree", "list").count("\n") == 0
    assert git(source, "branch", "--list", "mngr/*") == ""
    assert not os.path.exists(place.wish(source).target)
