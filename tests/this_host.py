"""This machine as a host, reached in the way that the tests are run."""

from __future__ import annotations

import os
from pathlib import Path

from mngr.transports.host import Host
from mngr.transports.local import LocalTransport


def this_host(folder: Path | str) -> Host:
    """Return this machine as a host with such a folder."""
    way = os.environ.get("MNGR__PROVIDERS__LOCAL__CONFIG")
    if way is None:
        return Host("local", "local", LocalTransport(), str(folder), "mngr-")
    from through_ssh import Provider

    (host,) = Provider({**os.environ, "MNGR_HOST_DIR": str(folder)}, "local", {"config": way}).hosts()
    return host


def with_tests() -> dict[str, str]:
    """Return the environment for a Python that imports what tests do."""
    folders = [str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(":")]
    return {**os.environ, "PYTHONPATH": ":".join(folder for folder in folders if folder)}
