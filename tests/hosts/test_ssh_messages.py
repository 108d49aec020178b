"""Messages to agents on SSH hosts that are lost on the way: true words, and each arrives once at most."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from claude_agents import NEEDS_CLAUDE
from program import Mngr
from ssh_hosts import SshHost
from talkers import PROGRAMS
from talking import heard, teach
from waiting import eventually, within

from mngr.testing.logins import claude_login

Hosts = Callable[..., list[SshHost]]
Ail = Callable[[SshHost], object]
# What can happen to a host, what mends it, and whether its agents live on.
AILS: dict[str, tuple[Ail, Ail, bool]] = {
    "cut": (SshHost.cut, SshHost.restore, True),
    "freeze": (SshHost.freeze, SshHost.thaw, True),
    "reboot": (SshHost.reboot, SshHost.wait_until_up, False),
}
THERE = "/root"  # where the home is on the host
LOST_SECONDS = 25  # until a connection notices that its host is gone, and one more that it stays so
READER = ("command", "--no-connect", "--", "sh", "-c", "exec cat >>~/got")


def folder(host: SshHost, name: str = "a") -> Path:
    """Return an agent's state folder, as this machine sees it."""
    below = host.home / ".mngr"
    return below / "agents" / (below / "names" / name).read_text().strip()


def got(host: SshHost) -> str:
    """Return what the reader there got."""
    return (host.home / "got").read_text()


def screen(host: SshHost, name: str = "a") -> str:
    """Return what an agent's terminal shows, whatever ails the link."""
    return host.inside("tmux", "-L", "mngr", "capture-pane", "-p", "-t", f"=mngr-{name}:").out


