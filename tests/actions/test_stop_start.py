"""`mngr stop` and `mngr start`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from program import Mngr, run
from sessions import alive, pid_in

Eventually = Callable[..., object]
GONE = ("stopped",)


def make(mngr: Mngr, name: str, shell: str) -> None:
    mngr("create", name, "--transfer", "none", "--", "sh", "-c", shell).assert_success()


def socket() -> Path:
    """Return that of mngr's tmux server."""
    sockets = Path(os.environ["TMUX_TMPDIR"]).glob("tmux-*/mngr-*")
    return next(path for path in sockets if "test" not in path.name)


def kill_server() -> None:
    """End mngr's tmux server as a reboot would: at once, with all in it."""
    server = run("tmux", "-S", socket(), "display-message", "-p", "#{pid}").assert_success().out.strip()
    panes = run("tmux", "-S", socket(), "list-panes", "-a", "-F", "#{pane_pid}").out.split()
    os.kill(int(server), signal.SIGKILL)
    for pid in panes:
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            continue


def test_the_whole_tree_ends_and_nothing_else(mngr: Mngr, repo: Path, home: Path) -> None:
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        make(
            mngr,
            "one",
            f"sleep 600 & echo $! >{home}/child; setsid sleep 600 & echo $! >{home}/away;"
            f" (trap '' TERM HUP; echo >{home}/stubborn; exec sleep 600) & echo $! >{home}/deaf;"
            f" (setsid sh -c 'sleep 600 & echo $! >{home}/orphan' &); exec sleep 600",
        )
        make(mngr, "other", "exec cat")
        pids = [pid_in(home / name) for name in ("child", "away", "deaf", "orphan")]
        own = mngr.agent("one")["pid"]
        other = mngr.agent("other")["pid"]
        mngr("stop", "one", "--grace", "1s").assert_success("stopped one")
        assert [pid for pid in (*pids, own) if alive(pid)] == []
        assert alive(other)
        assert alive(bystander.pid)
    finally:
        bystander.kill()
        bystander.wait()


