"""`mngr connect`, from every place where one can be."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr, run
from terminal import Terminal

Eventually = Callable[..., object]
Open = Callable[..., Terminal]


@pytest.fixture
def one(mngr: Mngr, repo: Path) -> Mngr:
    """Return the program with an agent `one` that repeats what is typed."""
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    return mngr


def socket_of(mngr: Mngr) -> str:
    sockets = [path.name for path in Path(os.environ["TMUX_TMPDIR"]).glob("tmux-*/*")]
    return next(name for name in sockets if not name.startswith("mngr-test"))


def clients(mngr: Mngr) -> list[str]:
    shown = run("tmux", "-L", socket_of(mngr), "list-clients", "-F", "#{client_session}")
    return shown.out.split()


def test_from_a_terminal(one: Mngr, terminal: Open) -> None:
    screen = terminal([*one.program, "connect", "one"])
    screen.wait_for("mngr-one")
    screen.enter("typed by hand")
    screen.wait_for("^typed by hand\ntyped by hand")
    screen.press("C-b", "d")
    assert screen.wait_for_end() == 0
    assert one.agent("one")["state"] == "waiting"


def test_create_connects_on_a_terminal(mngr: Mngr, repo: Path, terminal: Open) -> None:
    screen = terminal([*mngr.program, "create", "one", "--", "cat"], cwd=repo)
    screen.wait_for("mngr-one")
    screen.enter("hello")
    screen.wait_for("^hello\nhello")
    screen.press("C-b", "d")
    assert screen.wait_for_end() == 0


def test_create_tells_its_steps_on_a_terminal(mngr: Mngr, repo: Path, terminal: Open) -> None:
    words = [*mngr.program, "create", "one", "--no-connect", "--extra-provision-command", "true", "--", "cat"]
    screen = terminal(["sh", "-c", f"{shlex.join(words)}; read -r line"], cwd=repo, columns=80)
    shown = screen.wait_for("see it: mngr connect one")
    for step in ("worktree", "provision: true", "session"):
        assert step in shown
    assert "created one (command)" in shown


def test_inside_another_tmux(one: Mngr, terminal: Open, home: Path) -> None:
    words = [
        "tmux",
        "-L",
        "mngr-test-outer",
        "-f",
        "/dev/null",
        "new-session",
        shlex.join([*one.program, "connect", "one"]),
    ]
    screen = terminal(["env", "-u", "TMUX", *words])
    try:
        screen.wait_for("mngr-one")
        screen.enter("nested")
        screen.wait_for("^nested\nnested")
    finally:
        run("tmux", "-L", "mngr-test-outer", "kill-server")


def test_inside_its_own_tmux_the_view_switches(one: Mngr, terminal: Open, eventually: Eventually) -> None:
    one("create", "two", "shell", "--transfer", "none").assert_success()
    screen = terminal([*one.program, "connect", "two"])
    screen.wait_for("mngr-two")
    screen.enter(shlex.join([*one.program, "connect", "one"]))
    screen.wait_for("mngr-one")
    assert clients(one) == ["mngr-one"]
    screen.press("C-b", "d")
    assert screen.wait_for_end() == 0


def test_a_command_in_its_place(one: Mngr, home: Path) -> None:
    shell = 'echo "$MNGR_AGENT_NAME $MNGR_SESSION_NAME $MNGR_HOST_NAME"; tmux -L "$MNGR_TMUX_SOCKET" ls -F "#S"; exit 4'
    done = one("connect", "one", "--connect-command", shell)
    assert (done.code, done.lines) == (4, ["one mngr-one local", "mngr-one"])
    done = one("create", "two", "--connect", "--connect-command", "echo $MNGR_AGENT_NAME", "--", "cat")
    assert done.assert_success().lines[-1] == "two"
    one("config", "set", "commands.connect.connect_command", "echo configured").assert_success()
    assert one("connect", "one").assert_success().out == "configured\n"


def test_without_a_terminal_it_says_what_to_do(one: Mngr) -> None:
    one("connect", "one").assert_failure(2, "terminal", "mngr-one", "mngr capture one")
    one("connect").assert_failure(2, "hint: ")
    one("connect", "nosuch").assert_failure(3, "nosuch", "hint: ")
    done = one("create", "two", "--connect", "--", "cat")
    done.assert_failure(2, "terminal")


def test_an_agent_without_a_session(one: Mngr, terminal: Open) -> None:
    one("stop", "one").assert_success()
    words = shlex.join([*one.program, "connect", "one"])
    screen = terminal(["sh", "-c", f"{words}; echo code $?; read -r line"])
    assert "hint: mngr start one" in screen.wait_for("^code 1")
    again = terminal([*one.program, "connect", "one", "--start"])
    again.wait_for("mngr-one")
    again.enter("again")
    again.wait_for("^again\nagain")


def test_picking_from_a_list(one: Mngr, terminal: Open) -> None:
    one("create", "two", "--transfer", "none", "--", "cat").assert_success()
    screen = terminal([*one.program, "connect"])
    screen.wait_for("2 +two")
    screen.enter("2")
    screen.wait_for("mngr-two")
    assert clients(one) == ["mngr-two"]
