"""A host that is reached over another one (`ProxyJump`): a life there, and what is said when the way is no more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program import Mngr
from reach import reached
from ssh_hosts import FAR, SshHost, change_host_key, refuse_key
from waiting import eventually, within

Hosts = Callable[..., list[SshHost]]
LOST_SECONDS = 25  # until a connection notices that nobody answers


@pytest.fixture
def way(ssh_hosts: Hosts) -> tuple[SshHost, SshHost]:
    """Return a host, and another that is reached over that alone."""
    jump, box = ssh_hosts(2)
    box.hide_behind(jump)
    return jump, box


def test_a_life_behind_another_host(way: tuple[SshHost, SshHost], mngr: Mngr, repo: Path) -> None:
    jump, box = way
    (repo / "dirty").write_text("not committed\n")
    mngr("create", "a@box2.ssh", "command", "--no-connect", "-m", "hello", "--", "cat").assert_success()
    assert mngr("exec", "a", "hostname; cat dirty").lines == ["box2", "not committed"]
    eventually(lambda: "hello" in mngr("capture", "a").out)
    row = mngr.agent("a")
    assert (row["host"]["name"], row["state"]) == ("box2", "waiting")
    assert [each.name for each in (jump.home, box.home) if (each / ".mngr").exists()] == [box.home.name]
    assert not (jump.home / ".mngr").exists()  # the way there is nothing but a way
    mngr("clone", "a", "b@box1.ssh", "--no-connect").assert_success()
    assert mngr("exec", "b", "hostname; cat dirty").lines == ["box1", "not committed"]
    mngr("destroy", "a", "b", "--force").assert_success()
    assert mngr.agents() == {}


@pytest.mark.slow
def test_the_way_is_cut(way: tuple[SshHost, SshHost], mngr: Mngr, repo: Path) -> None:
    jump, _ = way
    mngr("create", "a@box2.ssh", "command", "--no-connect", "--", "cat").assert_success()
    run = mngr.start("exec", "a", "echo begun; until [ -e ~/go ]; do sleep 0.1; done; echo >>~/ran")
    assert run.stdout
    assert run.stdout.readline() == b"begun\n"
    jump.cut()
    with within(LOST_SECONDS):
        _, said = run.communicate(timeout=100)
    assert (run.returncode, b"connection to box2.ssh was lost" in said) == (4, True), said
    with within(10):
        mngr("exec", "a@box2.ssh", "true").assert_failure(4, "box2.ssh does not answer", "ssh box2 true")
    jump.restore()
    mngr("exec", "a@box2.ssh", "touch ~/go").assert_success()
    eventually(lambda: mngr("exec", "a", "cat ~/ran").out == "\n")  # what was under way goes on
    assert mngr.agent("a")["state"] == "waiting"


@pytest.mark.slow
def test_what_is_wrong_with_the_way_is_said(way: tuple[SshHost, SshHost], mngr: Mngr) -> None:
    jump, box = way
    command = ("exec", "a@box2.ssh", "--", "true")
    transport: Any = reached("box2").transport

    def refused(*fragments: str) -> None:
        transport.close()
        mngr(*command).assert_failure(4, *fragments)

    mngr(*command).assert_failure(3, "no agent")
    box.stop()
    refused("box2.ssh cannot be reached from the host on the way to it", "is its sshd running?")
    box.start().wait_until_up()
    jump.stop()
    refused("box2.ssh cannot be reached: a host on the way to it refuses connections")
    jump.start().wait_until_up()
    for host, who in ((jump, "box2.ssh cannot be reached: a host on the way to it"), (box, "box2.ssh")):
        refuse_key(host)
        refused(f"{who} does not let you in", "ssh box2 true")
        shutil.copy(host.client / "id_ed25519.pub", host.home / ".ssh" / "authorized_keys")
    mngr(*command).assert_failure(3, "no agent")
    change_host_key(box)
    refused("box2.ssh has another host key than the one that is known", f'-R "{FAR}"')
    change_host_key(jump)
    refused("a host on the way to it has another host key than the one that is known", f'-R "{jump.address}"')
