"""Agents of one host folder, seen with another prefix or another folder of sockets than they were started with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from program import Mngr, run
from sessions import alive, pid_in
from terminal import Terminal, stop_tmux

Eventually = Callable[..., object]
Open = Callable[..., Terminal]
HERE = pytest.mark.here("where sockets are, a host's own variables say")


@pytest.fixture(params=["prefix", pytest.param("sockets", marks=HERE), "link", "prefix-not-written-down"])
def other(request: pytest.FixtureRequest, mngr: Mngr, repo: Path, home: Path) -> Iterator[Mngr]:
    """Return the program as somebody runs it to whom the sessions of an agent `one` would be called otherwise."""
    other = Mngr(mngr.home, mngr.host_dir)
    other.cwd = repo
    if request.param == "sockets":
        folder = Path(os.environ["TMUX_TMPDIR"]) / "others"
        folder.mkdir(mode=0o700)
        other.env = {"TMUX_TMPDIR": str(folder)}
    elif request.param == "link":
        (home / "link").symlink_to(mngr.host_dir)
        other.env = {"MNGR_HOST_DIR": str(home / "link")}
    else:
        other.env = {"MNGR_PREFIX": "other-"}
    script = f"echo $$ >>{home}/pids; exec cat"
    mngr("create", "one", "--transfer", "none", "--", "sh", "-c", script).assert_success()
    if request.param == "prefix-not-written-down":
        (mngr.folder("one") / "tmux").unlink()  # as agents were started once
    yield other
    for socket in (Path(os.environ["TMUX_TMPDIR"]) / "others").glob("tmux-*/*"):
        stop_tmux(socket)


def test_it_is_seen_as_what_it_is(mngr: Mngr, other: Mngr, eventually: Eventually) -> None:
    eventually(lambda: mngr.agent("one")["state"] == "waiting")
    assert other.agent("one") == mngr.agent("one")
    other("why", "one").assert_success("one is waiting: waits for terminal input")


def test_start_leaves_it_alone(mngr: Mngr, other: Mngr, home: Path) -> None:
    first = pid_in(home / "pids")
    assert other("start", "one").assert_success().lines == ["one runs already"]
    assert other("start", "--all").assert_success().out == ""
    assert alive(first)
    assert (home / "pids").read_text().split() == [str(first)]


def test_it_is_spoken_to_renamed_and_shown(mngr: Mngr, other: Mngr, eventually: Eventually, terminal: Open) -> None:
    other.agents()
    other("message", "one", "hello").assert_success()
    eventually(lambda: "hello\nhello" in other("capture", "one").assert_success().out)
    other("rename", "one", "two").assert_success()
    assert mngr.agent("two")["session"] == "mngr-two"
    words = [f"{name}={text}" for name, text in other.env.items()]
    screen = terminal(["env", *words, *other.program, "connect", "two"])
    screen.wait_for("mngr-two")
    screen.press("C-b", "d")
    assert screen.wait_for_end() == 0
    assert other("gc", "--dry-run").assert_success().out == ""


def test_it_is_stopped_and_started_from_either_side(
    mngr: Mngr, other: Mngr, home: Path, eventually: Eventually
) -> None:
    first = pid_in(home / "pids")
    other("stop", "one").assert_success("stopped one")
    assert not alive(first)
    assert mngr.agent("one")["state"] == other.agent("one")["state"] == "stopped"
    assert sessions() == []
    other("start", "one").assert_success("started one")
    eventually(lambda: len((home / "pids").read_text().split()) == 2)
    second = int((home / "pids").read_text().split()[1])
    assert mngr("start", "one").assert_success().lines == ["one runs already"]
    assert mngr.agent("one")["pid"] == second
    mngr("destroy", "one", "--force").assert_success()
    assert not alive(second)
    assert sessions() == []


def test_one_that_ended_is_started_anew(mngr: Mngr, other: Mngr, home: Path, eventually: Eventually) -> None:
    os.kill(pid_in(home / "pids"), 9)
    eventually(lambda: mngr.agent("one")["state"] == other.agent("one")["state"] == "failed")
    other("start", "one").assert_success("started one")
    eventually(lambda: len((home / "pids").read_text().split()) == 2)
    eventually(lambda: mngr.agent("one")["state"] == "waiting")
    assert mngr("start", "one").assert_success().lines == ["one runs already"]
    mngr("stop", "one").assert_success("stopped one")
    assert mngr.agent("one")["state"] == other.agent("one")["state"] == "stopped"


def test_a_copy_of_the_folder_is_not_the_agent_that_lives(mngr: Mngr, repo: Path, home: Path) -> None:
    script = f"echo $$ >>{home}/pids; exec cat"
    mngr("create", "one", "--transfer", "none", "--", "sh", "-c", script).assert_success()
    first = pid_in(home / "pids")
    shutil.copytree(mngr.host_dir, home / "copy", symlinks=True)
    copy = Mngr(home, home / "copy")
    copy.cwd, copy.env = repo, {"MNGR_HOST_DIR": str(home / "copy")}
    assert copy.agent("one")["reason"] == "session lost"
    copy("start", "one").assert_success("started one")
    assert alive(first)
    assert mngr.agent("one")["pid"] == first
    assert copy.agent("one")["pid"] not in (None, first)


def sessions() -> list[str]:
    """Return the sessions on all tmux servers of the test."""
    found: list[str] = []
    for socket in Path(os.environ["TMUX_TMPDIR"]).rglob("tmux-*/*"):
        if socket.is_socket() and "test" not in socket.name:
            found += run("tmux", "-S", socket, "list-sessions", "-F", "#{session_name}").out.split()
    return found