def test_a_program_has_its_grace(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    make(mngr, "one", f"trap 'echo bye >{home}/bye; exit' TERM; echo >{home}/ready; while :; do sleep 0.1; done")
    eventually((home / "ready").exists)
    began = time.monotonic()
    mngr("stop", "one", "--grace", "30s").assert_success()
    assert time.monotonic() - began < 15
    assert (home / "bye").read_text() == "bye\n"
    assert mngr.agent("one")["state"] == "stopped"


def test_stop_again_and_by_state(mngr: Mngr, repo: Path) -> None:
    make(mngr, "one", "exec cat")
    mngr("stop", "one", "--dry-run").assert_success("would stop one")
    assert mngr.agent("one")["state"] != "stopped"
    mngr("stop", "one").assert_success("stopped one")
    mngr("stop", "one").assert_success("one was not running")
    mngr("stop", "--all").assert_success()
    row = mngr("stop", "one", "--format", "json").json()
    assert row == [{"agent": "one", "result": "not running"}]


def test_start_brings_it_back_in_its_workspace(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    mngr("create", "one", "--env", "X=y", "--", "sh", "-c", f"echo $X $PWD >>{home}/log; exec cat").assert_success()
    folder = mngr.agent("one")["work_dir"]
    mngr("start", "one").assert_success("one runs already")
    mngr("stop", "one").assert_success()
    mngr("start", "one", "--dry-run").assert_success("would start one")
    mngr("start", "one").assert_success("started one")
    eventually(lambda: (home / "log").read_text() == f"y {folder}\n" * 2)
    assert mngr("start", "one", "--format", "json").json() == [{"agent": "one", "result": "running"}]


def test_start_of_one_that_has_ended_runs_it_anew(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    make(mngr, "one", f"echo run >>{home}/log; read -r line; exit 3")
    for runs in (1, 2):
        eventually(lambda: mngr.agent("one")["state"] == "waiting")
        mngr("message", "one", "end").assert_success()
        eventually(lambda: mngr.agent("one")["state"] == "failed")
        assert mngr.agent("one")["exit_code"] == 3
        assert (home / "log").read_text() == "run\n" * runs
        mngr("start", "one").assert_success("started one")


def test_last_words_are_kept_and_nothing_reads_along_after_them(
    mngr: Mngr, repo: Path, home: Path, eventually: Eventually
) -> None:
    make(mngr, "one", f"until [ -e {home}/go ]; do sleep 0.02; done; sleep 600 & echo last words; exit 3")
    server = int(run("tmux", "-S", socket(), "display-message", "-p", "#{pid}").assert_success().out)
    (state,) = (home / ".mngr/agents").iterdir()
    reader = pid_in(state / "reader")
    pid = mngr.agent("one")["pid"]
    os.kill(server, signal.SIGSTOP)  # as where the machine is so busy that tmux comes to it only after the end
    try:
        (home / "go").touch()
        eventually(lambda: not alive(pid))
    finally:
        os.kill(server, signal.SIGCONT)
    eventually(lambda: mngr.agent("one")["state"] == "failed")
    assert "last words" in mngr("capture", "one").assert_success().out
    eventually(lambda: not alive(reader))
    eventually(lambda: not (state / "reader").exists())


def test_start_after_a_stop_that_was_killed_before_it_ended_the_session(
    mngr: Mngr, repo: Path, eventually: Eventually
) -> None:
    make(mngr, "one", "exec cat")
    folder, pid = mngr.folder("one"), mngr.agent("one")["pid"]
    (folder / "wanted").unlink()
    (folder / "stopped").write_text(f"{int(time.time())}\n")
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: mngr.agent("one")["reason"] == "being stopped")
    mngr("start", "one").assert_success("started one")
    eventually(lambda: mngr.agent("one")["state"] == "waiting")


def test_all_after_a_reboot(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    for name in ("ran", "ran-too", "was-stopped"):
        make(mngr, name, "exec cat")
    make(mngr, "ended", "exit 0")
    mngr("stop", "was-stopped").assert_success()
    eventually(lambda: mngr.agent("ended")["state"] == "done")
    kill_server()
    states = {name: row["state"] for name, row in mngr.agents().items()}
    assert states == {"ran": "stopped", "ran-too": "stopped", "was-stopped": "stopped", "ended": "done"}
    assert mngr.agent("ran")["reason"] == "session lost"
    assert sorted(mngr("start", "--all").assert_success().lines) == ["started ran", "started ran-too"]
    eventually(lambda: mngr.agent("ran")["state"] == mngr.agent("ran-too")["state"] == "waiting")
    assert mngr.agent("was-stopped")["state"] == "stopped"
    assert mngr.agent("ended")["state"] == "done"
    mngr("start", "--all").assert_success()


def test_what_outlived_its_terminal_ends_before_the_program_starts_anew(
    mngr: Mngr, repo: Path, home: Path, eventually: Eventually
) -> None:
    make(mngr, "one", f"trap '' HUP; echo $$ >>{home}/pids; while :; do sleep 1; done")
    make(mngr, "other", "exec cat")
    first = pid_in(home / "pids")
    run("tmux", "-S", socket(), "kill-session", "-t", "=mngr-one:").assert_success()
    eventually(lambda: mngr.agent("one")["state"] in GONE)
    assert alive(first)
    assert mngr("start", "one").assert_success().lines == ["started one"]
    assert not alive(first)
    eventually(lambda: len((home / "pids").read_text().split()) == 2)
    assert mngr("start", "one").assert_success().lines == ["one runs already"]
    assert alive(int((home / "pids").read_text().split()[1]))
    assert mngr.agent("other")["state"] != "stopped"


def test_start_of_what_cannot_be_started(mngr: Mngr, repo: Path, home: Path) -> None:
    program = home / "tool"
    program.write_text("#!/bin/sh\nexec cat\n")
    program.chmod(0o755)
    mngr("create", "one", "--", str(program)).assert_success()
    mngr("stop", "one").assert_success()
    program.unlink()
    mngr("start", "one").assert_failure(1, "'one'", "127", "hint: ")
    assert mngr.agent("one")["state"] == "failed"


def test_a_workspace_that_is_gone(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--", "cat").assert_success()
    mngr("stop", "one").assert_success()
    run("rm", "-rf", mngr.agent("one")["work_dir"])
    assert "workspace missing" in mngr.agent("one")["reason"]
    mngr("start", "one").assert_failure(1, "workspace is gone", "hint: ")
    mngr("exec", "one", "true").assert_failure(66, "workspace is gone", "hint: mngr destroy one")


def test_several_with_one_unknown(mngr: Mngr, repo: Path) -> None:
    make(mngr, "one", "exec cat")
    for command, word in (("stop", "stopped one"), ("start", "started one")):
        done = mngr(command, "one", "nosuch")
        done.assert_failure(3, "nosuch", "hint: ")
        assert done.out == f"{word}\n"
        mngr(command).assert_failure(2, "no agent was named", "hint: ")
