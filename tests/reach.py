"""A test's SSH hosts as mngr's own code reaches them."""

from __future__ import annotations

import os
from pathlib import Path

from ssh_hosts import SshHost

from mngr.providers.ssh import SshProvider
from mngr.transports.host import Host


def reached(host: SshHost | str) -> Host:
    """Return a host as provider `ssh` gives it."""
    return SshProvider(dict(os.environ)).host(host if isinstance(host, str) else host.name)


def socket_of(host: Host) -> Path:
    """Return where the shared connection to it is."""
    return Path(host.transport.place.socket)  # type: ignore[attr-defined]


def masters(host: Host) -> list[int]:
    """Return the processes that hold a shared connection to it."""
    mark = str(socket_of(host)).encode()
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit() and mark in _title(each)]


def connections(host: SshHost) -> int:
    """Return how often somebody was let in."""
    return host.log().count("Accepted publickey")


def _title(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
