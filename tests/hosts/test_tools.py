"""What a host lacks is told, and installed with its own package manager where that may be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr
from ssh_hosts import SshHost

pytestmark = pytest.mark.slow

# Stands for apt-get, which would install for this machine too; it puts the program where the host finds it.
MANAGER = """#!/bin/sh
echo "$@" >>"$HOME/calls"
case "$*" in *install*tmux*) ln -s /usr/bin/tmux /var/tmp/commands/tmux ;; esac
"""


@pytest.fixture
def bare(ssh_hosts: Callable[..., list[SshHost]], tmp_path: Path) -> SshHost:
    """Return a host without tmux, whose package manager writes down what it is asked for."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "apt-get").write_text(MANAGER)
    (own / "apt-get").chmod(0o755)
    (host,) = ssh_hosts(without=("tmux",), shared=(str(own),), path=(str(own),))
    return host


def test_what_is_missing_is_installed_if_that_may_be(bare: SshHost, mngr: Mngr, repo: Path) -> None:
    words = ("one@box1.ssh", "--no-connect", "--", "cat")
    mngr("create", *words).assert_failure(2, "tmux is missing on box1.ssh", "--yes")
    assert not (bare.home / "calls").exists()
    mngr("create", "--yes", *words).assert_success("created one")
    assert (bare.home / "calls").read_text().splitlines()[-1].endswith("install -y -qq --no-install-recommends tmux")
    assert mngr.agent("one")["host"]["name"] == "box1"


def test_where_nothing_can_be_installed_it_is_said(
    ssh_hosts: Callable[..., list[SshHost]], mngr: Mngr, repo: Path
) -> None:
    managers = ("apt-get", "apk", "dnf", "yum", "pacman", "zypper", "brew")
    ssh_hosts(without=("tmux", *managers))
    done = mngr("create", "one@box1.ssh", "--no-connect", "--yes", "--", "cat")
    done.assert_failure(1, "tmux is missing on box1.ssh", "mngr doctor @box1.ssh")
    mngr("doctor", "@box1.ssh").out.index("install tmux")
    assert mngr.agents() == {}
