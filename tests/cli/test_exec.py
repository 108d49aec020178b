"""`mngr exec`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr
from sessions import alive, pid_in
from terminal import Terminal

Eventually = Callable[..., object]


@pytest.fixture
def one(mngr: Mngr, repo: Path) -> Mngr:
    """Return the program with an agent `one` in the repository itself."""
    mngr("create", "one", "--transfer", "none", "--env", "X=it's", "--", "cat").assert_success()
    return mngr


def test_it_runs_in_the_workspace_with_the_agent_s_environment(one: Mngr, repo: Path, home: Path) -> None:
    done = one("exec", "one", 'pwd; echo "$X" "$MNGR_AGENT_NAME"; echo "err" >&2; exit 3', cwd=home)
    assert (done.code, done.lines, done.err) == (3, [str(repo), "it's one"], "err\n")
    assert one("exec", "one", "--cwd", "src", "pwd").out == f"{repo}/src\n"
    assert one("exec", "one", "--cwd", str(home), "pwd").out == f"{home}\n"
    one("exec", "one", "--cwd", "nowhere", "pwd").assert_failure(1, "nowhere")


def test_words_after_two_dashes_are_exact(one: Mngr) -> None:
    words = ["printf", "%s\\n", "a b", "$HOME", "*", "'", "-x", "", "--", "\n"]
    assert one("exec", "one", "--", *words).assert_success().out == "a b\n$HOME\n*\n'\n-x\n\n--\n\n\n"


def test_bytes_pass_unaltered(one: Mngr) -> None:
    every = bytes(range(256)) * 300
    assert one("exec", "one", "cat", input=every).assert_success().stdout == every
    assert one("exec", "one", "cat >&2", input=every).assert_success().stderr == every
    assert one("exec", "one", b"printf %s '\xff\xfe'").assert_success().stdout == b"\xff\xfe"


def test_output_is_streamed(one: Mngr, home: Path) -> None:
    process = one.start("exec", "one", "echo first; read line; echo got $line")
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == b"first\n"
    out, _ = process.communicate(b"second\n", 20)
    assert (out, process.returncode) == (b"got second\n", 0)


def test_a_signal_is_told_as_a_shell_does(one: Mngr) -> None:
    assert one("exec", "one", "kill -9 $$").code == 137


def test_a_timeout_ends_everything(one: Mngr, home: Path, eventually: Eventually) -> None:
    began = time.monotonic()
    done = one("exec", "one", "--timeout", "1s", f"sleep 600 & echo $! >{home}/pid; wait")
    done.assert_failure(124, "longer than 1s", "'one'", "hint: ")
    assert time.monotonic() - began < 10
    eventually(lambda: not alive(pid_in(home / "pid")))
    assert one("exec", "one", "--timeout", "30s", "exit 4").code == 4
    done = one("exec", "one", "--timeout", "1s", "--format", "json", "sleep 600")
    assert done.code == 124


def test_an_interrupt_is_the_command_s_own(one: Mngr, home: Path, eventually: Eventually) -> None:
    process = one.start(
        "exec", "one", f"trap 'echo caught; exit 5' INT; echo $$ >{home}/pid; sleep 600 >/dev/null 2>&1 & wait"
    )
    pid_in(home / "pid")
    os.killpg(process.pid, 2)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (5, b"caught\n", b"")


def test_several(one: Mngr, repo: Path) -> None:
    one("create", "two", "--", "cat").assert_success()
    done = one("exec", "one", "two", "echo $MNGR_AGENT_NAME; [ $MNGR_AGENT_NAME = one ]")
    assert done.code == 1
    assert done.lines == ["==> one <==", "one", "==> two (exit 1) <==", "two"]
    done = one("exec", "--all", "--format", "json", "echo $MNGR_AGENT_NAME; echo e >&2; exit 2")
    assert done.code == 1


def test_the_fields(one: Mngr) -> None:
    done = one("exec", "one", "--format", "json", "echo out; echo err >&2")
    (row,) = done.json()
    assert list(row) == ["agent", "exit_code", "stdout", "stderr", "duration_seconds"]
    assert (row["agent"], row["exit_code"], row["stdout"], row["stderr"]) == ("one", 0, "out\n", "err\n")
    assert 0 <= row["duration_seconds"] < 20
    assert one("exec", "one", "--format", "jsonl", "exit 3").code == 3


def test_it_works_whether_the_program_runs_or_not(one: Mngr) -> None:
    one("stop", "one").assert_success()
    assert one("exec", "one", "echo here").assert_success().out == "here\n"
    assert one.agent("one")["state"] == "stopped"
    assert one("exec", "one", "--start", "echo here").assert_success().out == "here\n"
    assert one.agent("one")["state"] in ("waiting", "running")


def test_errors(one: Mngr, repo: Path) -> None:
    one("exec", "one").assert_failure(2, "exec needs", "hint: ")
    one("exec", "one", " ").assert_failure(2, "empty", "hint: ")
    one("exec", "nosuch", "true").assert_failure(3, "nosuch", "hint: ")
    one("exec", "one", "--timeout", "soon", "true").assert_failure(2, "soon", "hint: ")
    one("exec", "one", "--tty", "true").assert_failure(2, "--tty", "hint: ")
    done = one("exec", "one", "nosuch", "--", "echo", "here")
    assert (done.code, "here" in done.out) == (3, True)


def test_a_command_that_was_not_quoted_is_not_run(one: Mngr, repo: Path) -> None:
    done = one("exec", "one", "touch", "file")
    done.assert_failure(3, "'touch'", "hint: quote the command: mngr exec one 'touch file'", "mngr exec one -- touch")
    assert not (repo / "file").exists()
    one("exec", "one", "ls", "-la").assert_failure(2, "'-la'", "hint: quote the command", "mngr exec NAME -- ")
    one("exec", "onee", "git", "status").assert_failure(3, "'onee'", "did you mean one?")
    one("exec", "--all", "git", "status").assert_failure(3, "'git'", "'git status'")


def test_a_terminal(one: Mngr, terminal: Callable[..., Terminal]) -> None:
    screen = terminal([*one.program, "exec", "one", "--tty", "test -t 0 && test -t 1 && echo yes; exec sh -i"])
    screen.wait_for("^yes")
    screen.wait_for(r"[#$] *$")
    screen.press("C-c")  # is for the shell, not for mngr
    screen.wait_for(r"\^C\s+[#$] *$")  # a terminal forgets what was typed before the shell came back
    screen.enter("echo still $((40 + 2))")
    screen.wait_for("^still 42")
    screen.enter("exit 6")
    assert screen.wait_for_end() == 6
