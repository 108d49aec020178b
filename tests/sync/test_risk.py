"""What exists nowhere but in a workspace, and taking back what holds nothing new."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from repositories import Place, git
from watched import put_first

from mngr.model.agent import Workspace
from mngr.model.errors import WorkAtRiskError
from mngr.model.value import replace
from mngr.sync.workspace import at_risk, remove


def kinds(place: Place, made: Workspace, remove_branch: bool = False) -> dict[str, int]:
    return {risk.kind: risk.count for risk in at_risk(place.host, made, remove_branch)}


@pytest.fixture
def made(place: Place) -> Workspace:
    return place.make(place.repository())


def test_a_fresh_workspace_is_not_at_risk(place: Place, made: Workspace) -> None:
    assert at_risk(place.host, made) == []
    assert at_risk(place.host, made, remove_branch=True) == []


def test_what_the_user_still_has_is_not_at_risk(place: Place) -> None:
    source = place.repository()
    (source / "README").write_text("changed")
    (source / "new\n\x1b").write_text("new")
    (source / "link").symlink_to("x")
    (source / "src/a.txt").unlink()
    made = place.make(source)
    assert kinds(place, made) == {}
    (source / "README").write_text("changed again")
    (source / "new\n\x1b").unlink()
    assert kinds(place, made) == {"changes": 1, "untracked": 1}


def test_changes_and_untracked_files_are_at_risk(place: Place, made: Workspace) -> None:
    folder = Path(made.folder)
    (folder / "README").write_text("changed")
    (folder / "src/a.txt").chmod(0o755)
    (folder / "src/b.txt").unlink()
    (folder / "new").write_text("new")
    risks = at_risk(place.host, made)
    assert [(risk.kind, risk.text) for risk in risks] == [
        ("changes", "3 uncommitted changes"),
        ("untracked", "1 untracked file"),
    ]
    assert risks[1].examples == ["new"]


def test_ignored_files_are_not_at_risk(place: Place) -> None:
    made = place.make(place.repository(files={".gitignore": "*.log\n"}))
    Path(made.folder, "x.log").write_text("x")
    assert kinds(place, made) == {}


def test_commits_on_the_branch_are_at_risk_only_when_it_goes(place: Place, made: Workspace) -> None:
    Path(made.folder, "new").write_text("new")
    place.commit(Path(made.folder), "work")
    assert kinds(place, made) == {}
    assert kinds(place, made, remove_branch=True) == {"commits": 1}
    git(made.folder, "branch", "elsewhere")
    assert kinds(place, made, remove_branch=True) == {}


def test_commits_of_a_detached_head_are_at_risk(place: Place, made: Workspace) -> None:
    git(made.folder, "checkout", "-q", "--detach")
    place.commit(Path(made.folder), "lost")
    (risk,) = at_risk(place.host, made)
    assert (risk.kind, risk.text) == ("commits", "1 commit")
    assert risk.examples[0].endswith("lost")
    shutil.rmtree(made.folder)
    assert kinds(place, made) == {"commits": 1}


def test_an_operation_under_way_is_at_risk(place: Place, made: Workspace) -> None:
    Path(made.folder, "README").write_text("ours")
    place.commit(Path(made.folder), "ours")
    git(made.folder, "checkout", "-q", "-b", "other", "HEAD~1")
    Path(made.folder, "README").write_text("theirs")
    place.commit(Path(made.folder), "theirs")
    git(made.folder, "rebase", "mngr/x", check=False)
    assert kinds(place, made)["operation"] == 1


def test_a_workspace_on_an_unborn_branch_is_looked_at_all_the_same(place: Place, made: Workspace) -> None:
    git(made.folder, "checkout", "-q", "--orphan", "fresh")
    Path(made.folder, "new").write_text("new")
    assert kinds(place, made)["untracked"] == 1


def test_commits_of_a_clone_are_at_risk_until_somebody_has_them(place: Place) -> None:
    source = place.repository()
    made = place.make(source, mode="mirror")
    assert kinds(place, made) == {}
    Path(made.folder, "new").write_text("new")
    place.commit(Path(made.folder), "work")
    Path(made.folder, "README").write_text("stashed")
    git(made.folder, "stash", "-q")
    found = kinds(place, made)
    assert found["commits"] >= 2
    git(made.folder, "stash", "drop", "-q")
    assert kinds(place, made) == {"commits": 1}
    git(source, "fetch", "-q", made.folder, "mngr/x:taken")
    place.commit(source, "and the user went on")
    git(source, "-c", "core.hooksPath=/dev/null", "merge", "-q", "taken")
    git(source, "branch", "-D", "-q", "taken")
    assert kinds(place, made) == {}
    shutil.rmtree(source)
    assert kinds(place, made) == {"commits": 1}


def test_a_workspace_that_is_gone_is_not_at_risk(place: Place, made: Workspace) -> None:
    shutil.rmtree(made.folder)
    assert kinds(place, made) == {}


def test_remove_takes_away_folder_registration_and_unused_branch(place: Place, made: Workspace) -> None:
    remove(place.host, made)
    assert not os.path.exists(made.folder)
    assert git(place.folder / "source", "worktree", "list").count("\n") == 0
    assert git(place.folder / "source", "branch", "--list", "mngr/*") == ""
    remove(place.host, made)


def test_remove_refuses_what_holds_something_new(place: Place, made: Workspace) -> None:
    Path(made.folder, "new").write_text("new")
    with pytest.raises(WorkAtRiskError, match="1 untracked file"):
        remove(place.host, made)
    assert Path(made.folder, "new").exists()
    remove(place.host, made, force=True)
    assert not os.path.exists(made.folder)


def test_remove_leaves_a_branch_that_has_moved_on(place: Place, made: Workspace) -> None:
    place.commit(Path(made.folder), "work")
    remove(place.host, made)
    assert git(place.folder / "source", "branch", "--list", "mngr/*").strip() == "mngr/x"


def test_remove_of_what_was_planned_and_never_begun_changes_nothing(place: Place, made: Workspace) -> None:
    source = place.folder / "source"
    git(source, "branch", "mngr/y")
    remove(place.host, replace(made, folder=f"{made.folder}-other", branch="mngr/y"))
    assert git(source, "branch", "--list", "mngr/y") != ""
    assert os.path.exists(made.folder)


def test_remove_touches_no_other_worktree(place: Place, made: Workspace) -> None:
    source = place.folder / "source"
    git(source, "worktree", "add", "-q", str(place.folder / "users-own"))
    shutil.rmtree(place.folder / "users-own")
    remove(place.host, made)
    assert (source / ".git/worktrees/users-own").exists()


def test_a_workspace_whose_repository_is_gone_is_at_risk_as_a_whole(place: Place, made: Workspace) -> None:
    shutil.rmtree(place.folder / "source")
    assert kinds(place, made) == {"unreadable": 1}
    with pytest.raises(WorkAtRiskError):
        remove(place.host, made)


def test_a_target_behind_a_symbolic_link_is_found_again(place: Place) -> None:
    (place.folder / "real").mkdir()
    (place.folder / "link").symlink_to("real")
    source = place.repository()
    made = place.make(source, target=place.folder / "link/x")
    assert made.folder == str(place.folder / "link/x")
    shutil.rmtree(made.folder)
    remove(place.host, made)
    assert git(source, "worktree", "list").count("\n") == 0
    assert git(source, "branch", "--list", "mngr/*") == ""


def test_a_clean_worktree_is_looked_at_with_two_git_calls(place: Place, made: Workspace, home: Path) -> None:
    log = place.folder / "calls"
    put_first(home, "git", f"echo call >>'{log}'\nexec '{shutil.which('git')}' \"$@\"")
    assert at_risk(place.host, made) == []
    assert log.read_text() == "call\n" * 2
