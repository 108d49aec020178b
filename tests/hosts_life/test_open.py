"""Ports of agents: a block of each agent's own, and the way to what an agent serves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from boxes import Boxes
from program import Mngr, Outcome
from ssh_hosts import SshHost
from terminal import Terminal
from waiting import eventually

SERVER = 'echo served >x.txt; exec busybox httpd -f -p "127.0.0.1:$((MNGR_PORT_BASE + 3))"'
Run = Callable[..., Outcome]


def _ports(run: Run, agent: str) -> int:
    line = run("exec", agent, "echo $MNGR_PORT_BASE $MNGR_PORT_COUNT").assert_success().out.split()
    assert line[1] == "16"
    return int(line[0])


@contextmanager
def _opened(mngr: Mngr, *words: str) -> Iterator[dict[str, Any]]:
    """Run `mngr open`, give what it says, and end it as Ctrl-C does."""
    process = mngr.start("open", *words, "--no-browser", "--format", "json")
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            _, err = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == 0, err


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def _is_closed(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _check_way(mngr: Mngr, run: Run, agent: str) -> None:
    """Open what an agent serves on the fourth port of its block, in all ways, from another host."""
    base = _ports(run, agent)
    eventually(lambda: run("exec", agent, "busybox wget -qO- http://127.0.0.1:$((MNGR_PORT_BASE + 3))/x.txt").out, 30)
    with _opened(mngr, agent) as row:
        assert (row["agent"], row["host_port"]) == (agent, base + 3)
        assert _get(f"{row['url']}x.txt") == "served\n"
        with _opened(mngr, agent, str(base + 3)) as other:  # at once: by another port here
            assert other["port"] != row["port"]
            assert _get(f"{other['url']}x.txt") == _get(f"{row['url']}x.txt") == "served\n"
    assert _is_closed(row["port"])
    run("exec", agent, f'echo "notes {base + 3}/x.txt" >>"$MNGR_AGENT_STATE_DIR/ports"').assert_success()
    for words in ([agent], [agent, "notes"]):
        with _opened(mngr, *words) as row:
            assert _get(row["url"]) == "served\n"
    run("open", agent, "note").assert_failure(3, "calls no port 'note'", "did you mean notes?")


def test_the_way_to_an_agent_on_an_ssh_host(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    mngr("create", "one@box1.ssh", "--no-connect", "--", "sh", "-c", SERVER).assert_success()
    _check_way(mngr, mngr, "one")


def test_the_way_into_a_container_without_a_network(boxes: Boxes) -> None:
    boxes.create("one", "box", "-b", "offline", "--", "sh", "-c", SERVER)
    _check_way(boxes.mngr, boxes, "one")


def test_a_connection_that_is_lost_is_said(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    mngr("create", "one@box1.ssh", "--no-connect", "--", "sh", "-c", SERVER).assert_success()
    process = mngr.start("open", "one", "8000", "--no-browser")
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"http://127.0.0.1:")
    assert process.stderr is not None
    assert b"nobody listens at port 8000 of box1.ssh yet" in process.stderr.readline()
    ssh_host.inside("pkill", "-KILL", "-f", "^sshd: root")
    _, err = process.communicate(timeout=40)
    assert process.returncode == 4, err
    assert b"was lost" in err


def test_an_agent_of_this_machine_needs_no_way(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--", "sh", "-c", SERVER).assert_success()
    base = _ports(mngr, "one")
    eventually(lambda: mngr("open", "one").code == 0, 30)
    done = mngr("open", "one").assert_success()
    assert done.out == f"http://127.0.0.1:{base + 3}/\n"
    assert _get(f"{done.out.strip()}x.txt") == "served\n"
    mngr("stop", "one").assert_success()
    mngr("open", "one").assert_failure(3, f"listens on its ports, {base} to {base + 15}", "mngr open one 8000")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        unserved = mngr("open", "one", str(port)).assert_success(f"http://127.0.0.1:{port}/\n")
        assert f"nobody listens at port {port} of local yet" in unserved.err
        server.listen()
        assert mngr("open", "one", str(port)).assert_success().err == ""
        assert mngr("open", "one", str(port), "--format", "json").json()["listening"] is True
    mngr("open", "one", "0").assert_failure(2, "'0' is no port")
    mngr("open", "one", "70000").assert_failure(2, "'70000' is no port")


def test_what_an_agent_calls_its_ports_is_only_a_port_and_a_path(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--", "cat").assert_success()
    text = "evil 80@example.com/x\nWEB 81\nok 8000/a?b=c#d\nspaced 8000/a b\nlarge 99999\n; 82\n"
    mngr("exec", "one", 'cat >"$MNGR_AGENT_STATE_DIR/ports"', input=text).assert_success()
    assert mngr("open", "one").assert_success().out == "http://127.0.0.1:8000/a?b=c#d\n"
    for name in ("evil", "WEB", "spaced", ";"):
        mngr("open", "one", name).assert_failure(3, "calls no port")
    mngr("open", "one", "large").assert_failure(2, "no port")


def test_the_browser_is_the_users_own(mngr: Mngr, repo: Path, home: Path, terminal: Callable[..., Terminal]) -> None:
    mngr("create", "one", "--", "cat").assert_success()
    browser = home / "my browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{home}/seen"\n')
    browser.chmod(0o755)
    os.environ["BROWSER"] = f"nosuchbrowser:'{browser}' --new %s"
    screen = terminal([*mngr.program, "open", "one", "8000"], cwd=repo)
    assert screen.wait_for_end() == 0
    seen = home / "seen"
    eventually(lambda: seen.exists() and seen.read_text() == "--new\nhttp://127.0.0.1:8000/\n")
    seen.unlink()
    mngr("open", "one", "8000").assert_success()  # no terminal: nobody is there to look
    mngr("open", "one", "8000", "--browser").assert_success()
    eventually(lambda: seen.exists())


def test_blocks_of_ports_are_of_one_agent_each_and_stay(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    many = [mngr.start("create", f"a{number}", "--no-connect", "--", "cat") for number in range(6)]
    for each in many:
        each.communicate(timeout=50)
    bases = {f"a{number}": _ports(mngr, f"a{number}") for number in range(6)}
    assert len(set(bases.values())) == 6
    assert all(base % 16 == 0 and 16384 <= base < 32768 for base in bases.values())
    mngr("clone", "a0", "copy").assert_success()
    assert _ports(mngr, "copy") not in bases.values()
    mngr("stop", "a0").assert_success()
    mngr("destroy", "a1").assert_success()
    mngr("start", "a0").assert_success()
    mngr("restore", "a1", "--start").assert_success()
    assert {name: _ports(mngr, name) for name in ("a0", "a1")} == {name: bases[name] for name in ("a0", "a1")}
    mngr("create", "x", "--env", "MNGR_PORT_BASE=1", "--", "cat").assert_failure(2, "set by mngr itself")


def test_a_block_is_chosen_by_what_is_free(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    id = f"agent-{'0' * 32}"
    with socket.socket() as busy:
        try:
            busy.bind(("127.0.0.1", 16384 + 5))
        except OSError:
            pytest.skip("another program of this machine has that port")
        busy.listen()
        mngr("create", "one", "--id", id, "--", "cat").assert_success()
        first = _ports(mngr, "one")
        assert first > 16384
    left = host_dir / "ports" / "16384"
    left.write_text(f"agent-{'f' * 32}\n")  # of an agent that has gone
    mngr("create", "two", "--id", f"agent-0000{'1' * 28}", "--", "cat").assert_success()
    assert _ports(mngr, "two") == 16384
    assert left.read_text() == f"agent-0000{'1' * 28}\n"
    mngr("create", "three", "--id", f"agent-0000{'2' * 28}", "--", "cat").assert_success()
    assert _ports(mngr, "three") not in (16384, first)


def test_what_was_never_finished_has_no_ports(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    mngr("create", "one", "--extra-provision-command", "false", "--", "cat").assert_failure(1)
    mngr("create", "one", "--branch", "nosuch:x", "--", "cat").assert_failure(2)
    assert [each.name for each in (host_dir / "ports").iterdir() if each.name[0] != "."] == []
