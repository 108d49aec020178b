"""What `mngr create` makes, by its options."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr, git
from terminal import Terminal

Eventually = Callable[..., object]
ID = "agent-" + "0123456789abcdef" * 2


def made(mngr: Mngr, *words: str) -> dict[str, str]:
    """Create an agent and return what is told of it."""
    return mngr("create", "--format", "json", *words).json()


def test_the_default_is_a_worktree_with_what_is_uncommitted(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    (repo / "README.md").write_text("changed\n")
    (repo / "new file").write_text("new\n")
    (repo / "build.log").write_text("ignored\n")
    before = git(repo, "status", "--porcelain=v2", "--branch")
    row = made(mngr, "tests", "--", "cat")
    folder = Path(row["work_dir"])
    assert folder.parent == host_dir / "worktrees"
    assert (row["branch"], row["base_branch"], row["project"]) == ("mngr/tests", "main", "project")
    assert (folder / "README.md").read_text() == "changed\n"
    assert (folder / "new file").read_text() == "new\n"
    assert not (folder / "build.log").exists()
    assert git(folder, "rev-parse", "--abbrev-ref", "HEAD") == "mngr/tests"
    assert git(repo, "status", "--porcelain=v2", "--branch") == before


def test_it_says_what_it_made(mngr: Mngr, repo: Path) -> None:
    told = mngr("create", "tests", "--", "cat").assert_success()
    assert re.fullmatch(
        r"created tests \(command\) in ~/\.mngr/worktrees/tests-[0-9a-f]{8} on branch mngr/tests\n", told.out
    )
    assert told.err == ""


def test_a_name_is_made_up(mngr: Mngr, repo: Path) -> None:
    names = {made(mngr, "--", "cat")["name"] for _ in range(2)}
    assert len(names) == 2
    assert all(re.fullmatch("[a-z]+-[a-z]+", name) for name in names)


@pytest.mark.parametrize("mode", ["worktree", "mirror", "rsync", "none"])
def test_every_mode_makes_a_workspace(mngr: Mngr, repo: Path, mode: str) -> None:
    (repo / "extra").write_text("uncommitted\n")
    row = made(mngr, "one", "--transfer", mode, "--", "cat")
    folder = Path(row["work_dir"])
    assert (folder == repo) == (mode == "none")
    assert (folder / "extra").read_text() == "uncommitted\n"
    assert mngr.agent("one")["workspace"] == mode
    assert mngr("exec", "one", "cat README.md; pwd").assert_success().lines == ["# A project", str(folder)]


def test_a_folder_that_is_no_repository_is_copied(mngr: Mngr, home: Path) -> None:
    plain = home / "plain folder"
    plain.mkdir()
    (plain / "it's").write_text("x")
    row = made(mngr, "one", "--from", str(plain), "--", "cat")
    assert row["branch"] is None
    assert row["project"] == "plain folder"
    assert (Path(row["work_dir"]) / "it's").read_text() == "x"
    assert mngr.agent("one")["workspace"] == "rsync"


def test_from_an_agent(mngr: Mngr, repo: Path) -> None:
    made(mngr, "first", "--", "cat")
    mngr("exec", "first", "echo more >more; git add more; git commit -qm More; echo loose >loose").assert_success()
    row = made(mngr, "second", "--from", "first", "--", "cat")
    folder = Path(row["work_dir"])
    assert row["base_branch"] == "mngr/first"
    assert (folder / "more").read_text() == "more\n"
    assert (folder / "loose").read_text() == "loose\n"
    assert row["project"] == "project"


def test_from_a_git_url(mngr: Mngr, repo: Path, home: Path) -> None:
    mngr.cwd = home
    row = made(mngr, "one", "--from", f"file://{repo}", "--", "cat")
    assert row["project"] == "project"
    assert (Path(row["work_dir"]) / "README.md").read_text() == "# A project\n"
    mngr("create", "two", "--from", f"file://{home}/nowhere", "--", "cat").assert_failure(1, "nowhere")
    assert list(mngr.agents()) == ["one"]


@pytest.mark.parametrize(
    ("given", "branch", "base"),
    [
        ("old", "mngr/one", "old"),
        (":fresh/name", "fresh/name", "main"),
        ("old:fresh", "fresh", "old"),
    ],
)
def test_branches(mngr: Mngr, repo: Path, given: str, branch: str, base: str) -> None:
    git(repo, "branch", "old")
    row = made(mngr, "one", "--branch", given, "--", "cat")
    assert (row["branch"], row["base_branch"]) == (branch, base)


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [("nosuch", 2, "nosuch"), ("main:main", 1, "main"), (":-x", 2, "-x"), (":a..b", 2, "a..b"), ("", 2, "branch")],
)
def test_bad_branches(mngr: Mngr, repo: Path, given: str, code: int, says: str) -> None:
    mngr("create", "one", "--branch", given, "--", "cat").assert_failure(code, says, "hint: ")
    assert mngr.agents() == {}
    assert git(repo, "branch", "--format", "%(refname:short)") == "main"


def test_what_is_unclean_stays_if_asked(mngr: Mngr, repo: Path) -> None:
    (repo / "README.md").write_text("changed\n")
    (repo / "new").write_text("new\n")
    folder = Path(made(mngr, "one", "--no-include-unclean", "--", "cat")["work_dir"])
    assert (folder / "README.md").read_text() == "# A project\n"
    assert not (folder / "new").exists()
    mngr("create", "two", "--ensure-clean", "--", "cat").assert_failure(1, "new", "hint: ")
    assert list(mngr.agents()) == ["one"]
    git(repo, "stash", "-u", "-q")
    mngr("create", "two", "--ensure-clean", "--", "cat").assert_success()


def test_ignored_files_come_on_request(mngr: Mngr, repo: Path) -> None:
    (repo / "build.log").write_text("ignored\n")
    folder = Path(made(mngr, "one", "--include-ignored", "--", "cat")["work_dir"])
    assert (folder / "build.log").read_text() == "ignored\n"


def test_target_path(mngr: Mngr, repo: Path, home: Path) -> None:
    assert made(mngr, "one", "--target-path", "~/there/my tree", "--", "cat")["work_dir"] == f"{home}/there/my tree"
    assert made(mngr, f"two@local:{home}/other", "--", "cat")["work_dir"] == f"{home}/other"
    (home / "full").mkdir()
    (home / "full" / "file").write_text("mine")
    mngr("create", "three", "--target-path", str(home / "full"), "--", "cat").assert_failure(1, "full")
    assert (home / "full" / "file").read_text() == "mine"
    assert sorted(mngr.agents()) == ["one", "two"]


def test_the_first_message_is_typed(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    (home / "text").write_text("from a file\nsecond line\n")
    for name, options in (
        ("given", ["-m", "hello there"]),
        ("file", ["--message-file", str(home / "text")]),
        ("stdin", ["--message-file", "-"]),
    ):
        told = mngr("create", name, "--transfer", "none", *options, "--", "sh", "-c", f"cat >../{name}.got", input="in")
        told.assert_success()
    for name, text in (("given", "hello there\n"), ("file", "from a file\nsecond line\n"), ("stdin", "in\n")):
        eventually(lambda name=name, text=text: (home / f"{name}.got").read_text() == text)
    mngr("create", "x", "-m", "a", "--message-file", "b", "--", "cat").assert_failure(2, "twice", "hint: ")
    mngr("create", "x", "-m", " ", "--", "cat").assert_failure(2, "empty", "hint: ")
    assert "x" not in mngr.agents()


def test_labels_project_id_and_parent(mngr: Mngr, repo: Path) -> None:
    words = ["one", "--label", "team=web", "--label", "note=a=b c", "--project", "shop", "--id", ID, "--", "cat"]
    mngr("create", *words, env={"MNGR_AGENT_ID": "agent-" + "1" * 32}).assert_success()
    row = mngr.agent("one")
    assert (row["labels"], row["project"], row["id"]) == ({"team": "web", "note": "a=b c"}, "shop", ID)
    assert row["parent"] == "agent-" + "1" * 32
    mngr("create", "two", "--id", ID, "--", "cat").assert_failure(1, ID, "hint: ")
    mngr("create", "two", "--id", "agent-1", "--", "cat").assert_failure(2, "agent-1", "hint: ")
    assert list(mngr.agents()) == ["one"]


def test_a_name_in_use_is_refused(mngr: Mngr, repo: Path) -> None:
    made(mngr, "one", "--", "cat")
    mngr("create", "one", "--", "cat").assert_failure(1, "'one'", "--reuse")
    assert git(repo, "branch", "--format", "%(refname:short)").split() == ["main", "mngr/one"]


def test_reuse_makes_it_once(mngr: Mngr, repo: Path) -> None:
    words = ["one", "--reuse", "--format", "json", "--", "cat"]
    first = mngr("create", *words).json()
    second = mngr("create", *words).json()
    assert (first["result"], second["result"]) == ("created", "reused")
    assert first["id"] == second["id"]
    mngr("stop", "one").assert_success()
    mngr("create", *words).assert_success()
    assert mngr.agent("one")["state"] in ("running", "waiting")
    mngr("create", "--reuse", "--", "cat").assert_failure(2, "--reuse", "hint: ")


def test_extra_windows(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    mngr(
        *["create", "one", "--transfer", "none", "--env", "WHO=me"],
        *["-w", "log=echo $WHO >../first; exec sleep 600", "-w", "pwd >../second; exec sleep 600", "--", "cat"],
    ).assert_success()
    eventually(lambda: (home / "first").read_text() == "me\n")
    eventually(lambda: (home / "second").read_text() == f"{repo}\n")
    mngr("create", "two", "-w", "", "--", "cat").assert_failure(2, "window", "hint: ")


def test_types_of_the_configuration(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    host_dir.mkdir(exist_ok=True)
    (host_dir / "config.toml").write_text(
        '[agent_types.base]\nparent = "command"\ncommand = ["sh", "-c", "echo $GREETING $0; cat"]\n'
        '[agent_types.base.env]\nGREETING = "hello"\n'
        '[agent_types.child]\nparent = "base"\n'
    )
    row = made(mngr, "one", "child", "--", "you")
    assert row["type"] == "child"
    assert "hello you" in mngr("wait", "one", "--state", "waiting").out + mngr("capture", "one").out
    mngr("create", "two", "chidl").assert_failure(2, "chidl", "did you mean child?")


def test_without_a_type_it_is_a_shell_and_says_so(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    told = mngr("create", "one").assert_success()
    assert "it is a shell" in told.err
    assert mngr.agent("one")["type"] == "shell"
    (host_dir / "config.toml").write_text('default_type = "shell"\n')
    assert mngr("create", "two").assert_success().err == ""


def test_templates_preset_options(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    host_dir.mkdir(exist_ok=True)
    (host_dir / "config.toml").write_text(
        '[templates.web]\nproject = "shop"\nlabel = ["a=1"]\ntransfer = "none"\n[templates.other]\nproject = "other"\n'
        '[commands.create]\nlabel = ["b=2"]\n'
    )
    made(mngr, "one", "-t", "web", "--", "cat")
    row = mngr.agent("one")
    assert (row["project"], row["labels"], row["workspace"]) == ("shop", {"a": "1"}, "none")
    made(mngr, "two", "-t", "web", "-t", "other", "--transfer", "worktree", "--", "cat")
    assert (mngr.agent("two")["project"], mngr.agent("two")["workspace"]) == ("other", "worktree")
    made(mngr, "three", "--", "cat")
    assert mngr.agent("three")["labels"] == {"b": "2"}
    mngr("create", "four", "-t", "wbe", "--", "cat").assert_failure(2, "wbe", "web")


def test_a_program_that_is_not_there_leaves_a_failed_agent(mngr: Mngr, repo: Path) -> None:
    told = mngr("create", "bad", "--", "nosuch-program", "-x")
    told.assert_failure(1, "'bad'", "nosuch-program", "127", "hint: ")
    assert told.err.count("mngr: ") == 1
    row = mngr.agent("bad")
    assert (row["state"], row["exit_code"]) == ("failed", 127)
    assert "nosuch-program" in mngr("capture", "bad").assert_success().out
    mngr("destroy", "bad").assert_success()


@pytest.mark.parametrize(
    ("end", "how", "code"), [("exit 3", "exit 3", 3), ("kill -9 $$", "signal 9", 137), ("exit 127", "exit 127", 127)]
)
def test_a_program_that_fails_at_once(mngr: Mngr, repo: Path, end: str, how: str, code: int) -> None:
    # As long as a command line names the launcher the program is not known to have begun, and is waited for.
    told = mngr("create", "bad", "--", "sh", "-c", f"echo out; sleep 0.1; : mngr-launch; {end}")
    told.assert_failure(1, f"agent 'bad' failed at once ({how}): out", "hint: mngr capture bad")
    row = mngr.agent("bad")
    assert (row["state"], row["exit_code"]) == ("failed", code)
    assert mngr("capture", "bad").out == "out\n"


def test_a_program_that_is_done_at_once(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    made(mngr, "short", "--", "sh", "-c", "echo out; : mngr-launch")
    assert mngr.agent("short")["exit_code"] == 0


def test_a_record_holds_no_secret(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--env", "TOKEN=hunter2", "--", "cat").assert_success()
    folder = mngr.folder("one")
    assert "hunter2" not in (folder / "record.json").read_text()
    assert (folder / "env").stat().st_mode & 0o777 == 0o600
    logs = "".join(path.read_text() for path in (mngr.host_dir / "logs").glob("*"))
    assert "hunter2" not in logs
    assert json.loads((folder / "record.json").read_text())["name"] == "one"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["one"], "needs a program"),
        (["one", "--", ""], "not a program"),
        (["one", "--", "-x"], "not a program"),
        (["one@nowhere", "--", "cat"], "nowhere"),
        (["one", "--provider", "nosuch", "--", "cat"], "nosuch"),
        (["one", "--from", "nowhere/at/all", "--", "cat"], "nowhere/at/all"),
        (["one", "--label", "bad key=x", "--", "cat"], "bad key"),
        (["one", "--env", "1X=y", "--", "cat"], "1X"),
        (["one", "--env", "MNGR_AGENT_ID=y", "--", "cat"], "MNGR_AGENT_ID"),
        (["one", "--pass-env", "NOT_SET", "--", "cat"], "NOT_SET"),
        (["one", "--env-file", "nowhere", "--", "cat"], "nowhere"),
        (["one", "--upload-file", "README.md", "--", "cat"], "README.md"),
        (["one", "--upload-file", "nowhere:x", "--", "cat"], "nowhere"),
        (["one", "--upload-file", "README.md:../x", "--", "cat"], "../x"),
        (["one", "--transfer", "copy", "--", "cat"], "copy"),
        (["one", "--message-file", "nowhere", "--", "cat"], "nowhere"),
        (["one", "--foreground", "-m", "x", "--", "cat"], "--foreground"),
        (["one", "--project", "", "--", "cat"], "project"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_made(
    mngr: Mngr, repo: Path, host_dir: Path, words: list[str], says: str
) -> None:
    type_of = ["--type", "command"] if words == ["one"] else []
    done = mngr("create", *words, *type_of)
    done.assert_failure(3 if "nowhere" in words[0] else 2, says)
    assert done.err.startswith("mngr: ")
    assert "\nhint: " in done.err
    assert not (host_dir / "agents").exists()
    assert git(repo, "branch", "--format", "%(refname:short)") == "main"


def test_a_message_from_the_editor(
    mngr: Mngr, repo: Path, home: Path, terminal: Callable[..., Terminal], eventually: Eventually
) -> None:
    editor = home / "my editor"
    editor.write_text("#!/bin/sh\necho 'written by hand' >\"$1\"\n")
    editor.chmod(0o755)
    words = [*mngr.program, "create", "one", "--edit-message", "--no-connect", "--", "sh", "-c", f"cat >{home}/got"]
    screen = terminal(["env", f"EDITOR='{editor}'", *words], cwd=repo)
    assert screen.wait_for_end() == 0
    eventually(lambda: (home / "got").read_text() == "written by hand\n")
    again = terminal(["env", f"VISUAL='{editor}'", *mngr.program, "message", "one"], cwd=repo)
    assert again.wait_for_end() == 0
    eventually(lambda: (home / "got").read_text() == "written by hand\n" * 2)
    mngr("create", "two", "--edit-message", "--", "cat").assert_failure(2, "hint: ")
    assert list(mngr.agents()) == ["one"]


def test_where(mngr: Mngr, repo: Path) -> None:
    for number, words in enumerate((["--in", "local"], ["--host", "local"], ["--provider", "local"])):
        assert made(mngr, f"n{number}", *words, "--", "cat")["host"] == {"name": "local", "provider": "local"}
    assert made(mngr, "n3@local.local", "--", "cat")["address"] == "n3@local.local"
    mngr("create", "n4", "--host", "nosuch", "--", "cat").assert_failure(3, "nosuch", "hint: ")


def test_no_connection_where_nobody_looks(mngr: Mngr, repo: Path, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(["env", "MNGR_HEADLESS=1", *mngr.program, "create", "one", "--", "cat"], cwd=repo)
    assert screen.wait_for_end() == 0
    assert mngr.agent("one")["state"] in ("waiting", "running")
