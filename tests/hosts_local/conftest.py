"""What tests of the watchdog need: a host that is watched."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from watched import Watched


@pytest.fixture
def watched(host_dir: Path) -> Iterator[Watched]:
    yield (here := Watched(host_dir))
    for pid in here.processes():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def logins() -> Iterator[None]:
    """Have who is logged in to this machine for oneself: other tests wait that are about it."""
    with Path("/tmp/mngr-test-logins.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
