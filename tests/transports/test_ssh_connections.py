"""The one connection that all commands on an SSH host share."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from program import Mngr
from reach import connections, masters, reached, socket_of
from ssh_hosts import SshHost
from waiting import eventually

from mngr.model.errors import UsageError
from mngr.transports.mux import LinkLost
from mngr.transports.ssh import CONNECTIONS

Hosts = Callable[..., list[SshHost]]


def test_many_first_commands_make_one_connection(ssh_hosts: Hosts, mngr: Mngr) -> None:
    (box,) = ssh_hosts(sshd=("MaxSessions 200",))
    runs = [mngr.start("doctor", "@box1.ssh") for _ in range(4)]
    host = reached(box)
    with ThreadPoolExecutor(50) as pool:
        said = list(pool.map(lambda number: host.run(["echo", str(number)]).text, range(50)))
    assert said == [f"{number}\n" for number in range(50)]
    for run in runs:
        run.communicate(timeout=50)
    assert connections(box) == 1


def test_a_hundred_commands_at_once(ssh_hosts: Hosts) -> None:
    (box,) = ssh_hosts(sshd=("MaxSessions 200",))
    host = reached(box)
    with ThreadPoolExecutor(100) as pool:
        said = list(pool.map(lambda number: host.run(["sh", "-c", f"cat; echo {number} >&2"], b"x" * 9999), range(100)))
    assert all(each.out == b"x" * 9999 and each.err == f"{n}\n".encode() for n, each in enumerate(said))
    assert connections(box) == 1


@pytest.mark.parametrize(("most", "made"), [(1, 3), (2, 2)])
def test_a_host_that_allows_few_sessions_in_a_connection(ssh_hosts: Hosts, most: int, made: int) -> None:
    (box,) = ssh_hosts(sshd=(f"MaxSessions {most}",))
    host = reached(box)
    with host.spawn(["cat"]) as first, host.spawn(["cat"]) as second, host.spawn(["sh", "-c", "cat; exit 3"]) as third:
        for number, each in enumerate((first, second, third)):
            each.write(f"{number}\n".encode())
            assert each.read_line(20) == f"{number}\n".encode()
        done = third.result(b"more", check=False)
        assert (done.out, done.code) == (b"more", 3)
        assert host.run(["sh", "-c", "exit 4"], check=False).code == 4
    assert made <= connections(box) <= CONNECTIONS  # a session's end reaches the host a little later


def test_more_commands_than_a_host_takes_wait_their_turn(ssh_hosts: Hosts) -> None:
    (box,) = ssh_hosts(sshd=("MaxSessions 1",))
    host = reached(box)
    with ThreadPoolExecutor(24) as pool:
        said = list(pool.map(lambda number: host.run(["echo", str(number)]).text, range(48)))
    assert said == [f"{number}\n" for number in range(48)]
    assert 1 < connections(box) <= CONNECTIONS


def test_a_connection_that_was_killed_is_made_anew(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    host.run(["true"])
    (master,) = masters(host)
    with host.spawn(["cat"]) as under_way:
        os.kill(master, signal.SIGKILL)
        with pytest.raises(LinkLost):
            under_way.result(b"text")
    assert socket_of(host).exists()
    assert host.run(["echo", "again"]).text == "again\n"
    assert masters(host) != [master]
    assert connections(ssh_host) == 2


@pytest.mark.slow
def test_a_connection_that_hangs_is_made_anew(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    host.run(["true"])
    (master,) = masters(host)
    os.kill(master, signal.SIGSTOP)
    assert host.run(["echo", "again"]).text == "again\n"
    assert masters(host) != [master]


def test_a_socket_that_is_none_is_replaced(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    socket_of(host).write_text("nonsense")
    assert host.run(["echo", "well"]).text == "well\n"


def test_sockets_are_the_user_s_alone(ssh_host: SshHost, mngr: Mngr, tmp_path: Path) -> None:
    host = reached(ssh_host)
    host.run(["true"])
    folder = socket_of(host).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    folder.chmod(0o755)
    with pytest.raises(UsageError, match="yours alone"):
        reached(ssh_host)
    mngr("exec", "x@box1.ssh", "--", "true").assert_failure(2, "chmod 700")
    folder.chmod(0o700)
    os.chown(folder, 12345, -1)
    with pytest.raises(UsageError, match="yours alone"):
        reached(ssh_host)
    os.chown(folder, 0, -1)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="yours alone"):
        reached(ssh_host)


def test_a_rebooted_host_is_reached_again(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    host.run(["true"])
    ssh_host.reboot()
    assert host.run(["echo", "again"]).text == "again\n"


def test_a_connection_is_closed_when_it_is_told_to(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    host.run(["true"])
    transport: Any = host.transport
    transport.close()
    eventually(lambda: not masters(host))
    assert host.run(["echo", "again"]).text == "again\n"
