"""Links to SSH hosts that break: every wait ends, the words are true, nothing runs that was given up or runs twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from program import Mngr
from reach import connections, masters, reached, socket_of
from ssh_hosts import SshHost, change_host_key, refuse_key
from waiting import eventually, within

from mngr.model.errors import TimedOutError, UnreachableError
from mngr.transports.mux import LinkLost

Hosts = Callable[..., list[SshHost]]


@pytest.mark.parametrize(("ail", "cure"), [("cut", "restore"), ("freeze", "thaw")])
def test_what_was_given_up_never_runs(ssh_host: SshHost, ail: str, cure: str) -> None:
    host = reached(ssh_host)
    with host.spawn(["cat"]) as before:
        before.write(b"one\n")
        assert before.read_line(30) == b"one\n"
        getattr(ssh_host, ail)()
        for _ in range(3):
            with within(0.5), pytest.raises(UnreachableError, match=r"box1\.ssh did not answer within 0\.5 s"):
                host.run(["sh", "-c", "echo >>~/ran"], timeout_seconds=0.5)
        getattr(ssh_host, cure)()
        before.write(b"two\n")
        assert before.read_line(30) == b"two\n"
    assert host.run(["echo", "well"]).text == "well\n"
    assert not (ssh_host.home / "ran").exists()
    assert connections(ssh_host) == 1


def test_a_deadline_holds_whatever_happens(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    host.run(["true"])
    with host.spawn(["sh", "-c", "echo begun; sleep 2; echo >>~/ran"]) as command:
        assert command.read_line(30) == b"begun\n"
        ssh_host.cut()
        with within(1 + 2), pytest.raises(TimedOutError, match=r"a command on box1\.ssh took too long"):
            command.result(timeout_seconds=1)
    ssh_host.restore()
    eventually((ssh_host.home / "ran").exists)  # it could not be told to end, and nobody says it was
    ssh_host.freeze()
    with within(1), pytest.raises(UnreachableError, match="did not answer within 1 s"):
        host.run(["true"], timeout_seconds=1)
    ssh_host.thaw()
    host.run(["true"])


@pytest.mark.slow
def test_a_link_that_breaks_under_commands_and_is_mended(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    work = ["sh", "-c", "echo begun; read -r line; until [ -e ~/go ]; do sleep 0.1; done; echo >>~/ran"]
    lock = ["sh", "-c", "exec 9>>~/lock; flock 9; echo begun; cat >/dev/null"]
    started = [host.spawn(work), host.spawn(work, apart=True), host.spawn(lock)]
    for command in started:
        assert command.read_line(30) == b"begun\n"
    ssh_host.cut()
    with within(20):
        for command in started:
            with command, pytest.raises(LinkLost, match=r"connection to box1\.ssh was lost") as lost:
                command.result(b"line\n")
            assert lost.value.exit_code == 4
            assert "look before you try again" in str(lost.value.hint)
    eventually(lambda: not masters(host))
    ssh_host.restore()
    # The host does not know of the break; what comes from the same place ends what was before.
    assert host.run(["flock", "-w", "20", f"{host.home}/lock", "echo", "had"]).text == "had\n"
    (ssh_host.home / "go").touch()
    eventually(lambda: (ssh_host.home / "ran").read_text() == "\n\n")


def test_a_connection_of_another_is_left_alone(ssh_host: SshHost, monkeypatch: pytest.MonkeyPatch) -> None:
    with reached(ssh_host).spawn(["cat"]) as first:
        first.write(b"one\n")
        assert first.read_line(30) == b"one\n"
        monkeypatch.setenv("MNGR_HOST_DIR", "/tmp/mngr-another-user/.mngr")
        other = reached(ssh_host)
        assert other.run(["echo", "other"]).text == "other\n"
        first.write(b"two\n")
        assert first.read_line(30) == b"two\n"
    assert connections(ssh_host) == 2


def test_hosts_that_are_not_reached_say_why(ssh_hosts: Hosts, mngr: Mngr) -> None:
    wrong, changed, unknown, refusing = ssh_hosts(4)
    refuse_key(wrong)
    change_host_key(changed)
    known = unknown.client / "known_hosts"
    lines = [line for line in known.read_text().splitlines() if not line.startswith(f"{unknown.address} ")]
    known.write_text("".join(f"{line}\n" for line in lines))
    refusing.stop()
    for host, message, hint in (
        ("box1", "does not let you in", "ssh box1 true"),
        ("box2", "has another host key than the one that is known", f'known_hosts" -R "{changed.address}"'),
        ("box3", "has a host key that is not known here", "ssh box3 true"),
        ("box4", "refuses connections", "is its sshd running"),
        ("no-such-box.invalid", "is a name that is not known", "~/.ssh/config"),
    ):
        for command in (("exec", f"a@{host}.ssh", "--", "true"), ("create", f"a@{host}.ssh", "command", "--", "cat")):
            mngr(*command).assert_failure(4, f"{host}.ssh {message}", hint)
    config = wrong.client / "config"
    config.write_text(f"{config.read_text()}\nNonsense yes\n")
    mngr("exec", "a@box1.ssh", "--", "true").assert_failure(4, "Bad configuration option: nonsense")


@pytest.mark.slow
def test_a_host_that_is_off_or_silent(ssh_hosts: Hosts, mngr: Mngr) -> None:
    silent, down = ssh_hosts(2)
    silent.cut()
    down.down()
    with within(10):
        mngr("exec", "a@box1.ssh", "--", "true").assert_failure(4, "box1.ssh does not answer", "is it up?")
    with within(10):
        mngr("exec", "a@box2.ssh", "--", "true").assert_failure(4, "box2.ssh ", "is it up")
    silent.restore()
    silent.freeze()
    with within(10):
        mngr("exec", "a@box1.ssh", "--", "true").assert_failure(4, "box1.ssh does not answer", "is it up?")
    silent.thaw()
    mngr("exec", "a@box1.ssh", "--", "true").assert_failure(3, "no agent")


@pytest.mark.slow
def test_many_who_wait_for_a_silent_host_wait_together(ssh_host: SshHost, mngr: Mngr) -> None:
    ssh_host.cut()
    with within(10):
        runs = [mngr.start("exec", "a@box1.ssh", "--", "true") for _ in range(6)]
        said = [run.communicate(timeout=50)[1] for run in runs]
    assert all(b"box1.ssh does not answer" in each for each in said)
    assert socket_of(reached(ssh_host)).with_name(f"{socket_of(reached(ssh_host)).name}.silent").exists()