@contextmanager
def changed_by_another(host: SshHost) -> Iterator[None]:
    """Hold the agent's lock, as another mngr does that changes it."""
    with (folder(host) / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def waits_for_the_lock(host: SshHost) -> bool:
    """Tell whether a message has come as far as the agent's lock."""
    return "paste.sh" in host.inside("ps", "-eo", "args").out


def model_of(host: SshHost) -> subprocess.Popen[bytes]:
    """Start a model server that a host has for itself, and log Claude in to it there."""
    port = host.folder / "model-port"
    server = [sys.executable, "-m", "mngr.testing.model_server", "--port-file", str(port)]
    process = subprocess.Popen([*host.entering, *server], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    number = eventually(lambda: port.read_text().strip(), 30)
    claude_login(host.home, f"http://127.0.0.1:{number}", [Path("/root", ".mngr")])
    return process


def ended(sender: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Return how a sender ended, and what it complained of."""
    with within(LOST_SECONDS):
        _, said = sender.communicate(timeout=100)
    assert b"Traceback" not in said, said
    return sender.returncode, said.decode()


@pytest.mark.slow
def test_a_program_that_is_talked_to(ssh_hosts: Hosts, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    teach(mngr, tmp_path / "plugins")
    hosts = dict(zip(AILS, ssh_hosts(len(AILS)), strict=True))
    senders = {}
    for host in hosts.values():
        mngr("create", f"a@{host.name}.ssh", "talker", "--no-connect", "--", "--lose", "5").assert_success()
    for ail, host in hosts.items():
        senders[ail] = mngr.start("message", f"a@{host.name}.ssh", "hello", "--id", "x")
        eventually(lambda host=host: "| hello" in screen(host), 30)
        AILS[ail][0](host)
    for sender in senders.values():
        code, said = ended(sender)
        assert (code, "(the message was typed: mngr outbox a)" in said) == (4, True), said
    for ail, host in hosts.items():
        _, mend, lives = AILS[ail]
        mend(host)
        again = ("message", f"a@{host.name}.ssh", "hello", "--id", "x")
        if not lives:
            mngr("start", f"a@{host.name}.ssh").assert_success()
        for _ in range(2):
            mngr(*again, timeout=60).assert_success("accepted by a")
        mngr("message", f"a@{host.name}.ssh", "next", timeout=60).assert_success("accepted by a")
        assert heard(folder(host)) == ["hello", "next"], ail


@pytest.mark.slow
def test_the_first_message_of_a_new_agent(ssh_host: SshHost, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    teach(mngr, tmp_path / "plugins")
    words = ("create", "a@box1.ssh", "talker", "--no-connect", "-m", "hello", "--", "--lose", "5")
    sender = mngr.start(*words)
    eventually(lambda: "| hello" in screen(ssh_host), 40)
    ssh_host.cut()
    code, said = ended(sender)
    assert (code, "agent 'a' was created, but: " in said, "the message was typed" in said) == (4, True, True), said
    ssh_host.restore()
    mngr("message", "a", "next", timeout=60).assert_success("accepted by a")
    assert heard(folder(ssh_host)) == ["hello", "next"]


@pytest.mark.slow
def test_a_plain_program_that_is_given_it_by_its_id(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> None:
    hosts = dict(zip(AILS, ssh_hosts(len(AILS)), strict=True))
    for host in hosts.values():
        mngr("create", f"a@{host.name}.ssh", *READER).assert_success()
    words = {host.name: ("message", f"a@{host.name}.ssh", "hello", "--id", "x") for host in hosts.values()}
    for ail, host in hosts.items():
        with changed_by_another(host):
            sender = mngr.start(*words[host.name])
            eventually(lambda host=host: waits_for_the_lock(host), 30)
            AILS[ail][0](host)
            code, said = ended(sender)
            assert code == 4, said
            assert "whether 'a' got the message is not known" in said
            assert "given again with --id x it arrives once" in said
            _, mend, lives = AILS[ail]
            mend(host)
            if lives:  # both come to the lock, and are let in one after the other
                again = mngr.start(*words[host.name])
                eventually(lambda host=host: host.inside("ps", "-eo", "args").out.count("paste.sh") >= 2, 30)
        if lives:
            assert ended(again)[0] == 0
        else:
            mngr("start", f"a@{host.name}.ssh").assert_success()
        mngr(*words[host.name]).assert_success("typed to a")
        mngr("message", f"a@{host.name}.ssh", "next").assert_success("typed to a")
        eventually(lambda host=host: got(host) == "hello\nnext\n", 15, lambda host=host: got(host))


@pytest.mark.slow
def test_a_plain_program_and_a_link_that_stays_cut(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    mngr("create", "a@box1.ssh", *READER).assert_success()
    with changed_by_another(ssh_host):
        sender = mngr.start("message", "a", "hello")
        eventually(lambda: waits_for_the_lock(ssh_host), 30)
        ssh_host.cut()
        code, said = ended(sender)
        assert (code, "whether 'a' got the message is not known" in said) == (4, True), said
    with within(10):
        mngr("message", "a", "more").assert_failure(4, "box1.ssh do")
    ssh_host.restore()
    mngr("message", "a", "next", timeout=60).assert_success("typed to a")
    # What had come there before the cut goes on; what had not is dropped, and nothing is typed in part.
    eventually(lambda: got(ssh_host) in ("next\n", "hello\nnext\n"), what=lambda: got(ssh_host))


@pytest.mark.slow
def test_half_a_message_is_none(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    mngr("create", "a@box1.ssh", *READER).assert_success()
    large = "".join(f"{number}\n" for number in range(1_000_000))
    (mngr.home / "large").write_text(large)
    for number, words in enumerate(((), ("--id", "x"))):
        sender = mngr.start("message", "a", "--message-file", str(mngr.home / "large"), *words)
        eventually(lambda number=number: some_of_it_came(ssh_host, number), 30)
        ssh_host.cut()
        assert ended(sender)[0] == 4
        ssh_host.restore()
        mngr("message", "a", f"small {number}").assert_success()
    eventually(lambda: got(ssh_host) == "small 0\nsmall 1\n", 15, lambda: got(ssh_host))


def some_of_it_came(host: SshHost, number: int) -> bool:
    """Tell whether a text is under way: into tmux, or into the outbox."""
    return waits_for_the_lock(host) if number == 0 else (folder(host) / "outbox.jsonl").exists()


@pytest.mark.slow
def test_a_full_disk(ssh_host: SshHost, mngr: Mngr, repo: Path, tmp_path: Path) -> None:
    teach(mngr, tmp_path / "plugins")
    (ssh_host.home / ".mngr").mkdir(mode=0o700)
    ssh_host.inside("mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", f"{THERE}/.mngr").assert_success()
    mngr("create", "a@box1.ssh", *READER).assert_success()
    mngr("create", "talk@box1.ssh", "talker", "--no-connect").assert_success()
    eventually(lambda: mngr.agent("talk")["state"] == "waiting")
    ssh_host.inside("sh", "-c", f"cat /dev/zero >{THERE}/.mngr/full")
    mngr("exec", "talk", "echo more >file || exit 3").assert_failure(3, "No space left")
    mngr("message", "a", "plain").assert_success("typed to a")
    eventually(lambda: got(ssh_host) == "plain\n")
    for name in ("a", "talk"):
        for _ in range(2):
            full = mngr("message", name, "hello", "--id", "x")
            full.assert_failure(full.code, "is the disk full")
            assert full.code in (1, 5), full
    ssh_host.inside("rm", f"{THERE}/.mngr/full").assert_success()
    for name, verdict in (("a", "typed"), ("talk", "accepted")):
        for _ in range(2):
            mngr("message", name, "hello", "--id", "x").assert_success(verdict)
    eventually(lambda: got(ssh_host) == "plain\nhello\n")
    shown: Any = mngr("transcript", "talk", "--format", "json").json()
    assert [each["text"] for each in shown if each["role"] == "user"] == ["hello"]
    mngr("gc", "--yes").assert_success()
    mngr("destroy", "--all", "--force", "--yes").assert_success()


@pytest.mark.slow
@NEEDS_CLAUDE
def test_the_real_claude(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> None:
    programs = Path(PROGRAMS).parent.parent
    hosts = dict(zip(AILS, ssh_hosts(len(AILS), shared=(str(programs),), path=(PROGRAMS,)), strict=True))
    models = [model_of(host) for host in hosts.values()]
    try:
        for host in hosts.values():
            (host.home / ".profile").write_text(f"PATH={PROGRAMS}:$PATH\n")
            mngr("create", f"a@{host.name}.ssh", "claude", "--no-connect", "--yes", timeout=60).assert_success()
        for host in hosts.values():
            first = ("message", f"a@{host.name}.ssh", "say hi")
            eventually(lambda first=first: mngr(*first, timeout=60).code == 0, 60)
        for ail, host in hosts.items():
            words = ("message", f"a@{host.name}.ssh", "say hello", "--id", "x")
            sender = mngr.start(*words)
            box = folder(host) / "outbox.jsonl"
            eventually(lambda box=box: '"id": "x"' in box.read_text() and '"typed"' in box.read_text(), 30)
            AILS[ail][0](host)
            code, said = ended(sender)
            assert code in (0, 4), said
            _, mend, lives = AILS[ail]
            mend(host)
            if not lives:
                mngr("start", words[1], timeout=60).assert_success()
            eventually(lambda words=words: mngr(*words, timeout=90).code == 0, 60)
            mngr(*words, timeout=60).assert_success("accepted by a")
            said = mngr("transcript", words[1], "--format", "json", timeout=60).json()
            assert [each["text"] for each in said if each["role"] == "user"] == ["say hi", "say hello"], ail
    finally:
        for model in models:
            model.kill()
            model.communicate()
