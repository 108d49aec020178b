"""What connections to hosts need on the user's own machine: a folder for their sockets, and what ssh is told of all."""

from __future__ import annotations

import os

from mngr.config import atomic, paths
from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Lines of ssh's configuration that hold for every host, whoever made it: nothing is asked, and every wait ends.
FOR_EVERY_HOST = (
    "BatchMode yes",
    "ConnectTimeout 5",
    "ConnectionAttempts 1",
    "ServerAliveInterval 5",
    "ServerAliveCountMax 3",
    "ClearAllForwardings yes",
    "ForwardX11 no",
    "ForwardAgent no",
    "RemoteCommand none",
    "PermitLocalCommand no",
    "EscapeChar none",
    "VisualHostKey no",
    "LogLevel ERROR",
)


def sockets(environ: Mapping[str, str]) -> str:
    """Return the folder of sockets, made if it is not there. Raises UsageError when it is another's."""
    folder = paths.runtime(environ)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    found = os.lstat(folder)
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or not found.st_mode & 0o040000:
        raise UsageError(f"{folder} is not a folder of yours alone", hint=f"remove it, or: chmod 700 {folder}")
    return folder


def write_if_new(path: str, content: bytes) -> None:
    """Write one of mngr's own files, in a folder of the user's alone, unless it says that already."""
    try:
        with open(path, "rb") as file:
            if file.read() == content:
                return
    except OSError:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    atomic.write(path, content, lasting=False)
