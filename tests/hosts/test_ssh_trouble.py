"""Creates on SSH hosts that fail half-way: a true error, nothing half-made that `gc` cannot name, and a free name."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr, git
from ssh_hosts import SshHost
from waiting import eventually

Hosts = Callable[..., list[SshHost]]
THERE = "/root"  # where the home is on the host
SLEEP = ("command", "--no-connect", "--", "sleep", "1000")


def left(host: SshHost) -> list[str]:
    """Return what there is of agents on a host, in its folder; the store of repositories may stay."""
    folder = host.home / ".mngr"
    return sorted(
        str(path.relative_to(folder))
        for kind in ("agents", "names", "worktrees", "making")
        for path in (folder / kind).glob("*")
    )


@pytest.mark.parametrize("lacks", ["tmux", "git"])
def test_what_a_host_lacks(ssh_hosts: Hosts, mngr: Mngr, repo: Path, lacks: str) -> None:
    (host,) = ssh_hosts(without=(lacks,))
    mngr("create", "a@box1.ssh", *SLEEP).assert_failure(2, f"{lacks} is missing on box1.ssh", "--yes")
    assert left(host) == []
    assert mngr.agents() == {}
    assert lacks in mngr("doctor", "@box1.ssh").out


def test_a_full_disk(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    mount = ("mount", "-t", "tmpfs", "-o")
    (ssh_host.home / ".mngr").mkdir(mode=0o700)
    ssh_host.inside(*mount, "size=2m,mode=700", "tmpfs", f"{THERE}/.mngr").assert_success()
    (repo / "large").write_bytes(os.urandom(4_000_000))
    mngr("create", "a@box1.ssh", *SLEEP, timeout=50).assert_failure(1, "is there room?")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Large")
    mngr("create", "a@box1.ssh", *SLEEP, timeout=50).assert_failure(1, "No space left")
    git(repo, "lfs", "install", "--local", "--skip-repo")
    (repo / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    (repo / "large").rename(repo / "large.bin")
    git(repo, "add", "-A")
    git(repo, "reset", "-q", "--soft", "HEAD~1")
    git(repo, "commit", "-q", "-m", "Large, beside the repository")
    mngr("create", "a@box1.ssh", *SLEEP, timeout=50).assert_failure(1, "could not be brought", "is there room?")
    for number in range(3000):
        (repo / f"many{number}").write_bytes(b"x" * 2000)
    mngr("create", "a@box1.ssh", "--branch", "HEAD~1", *SLEEP, timeout=50)
    mngr("create", "plain@box1.ssh", "--transfer", "rsync", *SLEEP, timeout=50).assert_failure(1)
    there = f"cd {THERE}/.mngr; ls -d agents/* names/* worktrees/* making/*"
    assert ssh_host.inside("sh", "-c", there).out == ""
    ssh_host.inside("umount", f"{THERE}/.mngr").assert_success()
    mngr("create", "a@box1.ssh", *SLEEP, timeout=50).assert_success()


def started_until(mngr: Mngr, step: str, address: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a create and return once it tells a step."""
    run = mngr.start("create", address, "--format", "jsonl", *options, *SLEEP)
    assert run.stdout
    for line in run.stdout:
        if step in json.loads(line).get("step", ""):
            return run
    raise AssertionError(f"no step {step}: {run.communicate()[1]!r}")


@pytest.mark.slow
@pytest.mark.timeout(170)
def test_a_link_that_is_cut_in_the_middle_of_a_create(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> None:
    (repo / "large").write_bytes(os.urandom(20_000_000))
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Large")
    (repo / "dirty").write_bytes(os.urandom(20_000_000))
    steps = ("repository", "uncommitted files", "provision", "session")
    hosts = ssh_hosts(len(steps))
    runs = []
    for host, step in zip(hosts, steps, strict=True):
        options = ("--extra-provision-command", "sleep 3") if step in ("provision",) else ()
        runs.append(started_until(mngr, step, f"a@{host.name}.ssh", *options))
        host.cut()
    for run, step in zip(runs, steps, strict=True):
        _, said = run.communicate(timeout=55)
        assert run.returncode == 4 or (step == "session" and run.returncode == 0), (step, said)
        assert b"Traceback" not in said
    for host in hosts:
        host.restore()
    for host, step in zip(hosts, steps, strict=True):
        name = f"a@{host.name}.ssh"
        rows = [row for row in mngr("list", "--format", "json").json() if row["host"]["name"] == host.name]
        if [row for row in rows if row["state"] in ("running", "waiting")]:
            assert step == "session"
            continue
        mngr("create", name, *SLEEP, timeout=50).assert_success()
    mngr("gc", "--yes").assert_success()
    mngr("destroy", "--all", "--force", "--yes").assert_success()
    assert [left(host) for host in hosts] == [[], [], [], []]


@pytest.mark.slow
@pytest.mark.timeout(170)
def test_a_link_that_is_cut_while_large_files_and_submodules_come(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> None:
    git(repo, "lfs", "install", "--local", "--skip-repo")
    (repo / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    (repo / "large.bin").write_bytes(os.urandom(20_000_000))
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Large")
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"{repo}/.git", "within")
    git(repo, "commit", "-q", "-m", "Within")
    (repo / "within/dirty").write_bytes(os.urandom(20_000_000))
    hosts = ssh_hosts(2)
    runs = []
    for host, step in zip(hosts, ("large files", "submodules"), strict=True):
        runs.append(started_until(mngr, step, f"a@{host.name}.ssh"))
        host.cut()
    for run in runs:
        _, said = run.communicate(timeout=55)
        assert run.returncode == 4, said
        assert b"Traceback" not in said
    for host in hosts:
        host.restore()
        mngr("create", f"a@{host.name}.ssh", *SLEEP, timeout=50).assert_success()
        shown = mngr("exec", f"a@{host.name}.ssh", "cat large.bin within/dirty | wc -c; git status --short").lines
        assert shown == ["40000000", " ? within"]
    mngr("gc", "--yes").assert_success()
    mngr("destroy", "--all", "--force", "--yes").assert_success()
    assert [left(host) for host in hosts] == [[], []]


def test_mngr_killed_in_the_middle_of_a_create(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    run = started_until(mngr, "provision", "a@box1.ssh", "--extra-provision-command", "touch ~/begun; sleep 30")
    eventually(lambda: (ssh_host.home / "begun").exists())
    run.kill()
    run.communicate()
    assert left(ssh_host) != []
    mngr("create", "a@box1.ssh", *SLEEP).assert_success()
    mngr("destroy", "a", "--force").assert_success()
    mngr("gc", "--yes").assert_success()
    assert left(ssh_host) == []


def test_a_host_that_dies_in_the_middle(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    run = started_until(mngr, "provision", "a@box1.ssh", "--extra-provision-command", "touch ~/begun; sleep 30")
    eventually(lambda: (ssh_host.home / "begun").exists())
    began = time.monotonic()
    ssh_host.reboot()
    _, said = run.communicate(timeout=50)
    assert run.returncode == 4, said
    assert time.monotonic() - began < 40
    mngr("create", "a@box1.ssh", *SLEEP).assert_success()
    mngr("gc", "--yes").assert_success()
    mngr("destroy", "a", "--force").assert_success()
    assert left(ssh_host) == []
