"""What the processes of this machine know in common of a host; it may be deleted at any time.

Who connects to it now, what it said of itself, and that it kept silent a moment ago.
"""

from __future__ import annotations

import os
import time

from mngr.model.errors import UnreachableError

TYPE_CHECKING = False

LOCK_PAUSE_SECONDS = 0.02
SILENCE_SECONDS = 30.0  # how long it counts that a host did not answer


class SocketFiles:
    """The files beside a connection's socket."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def lock(self, wait_seconds: float) -> Lock:
        """Return the lock of whoever connects; it is not had before its block is entered."""
        return Lock(f"{self._socket}.lock", wait_seconds)

    def clear(self, socket: str) -> None:
        """Remove what belongs to a connection that is no more, one of those to this host."""
        for stale in (socket, f"{socket}.host"):
            _remove(stale)

    def facts(self) -> list[str]:
        """Return the lines that the host said of itself; none if it has not been asked since it was connected to."""
        return _lines(f"{self._socket}.host")

    def keep_facts(self, lines: list[str]) -> None:
        """Keep what the host said of itself."""
        _write(f"{self._socket}.host", lines)

    def silence(self, since: float = 0.0) -> UnreachableError | None:
        """Return why the host was not reached a moment ago, or after a time; None if it was, or was not tried."""
        path = f"{self._socket}.silent"
        try:
            at = os.stat(path).st_mtime
        except OSError:
            return None
        lines = _lines(path)
        if not lines or at < since or not 0 <= time.time() - at < SILENCE_SECONDS:
            return None
        return UnreachableError(lines[0], hint="\n".join(lines[1:]) or None)

    def keep_silence(self, error: UnreachableError) -> None:
        """Keep that the host was not reached. While that is known it is not known anew, so that it ends."""
        if self.silence() is None:
            _write(f"{self._socket}.silent", [error.message.replace("\n", " "), *(error.hint or "").splitlines()])

    def end_silence(self) -> None:
        """Forget that the host was not reached."""
        _remove(f"{self._socket}.silent")


class Lock:
    """A lock among the processes of this machine; it goes with its holder. `held` tells whether it was had in time."""

    def __init__(self, path: str, wait_seconds: float) -> None:
        self.held = False
        self._path, self._wait_seconds, self._file = path, wait_seconds, -1

    def __enter__(self) -> Lock:
        import fcntl

        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._wait_seconds
        while not self.held:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.held = True
            except OSError:
                if time.monotonic() > deadline:
                    break
                time.sleep(LOCK_PAUSE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _write(path: str, lines: list[str]) -> None:
    fresh = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    os.replace(fresh, path)
