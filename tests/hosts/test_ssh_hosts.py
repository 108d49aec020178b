"""The tests' own SSH hosts: what every other test of remote hosts relies on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from link import Link
from ssh_hosts import SshHost, change_host_key, refuse_key
from waiting import eventually

QUICKLY = ("-o", "ConnectTimeout=2", "--")
Hosts = Callable[..., list[SshHost]]


def test_a_host_has_a_home_a_name_processes_and_a_tmp_of_its_own(ssh_host: SshHost, home: Path) -> None:
    shown = ssh_host.run('pwd; echo "$HOME"; hostname; id -un; echo "$SSH_CONNECTION"; echo x >~/here; >/tmp/there')
    shown.assert_success()
    assert shown.lines[:4] == ["/root", "/root", "box1", "root"]
    connection = shown.lines[4].split()
    assert connection[:1] + connection[2:] == [ssh_host.here, ssh_host.address, "22"]
    assert (ssh_host.home / "here").read_text() == "x\n"
    assert not (Path("~root").expanduser() / "here").exists()
    assert not Path("/tmp/there").exists()
    assert str(os.getpid()) not in ssh_host.run("ps -eo pid=").out.split()
    assert ssh_host.run("ls", str(home)).code == 2


def test_a_host_has_a_tmux_and_files_come_and_go(ssh_host: SshHost, home: Path) -> None:
    ssh_host.run("tmux new-session -d -s work cat && tmux list-sessions -F '#S'").assert_success("work")
    (home / "file").write_text("content")
    copy = ["-a", "-e", f"ssh -F {ssh_host.client}/config", f"{home}/file", "box1:copy"]
    subprocess.run(["rsync", *copy], check=True, capture_output=True)
    subprocess.run(["scp", "-q", "-F", ssh_host.client / "config", "box1:copy", home / "back"], check=True)
    assert (home / "back").read_text() == "content"


def test_hosts_differ_and_know_nothing_of_each_other(ssh_hosts: Hosts) -> None:
    hosts = ssh_hosts(3)
    assert [host.run("hostname").out for host in hosts] == ["box1\n", "box2\n", "box3\n"]
    hosts[0].run("touch ~/mine").assert_success()
    assert [host.run("ls").out for host in hosts] == ["mine\n", "", ""]


@pytest.mark.parametrize("shell", ["/bin/bash", "/bin/dash", "/usr/bin/fish", "/usr/bin/zsh", "/bin/tcsh"])
def test_any_login_shell(ssh_hosts: Hosts, shell: str) -> None:
    (host,) = ssh_hosts(shell=shell)
    assert host.run("echo $SHELL").assert_success().out == f"{shell}\n"
    assert host.run("sh", "-s", input=b"echo hello").out == "hello\n"


def test_a_start_up_file_is_read(ssh_host: SshHost) -> None:
    (ssh_host.home / ".bashrc").write_text("echo slow and loud\n")
    assert ssh_host.run("echo done").lines == ["slow and loud", "done"]


def test_what_a_host_lacks_and_has(ssh_hosts: Hosts, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "greet").write_text("#!/bin/sh\necho hello from $0\n")
    (own / "greet").chmod(0o755)
    (host,) = ssh_hosts(without=("tmux",), shared=(str(own),), path=(str(own),))
    assert host.run("tmux -V").code == 127
    assert host.run("greet; git --version").assert_success("git version").lines[0] == f"hello from {own}/greet"
    assert host.run("touch", f"{own}/new").code == 1


def test_a_line_of_configuration_holds(ssh_hosts: Hosts, tmp_path: Path) -> None:
    (host,) = ssh_hosts(sshd=("MaxSessions 1",))
    master = ["-o", f"ControlPath={os.environ['TMUX_TMPDIR']}/%C"]
    host.run(*master, "-fNM", "--").assert_success()
    first = _talk(host, *master)
    assert _answer(first, b"here\n") == b"here\n"
    assert "refused" in host.run(*master, "--", "echo second").err
    first.communicate()
    host.run(*master, "-O", "exit", "--").assert_success()


def test_a_wrong_key_and_a_changed_host_key_are_refused(ssh_hosts: Hosts) -> None:
    one, other = ssh_hosts(2)
    refuse_key(one)
    assert "Permission denied" in one.run("true").err
    change_host_key(other)
    assert "IDENTIFICATION HAS CHANGED" in other.run("true").err


def test_a_cut_link_is_silent_and_comes_back(ssh_host: SshHost) -> None:
    ssh_host.run("true").assert_success()
    ssh_host.cut()
    assert "timed out" in ssh_host.run(*QUICKLY, "true").err
    ssh_host.restore()
    ssh_host.run("true").assert_success()
    ssh_host.down()
    assert ssh_host.run(*QUICKLY, "true").code == 255
    assert ssh_host.inside("true").code == 0
    ssh_host.restore()
    eventually(lambda: ssh_host.run(*QUICKLY, "true").code == 0)


def test_what_was_under_way_goes_on_after_a_cut_and_a_freeze(ssh_host: SshHost) -> None:
    talk = _talk(ssh_host)
    for stop, resume in ((ssh_host.cut, ssh_host.restore), (ssh_host.freeze, ssh_host.thaw)):
        assert _answer(talk, b"before\n") == b"before\n"
        stop()
        assert "timed out" in ssh_host.run(*QUICKLY, "true").err
        resume()
        assert _answer(talk, b"after\n") == b"after\n"
    talk.communicate()


def test_a_listener_and_its_sessions_freeze_apart(ssh_host: SshHost) -> None:
    ssh_host.freeze(listener=True, sessions=False)
    assert "timed out" in ssh_host.run(*QUICKLY, "true").err
    ssh_host.thaw()
    ssh_host.freeze(listener=False, sessions=True)
    ssh_host.run("true").assert_success()


def test_a_reboot_ends_everything_and_leaves_the_files(ssh_host: SshHost) -> None:
    boot = ssh_host.run("cat /proc/sys/kernel/random/boot_id").assert_success().out
    ssh_host.run("tmux new-session -d -s work cat; touch kept /tmp/gone").assert_success()
    ssh_host.reboot()
    assert ssh_host.run("ls . /tmp").lines == [".:", "kept", "", "/tmp:"]
    assert ssh_host.run("tmux list-sessions").code == 1
    assert ssh_host.run("cat /proc/sys/kernel/random/boot_id").out != boot
    ssh_host.stop()
    assert "refused" in ssh_host.run("true").err
    ssh_host.start().wait_until_up()
    ssh_host.run("true").assert_success()


def test_what_has_lost_its_parent_leaves_no_zombie(ssh_host: SshHost) -> None:
    server = ssh_host.run("tmux new-session -d -P -F '#{pid}' cat").assert_success().out.strip()
    assert ssh_host.run("ps -o ppid= -p", server).out.split() == ["1"]
    ssh_host.run("tmux kill-server").assert_success()
    eventually(lambda: ssh_host.run("ps -p", server).code == 1)


def test_a_link_takes_a_network_that_is_free_and_gives_it_back() -> None:
    links = [Link() for _ in range(2)]
    assert len({link.address for link in links}) == 2
    for link in links:
        link.remove()
    assert not [link for link in links if Path("/sys/class/net", link.interface).exists()]


def _talk(host: SshHost, *options: str) -> subprocess.Popen[bytes]:
    """Start a command there that says what is said to it."""
    ssh = ["ssh", "-F", host.client / "config", *options, host.name, "cat"]
    return subprocess.Popen(ssh, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _answer(talk: subprocess.Popen[bytes], text: bytes) -> bytes:
    assert talk.stdin
    assert talk.stdout
    talk.stdin.write(text)
    talk.stdin.flush()
    return talk.stdout.readline()
