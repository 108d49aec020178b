"""`mngr destroy` and `mngr restore`: nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr, git
from sessions import alive
from terminal import Terminal


def branches(repo: Path) -> list[str]:
    return git(repo, "branch", "--format", "%(refname:short)").split()


def test_with_nothing_at_risk(mngr: Mngr, repo: Path) -> None:
    (repo / "loose").write_text("carried along, and still here\n")
    mngr("create", "one", "--", "cat").assert_success()
    row = mngr.agent("one")
    mngr("destroy", "one").assert_success("destroyed one")
    assert mngr.agents() == {}
    assert not Path(row["work_dir"]).exists()
    assert not alive(row["pid"])
    assert branches(repo) == ["main"]
    assert git(repo, "worktree", "list").count("\n") == 0
    mngr("create", "one", "--", "cat").assert_success()


def test_a_person_is_asked_before_many_go_also_when_it_is_forced(
    mngr: Mngr, repo: Path, terminal: Callable[..., Terminal]
) -> None:
    for name in ("one", "two"):
        mngr("create", name, "--transfer", "none", "--", "cat").assert_success()
    screen = terminal([*mngr.program, "destroy", "--all", "--force"])
    screen.wait_for(r"destroy 2 agents \(one, two\)\?")
    screen.enter("n")
    screen.wait_for("nothing was destroyed")
    assert set(mngr.agents()) == {"one", "two"}
    mngr("destroy", "--all", "--force").assert_success("destroyed one", "destroyed two")  # nobody is there to ask


def test_of_several_errors_the_last_line_is_for_programs(mngr: Mngr, repo: Path) -> None:
    (repo / "loose").write_text("new")
    mngr("create", "one", "--", "cat").assert_success()
    mngr("exec", "one", "echo new >only-here").assert_success()
    for words in (("destroy", "one", "nosuch"), ("list", "nosuch", "other"), ("stop", "@nosuch")):
        done = mngr(*words, "--format", "json")
        last = json.loads(done.err.splitlines()[-1])
        assert (list(last), last["exit_code"]) == (["error", "hint", "exit_code"], done.code)


@pytest.mark.parametrize(
    ("work", "says"),
    [
        ("echo new >new", "untracked"),
        ("echo changed >README.md", "README.md"),
        ("git rm -q README.md", "README.md"),
    ],
)
def test_work_that_exists_nowhere_else_is_kept(mngr: Mngr, repo: Path, work: str, says: str) -> None:
    mngr("create", "one", "--", "cat").assert_success()
    row = mngr.agent("one")
    mngr("exec", "one", work).assert_success()
    before = git(Path(row["work_dir"]), "status", "--porcelain")
    done = mngr("destroy", "one")
    done.assert_failure(7, "'one'", "nowhere else", "hint: commit and push it", "--force", "mngr restore one")
    assert says in done.err or "change" in done.err
    assert mngr.agent("one")["pid"] == row["pid"]
    assert alive(row["pid"])
    told = mngr("destroy", "one", "--dry-run").assert_success("would destroy one", "--force")
    assert told.err == ""
    mngr("destroy", "one", "--force").assert_success("destroyed one", "mngr restore one")
    assert mngr.agents() == {}
    mngr("restore", "one").assert_success("restored one")
    assert git(Path(row["work_dir"]), "status", "--porcelain") == before
    assert mngr.agent("one")["state"] == "stopped"
    mngr("start", "one").assert_success()


def test_commits_stay_on_their_branch(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--", "cat").assert_success()
    mngr("exec", "one", "echo more >more; git add more; git commit -qm More").assert_success()
    commit = git(repo, "rev-parse", "mngr/one")
    mngr("destroy", "one", "--remove-branch").assert_failure(7, "1 commit")
    mngr("destroy", "one").assert_success()
    assert git(repo, "rev-parse", "mngr/one") == commit
    mngr("restore", "one").assert_success()
    mngr("destroy", "one", "--remove-branch", "--force").assert_success()
    assert branches(repo) == ["main"]
    mngr("restore", "one", "--start").assert_success()
    assert git(repo, "rev-parse", "mngr/one") == commit
    assert git(Path(mngr.agent("one")["work_dir"]), "status", "--porcelain") == ""


def test_a_folder_of_the_user_s_stays(mngr: Mngr, repo: Path, home: Path) -> None:
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    mngr("exec", "one", "echo new >new").assert_success()
    mngr("destroy", "one").assert_success()
    assert (repo / "new").read_text() == "new\n"
    assert (repo / "README.md").exists()


@pytest.mark.parametrize("mode", ["mirror", "rsync"])
def test_other_workspaces_are_kept_too(mngr: Mngr, repo: Path, mode: str) -> None:
    mngr("create", "one", "--transfer", mode, "--", "cat").assert_success()
    mngr("exec", "one", "echo new >new; git add new; git commit -qm New; echo x >loose").assert_success()
    mngr("destroy", "one").assert_failure(7, "hint: ")
    mngr("destroy", "one", "-f").assert_success()
    assert not (repo / "new").exists()
    mngr("restore", "one").assert_success()
    assert mngr("exec", "one", "cat new loose; git log --format=%s -1").lines == ["new", "x", "New"]


def test_what_is_in_no_repository_is_to_be_copied(mngr: Mngr, home: Path) -> None:
    (home / "plain").mkdir()
    mngr.cwd = home / "plain"
    mngr("create", "one", "--transfer", "rsync", "--", "cat").assert_success()
    mngr("exec", "one", "echo new >new").assert_success()
    mngr("destroy", "one").assert_failure(7, "1 file differs", "hint: copy it, or: mngr destroy one --force")


def test_a_workspace_that_was_removed_by_hand_is_made_anew_by_a_restore(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--", "cat").assert_success()
    mngr("exec", "one", "echo more >more; git add more; git commit -qm More; echo loose >loose").assert_success()
    mngr("stop", "one").assert_success()
    shutil.rmtree(mngr.agent("one")["work_dir"])
    mngr("destroy", "one").assert_success("destroyed one")
    mngr("restore", "one", "--start").assert_success()
    assert mngr("exec", "one", "ls; git status --porcelain").lines == ["README.md", "more", "src"]
    mngr("destroy", "one").assert_success()


def test_several_of_which_one_is_at_risk(mngr: Mngr, repo: Path) -> None:
    for name in ("one", "two"):
        mngr("create", name, "--", "cat").assert_success()
    mngr("exec", "one", "echo >new").assert_success()
    done = mngr("destroy", "one", "two", "nosuch")
    done.assert_failure(3, "'one'", "nosuch")
    assert done.out == "destroyed two\n"
    assert list(mngr.agents()) == ["one"]
    mngr("create", "two", "--", "cat").assert_success()
    mngr("destroy", "--all").assert_failure(2, "--yes")
    assert sorted(mngr.agents()) == ["one", "two"]
    done = mngr("destroy", "--all", "--yes", "--format", "json")
    assert done.code == 7
    assert list(mngr.agents()) == ["one"]


def test_what_can_be_restored(mngr: Mngr, repo: Path) -> None:
    assert "nothing was destroyed" in mngr("restore").assert_success().err
    mngr("create", "one", "--", "cat").assert_success()
    first = mngr.agent("one")["id"]
    mngr("destroy", "one").assert_success()
    mngr("create", "one", "--", "cat").assert_success()
    second = mngr.agent("one")["id"]
    mngr("destroy", "one").assert_success()
    rows = mngr("restore", "--format", "json").json()
    assert [row["id"] for row in rows] == [first, second]
    assert list(rows[0]) == ["id", "name", "type", "project", "branch", "work_dir", "destroyed_at", "ago"]
    mngr("restore").assert_success("NAME", "one")
    assert mngr("restore", "one", "--dry-run").assert_success().code == 0
    assert mngr.agents() == {}
    mngr("restore", "one").assert_success()
    assert mngr.agent("one")["id"] == second
    mngr("restore", first[:14]).assert_failure(1, "'one'", "--name")
    mngr("restore", first[:14], "--name", "old-one").assert_success("restored old-one")
    assert sorted(mngr.agents()) == ["old-one", "one"]
    mngr("restore", "one").assert_failure(3, "'one'", "hint: ")
    mngr("restore", "nosuch").assert_failure(3, "nosuch", "hint: ")
    assert mngr("restore", "--format", "json").json() == []


def test_a_destroyed_agent_is_named_in_the_hint(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--", "cat").assert_success()
    mngr("destroy", "one").assert_success()
    mngr("start", "one").assert_failure(3, "'one'", "mngr restore one")
    mngr("destroy", "one").assert_failure(3, "'one'", "mngr restore one")


def test_destroyed_things_go_after_their_time(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    mngr("create", "one", "--", "cat").assert_success()
    mngr("destroy", "one").assert_success()
    mngr("gc").assert_success()
    assert len(mngr("restore", "--format", "json").json()) == 1
    done = mngr("gc", "-S", "destroyed.keep_days=0", "--dry-run").assert_success("one")
    assert "would be removed" in done.out
    mngr("gc", "-S", "destroyed.keep_days=0").assert_success("removed")
    assert mngr("restore", "--format", "json").json() == []
    assert list((host_dir / "destroyed").iterdir()) == []
