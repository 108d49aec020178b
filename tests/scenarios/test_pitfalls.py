"""What tools of this kind get wrong, each with the test that would show it here.

What users suffer from
    which agent needs me, and why           test_states, observe/test_observations, observe/test_terminal
    "sent" that was not                     test_a_message_to_a_program_that_ended_is_refused, cli/test_message
    work lost on clean-up                   actions/test_destroy, sync/test_vault, sync/test_risk, test_soak_kill
    after a reboot everything is gone       test_failures (a server that is killed), actions/test_stop_start
    ten agents at once race git             test_races, sync/test_at_once
    a new worktree lacks ignored files      sync/test_uncommitted, actions/test_create
    slow with many sessions                 test_one_tmux_call_whatever_the_count, bench/run.py
    start errors without a reason           test_a_program_that_is_not_there_is_said_to_be_so

Wrong or unsafe behaviour
    a live command is always waiting        test_states, test_a_shell_that_became_a_program_is_running
    some of several names are unknown       test_an_unknown_name_among_several_costs_itself_only
    env values are run as shell code        test_injection, actions/test_create_environment
    one unreadable record hides all         test_failures
    failed creates leave debris             test_soak_kill, actions/test_create_environment
    names of files that git quotes          sync/test_uncommitted, test_injection
    work dir deleted by hand                test_failures
    a missing tmux or git                   test_failures
    --reuse on a dirty tree stops it        test_reuse_leaves_a_running_agent_alone
    a relative upload goes to the caller    test_an_upload_goes_into_the_workspace
    capture restarts a stopped agent        test_capture_starts_nothing
    exec: exit codes, bytes, quiet          cli/test_exec
    gaps of JSON                            cli/test_fields, test_errors_are_json_too
    unknown fields, providers, limits       test_what_is_unknown_is_refused, test_fuzz
    a closed pipe                           test_failures
    noise at a destroy or a failed look     test_a_failed_look_up_says_two_lines
    a long line is cut by the terminal      test_a_line_that_the_terminal_would_cut_is_refused
    secrets in files others can read        test_injection, actions/test_create
    a worktree removed by hand stays        test_a_worktree_removed_by_hand_blocks_nothing
    a type that is no more warns thrice     test_a_type_that_is_no_more_says_nothing
    a log that grows with every look        test_looking_writes_nothing_that_grows

Repeated trouble
    prefix matching hits the wrong agent    test_a_name_is_never_taken_for_a_longer_one
    process titles lie; a leftover shell    observe/test_terminal, observe/test_observations
    grandchildren survive; pid reuse        hosts_local/test_stop
    hooks, info/exclude, worktrees of       sync/test_worktree, test_injection
    tmux config, base-index, window size    test_odd_surroundings
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from aftermath import sessions
from program import Mngr, git

Eventually = Callable[..., object]
IN_PLACE = ["--transfer", "none", "--no-connect", "--"]


def test_a_message_to_a_program_that_ended_is_refused(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    mngr("create", "x", *IN_PLACE, "true").assert_success()
    eventually(lambda: mngr.agent("x")["state"] == "done")
    mngr("message", "x", "hello").assert_failure(5, "has ended", "hint:")


def test_a_program_that_is_not_there_is_said_to_be_so(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", *IN_PLACE, "nosuchcmd").assert_failure(1, "nosuchcmd", "127", "hint:")
    assert (mngr.agent("x")["state"], mngr.agent("x")["exit_code"]) == ("failed", 127)


def test_a_shell_that_became_a_program_is_running(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", *IN_PLACE, "sh", "-c", "exec sleep 600").assert_success()
    mngr("create", "y", *IN_PLACE, "bash", "-c", "sleep 600; true").assert_success()
    assert mngr("list", "--running", "--names").out.split() == ["x", "y"]


def test_one_tmux_call_whatever_the_count(mngr: Mngr, repo: Path) -> None:
    for number in range(3):
        mngr("create", f"a{number}", *IN_PLACE, "cat").assert_success()
    assert mngr("-v", "list").assert_success().err.count("\n+ ") <= 1


def test_an_unknown_name_among_several_costs_itself_only(mngr: Mngr, repo: Path) -> None:
    mngr("create", "good", *IN_PLACE, "cat").assert_success()
    done = mngr("message", "good", "unknown", "-m", "hi").assert_failure(3, "'unknown'")
    assert "typed to good" in done.out
    done = mngr("destroy", "unknown", "-f").assert_failure(3, "'unknown'")
    assert done.out == ""


def test_reuse_leaves_a_running_agent_alone(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", *IN_PLACE, "cat").assert_success()
    before = mngr.agent("x")["pid"]
    (repo / "dirty").write_text("x")
    mngr("create", "x", "--reuse", "--no-connect", "--ensure-clean")
    assert mngr.agent("x")["pid"] == before


def test_an_upload_goes_into_the_workspace(mngr: Mngr, repo: Path) -> None:
    (mngr.home / "a").write_text("content")
    mngr("create", "x", "--upload-file", f"{mngr.home}/a:sub/b", "--no-connect", "--", "cat").assert_success()
    assert (Path(mngr.agent("x")["work_dir"]) / "sub" / "b").read_text() == "content"
    assert git(repo, "status", "--porcelain") == ""


def test_capture_starts_nothing(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", *IN_PLACE, "sh", "-c", "echo shown; cat").assert_success()
    mngr("stop", "x").assert_success()
    mngr("capture", "x").assert_success()
    assert (mngr.agent("x")["state"], sessions(mngr)) == ("stopped", set())


def test_errors_are_json_too(mngr: Mngr, repo: Path) -> None:
    failed = mngr("stop", "nosuch", "--format", "json")
    assert failed.code == 3
    assert '"exit_code": 3' in failed.out + failed.err


def test_what_is_unknown_is_refused(mngr: Mngr, repo: Path) -> None:
    for words in (["--fields", "nosuch"], ["--sort", "nosuch"], ["--include", "nosuch == 1"], ["--limit", "-1"]):
        refused = mngr("list", *words).assert_failure(2, "hint:")
        assert len(refused.err) < 1000
    assert mngr("list", "--provider", "nosuch").code in (2, 3)


def test_a_failed_look_up_says_two_lines(mngr: Mngr, repo: Path) -> None:
    for name in ("a", "b"):
        mngr("create", name, *IN_PLACE, "cat").assert_success()
    assert len(mngr("stop", "nosuch").assert_failure(3).err.splitlines()) == 2
    assert mngr("destroy", "a", "--force").assert_success().err == ""


def test_a_line_that_the_terminal_would_cut_is_refused(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    mngr("create", "x", *IN_PLACE, "cat").assert_success()
    eventually(lambda: mngr.agent("x")["state"] == "waiting")
    mngr("message", "x", "-m", "y" * 5000).assert_failure(5, "at most", "hint:")


def test_a_worktree_removed_by_hand_blocks_nothing(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", "--no-connect", "--", "cat").assert_success()
    shutil.rmtree(mngr.agent("x")["work_dir"])
    mngr("destroy", "x", "--force", "--remove-branch").assert_success()
    assert git(repo, "branch", "--list", "mngr/x") == ""
    assert len(git(repo, "worktree", "list").splitlines()) == 1


def test_a_type_that_is_no_more_says_nothing(mngr: Mngr, repo: Path) -> None:
    setting = ("-S", "agent_types.mine.command=['cat']")
    made = mngr(*setting, "create", "x", "mine", "--transfer", "none", "--no-connect")
    made.assert_success()
    assert mngr("list").assert_success("x").err.count("mine") <= 1
    mngr("stop", "x").assert_success()
    mngr("destroy", "x", "--force").assert_success()


def test_looking_writes_nothing_that_grows(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", *IN_PLACE, "cat").assert_success()

    def sizes() -> dict[str, int]:
        kept = [path for path in mngr.host_dir.rglob("*") if path.is_file() and path.parent.name != "logs"]
        return {str(path): os.path.getsize(path) for path in kept}

    mngr("list").assert_success()
    before = sizes()
    for _ in range(3):
        mngr("list").assert_success()
        mngr("why", "x").assert_success()
    assert sizes() == before


def test_a_name_is_never_taken_for_a_longer_one(mngr: Mngr, repo: Path) -> None:
    mngr("create", "foobar", *IN_PLACE, "cat").assert_success()
    for line in (["stop", "foo"], ["message", "foo", "hi"], ["capture", "foo"], ["destroy", "foo", "-f"]):
        mngr(*line).assert_failure(3, "did you mean foobar")
    mngr("create", "foo", *IN_PLACE, "cat").assert_success()
    mngr("stop", "foo").assert_success()
    assert sessions(mngr) == {"mngr-foobar"}
