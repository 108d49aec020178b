"""Each agent that runs the real Codex is a process of its own: no daemon of Codex's serves several, or outlives one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from codex_agents import NEEDS_CODEX, Codex, codex_in
from program import Mngr
from waiting import eventually

pytestmark = [pytest.mark.slow, NEEDS_CODEX]


@pytest.fixture
def codex(mngr: Mngr, repo: Path) -> Iterator[Codex]:
    with codex_in(mngr, repo) as it:
        config = mngr.home / ".codex" / "config.toml"
        config.write_text(config.read_text().replace("[features]\ndaemon_auto_start = false\n", ""))
        assert "daemon" not in config.read_text()  # as it is for users: Codex itself would start one
        yield it


def processes(codex: Codex, name: str) -> list[int]:
    """Return the processes that have the agent's own environment."""
    mark = f"MNGR_AGENT_ID={codex.mngr.agent(name)['id']}".encode()
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def ask(codex: Codex, name: str) -> str:
    """Return what a command of the agent's says of its environment."""
    codex.say("run: echo it is $WHO\nsay told", name)
    eventually(lambda: codex.said(name)[-1:] == ["told"], 30)
    return next(entry.text for entry in codex.entries(name) if entry.role == "tool_result")


@pytest.mark.here("the sandbox of Codex does not start in a container", "docker")
def test_agents_have_nothing_in_common(codex: Codex, tmp_path: Path) -> None:
    codex.create("a", "--env", "WHO=the-first")
    codex.create("b", "--env", "WHO=the-second")
    assert "it is the-first" in ask(codex, "a")
    assert "it is the-second" in ask(codex, "b")
    for name in ("a", "b"):
        codex.wait(name, "waiting")
        pid = codex.mngr.agent(name)["pid"]
        assert Path(f"/proc/{pid}/comm").read_text() == "codex\n"
        assert "--no-daemon" in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        eventually(lambda name=name, pid=pid: processes(codex, name) == [pid])
        assert not (codex.mngr.folder(name) / "codex" / "packages").exists()
    assert not (codex.mngr.home / ".codex" / "packages").exists()


def test_nothing_outlives_the_program(codex: Codex) -> None:
    codex.create()
    codex.say("hang")
    codex.wait("a", "running")
    asked = len(codex.model.requests)
    os.kill(codex.mngr.agent("a")["pid"], signal.SIGKILL)
    codex.wait("a", "failed")
    eventually(lambda: processes(codex, "a") == [])
    assert len(codex.model.requests) == asked
