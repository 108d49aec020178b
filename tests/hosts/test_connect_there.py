"""An agent on another host on this terminal: also after the link broke, and with the user's own ssh agent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from program import Mngr, git, run
from ssh_hosts import SshHost
from terminal import Terminal

pytestmark = pytest.mark.slow


@pytest.fixture
def ssh_agent(ssh_host: SshHost, home: Path) -> Iterator[None]:
    """Run an ssh agent of the test's own, which has the test's key."""
    lines = run("ssh-agent", "-s", "-a", str(home / "agent")).assert_success().out
    pid = lines.partition("SSH_AGENT_PID=")[2].partition(";")[0]
    os.environ["SSH_AUTH_SOCK"] = str(home / "agent")
    run("ssh-add", "-q", home / ".ssh" / "id_ed25519").assert_success()
    yield
    os.kill(int(pid), 15)


def test_a_link_that_breaks_is_made_again(
    ssh_host: SshHost, mngr: Mngr, repo: Path, terminal: Callable[..., Terminal]
) -> None:
    mngr("create", "one@box1.ssh", "--no-connect", "--", "sh").assert_success()
    screen = terminal([*mngr.program, "connect", "one"], cwd=repo)
    screen.enter("echo here $((40 + 2))")
    screen.wait_for("^here 42")
    ssh_host.inside("pkill", "-KILL", "-f", "^sshd: root")
    screen.wait_for("the link to 'one' broke", 60)
    screen.wait_for("^here 42", 60)
    screen.enter("echo again $((40 + 3))")
    screen.wait_for("^again 43")
    screen.press("C-b", "d")
    assert screen.wait_for_end() == 0


@pytest.mark.usefixtures("ssh_agent")
def test_the_users_own_agent_is_there_while_connected(
    ssh_host: SshHost, mngr: Mngr, repo: Path, terminal: Callable[..., Terminal]
) -> None:
    mngr("create", "one@box1.ssh", "--forward-agent", "--no-connect", "--", "sh").assert_success()
    mngr("create", "two@box1.ssh", "--no-connect", "--", "sh").assert_success()
    screen = terminal([*mngr.program, "connect", "one"], cwd=repo)
    screen.enter("ssh-add -l")
    screen.wait_for("ED25519")
    assert "ED25519" in mngr("exec", "one", "ssh-add -l").out
    assert mngr("exec", "two", "ssh-add -l").code == 2
    screen.press("C-b", "d")
    assert screen.wait_for_end() == 0
    assert mngr("exec", "one", "ssh-add -l").code == 2


def test_only_so_many_commits_are_brought(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    for number in range(4):
        git(repo, "commit", "-q", "--allow-empty", "-m", f"number {number}")
    mngr("create", "none@box1.ssh", "--depth", "0", "--", "cat").assert_failure(2, "--depth 1")
    mngr("create", "here", "--depth", "1", "--", "cat").assert_failure(2, "another host")
    mngr("create", "few@box1.ssh", "--depth", "2", "--no-connect", "--", "cat").assert_success()
    log = ["exec", "few", "git log --format=%s; git rev-parse --is-shallow-repository"]
    assert mngr(*log).lines == ["number 3", "number 2", "true"]
    mngr("create", "all@box1.ssh", "--no-connect", "--", "cat").assert_success()
    assert len(mngr("exec", "all", "git log --format=%s").lines) == 5
    assert not list((repo / ".git").glob("shallow"))
