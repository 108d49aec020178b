"""Engines of containers that are down: what they cost those who want nothing of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Mngr
from ssh_hosts import SshHost


@pytest.fixture
def one(mngr: Mngr, repo: Path, host_dir: Path) -> Mngr:
    """Return the program with an agent `one` here, by somebody who has used containers before."""
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    (host_dir / "containers" / "docker").mkdir(parents=True)
    return mngr


@pytest.fixture
def silent_engine() -> Iterator[str]:
    """Return the address of an engine that is connected to, and says nothing."""
    path = Path(os.environ["XDG_RUNTIME_DIR"]) / "silent"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
        engine.bind(str(path))
        engine.listen(100)
        yield f"unix://{path}"


def runs_of_docker(said: str) -> list[str]:
    return [line for line in said.splitlines() if "docker ps" in line]


def test_one_that_nobody_listens_at_is_not_asked(one: Mngr, tmp_path: Path) -> None:
    one.env["DOCKER_HOST"] = f"unix://{tmp_path}/nobody"
    done = one("list", "-v").assert_success("one")
    assert "the container engine of 'docker' does not answer" in done.err
    assert runs_of_docker(done.err) == []
    one("exec", "two", "true").assert_failure(4, "does not answer")


def test_one_that_says_nothing_is_known_to_be_silent(one: Mngr, silent_engine: str) -> None:
    one.env["DOCKER_HOST"] = silent_engine
    first = one("list", "-v").assert_success("one")
    assert "did not answer within 5 s" in first.err
    assert len(runs_of_docker(first.err)) == 1
    second = one("list", "-v").assert_success("one")
    assert "did not answer within 2 s" in second.err
    assert len(runs_of_docker(second.err)) == 1


@pytest.mark.parametrize("command", ["exec one true", "capture one", "message one hi", "stop one", "start one@local"])
def test_an_agent_here_waits_for_none(one: Mngr, silent_engine: str, command: str) -> None:
    one.env["DOCKER_HOST"] = silent_engine
    assert runs_of_docker(one(*command.split(), "-v").assert_success().err) == []


def test_a_name_that_is_made_elsewhere_too_is_not_certain_any_more(mngr: Mngr, repo: Path, ssh_host: SshHost) -> None:
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    where = f"@{ssh_host.name}.ssh"
    mngr("create", f"one{where}", "--transfer", "none", "--", "cat").assert_success()
    mngr("exec", "one", "true").assert_failure(2, "several agents: one@local", f"one{where}")
    mngr("list").assert_success()
    mngr("exec", "one", "true").assert_failure(2, "several agents: one@local", f"one{where}")
    mngr("rename", f"one{where}", "two").assert_success()
    mngr("exec", "one", "true").assert_success()
    mngr("create", "two", "--transfer", "none", "--", "cat").assert_success()
    mngr("exec", "two", "true").assert_failure(2, "several agents: two@local", f"two{where}")
