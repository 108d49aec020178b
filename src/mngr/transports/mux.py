"""Commands over a shared ssh connection, spoken in the protocol of its control socket instead of starting an ssh each.

Source: PROTOCOL.mux of OpenSSH. A command is sent only once its session is open: whatever fails before that has run
nothing, and may be tried again.
"""

from __future__ import annotations

import os
import sys
import time

from mngr.model.errors import TimedOutError, UnreachableError
from mngr.transports.piped import Piped, before, close, pipes, readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HELLO, VERSION = 0x00000001, 4
NEW_SESSION, TERMINATE = 0x10000002, 0x10000005
OK, DENIED, FAILURE, EXIT, OPENED = 0x80000001, 0x80000002, 0x80000003, 0x80000004, 0x80000006
NO_ESCAPE = 0xFFFFFFFF
HELLO_SECONDS = 3.0
SILENT_SECONDS = 1.5  # a host that opens no session in so long may have something the matter
DRAIN_SECONDS = 2.0  # after the exit code, until what a left-over process holds open is no longer waited for
LARGEST = 1 << 20  # bytes of a packet; a master sends a few dozen
LOST = 255

# The C module below `socket`, which costs a third of what starting Python does.
_socket: Any = __import__("_socket")


class NotOpened(UnreachableError):
    """The connection took no command: none was run."""


class Refused(NotOpened):
    """The host allows no further session over this connection, or none at all."""


class LinkLost(UnreachableError):
    """The connection ended under a command: whether that ran to its end is not known."""


def dial(path: str, seconds: float) -> Any:
    """Return a socket that is connected to whoever listens at a path. Raises OSError."""
    link = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        link.settimeout(seconds)
        link.connect(path)
    except BaseException:
        link.close()
        raise
    return link


def connect(path: str) -> Any:
    """Return a socket to a connection's control socket, greeted. Raises NotOpened when there is no connection."""
    try:
        link = dial(path, HELLO_SECONDS)
    except OSError as error:
        raise NotOpened(f"there is no shared connection ({error})") from error
    try:
        link.sendall(_packet(_number(HELLO), _number(VERSION)))
        kind, rest = _read(link, time.monotonic() + HELLO_SECONDS)
        if kind != HELLO or rest[:4] != _number(VERSION):
            raise NotOpened("the shared connection speaks another protocol")
        link.settimeout(None)
        return link
    except (OSError, TimedOutError) as error:
        link.close()
        raise NotOpened(f"the shared connection does not answer ({error})") from error
    except BaseException:
        link.close()
        raise


def terminate(path: str) -> None:
    """End a shared connection, if there is one."""
    try:
        link = connect(path)
    except NotOpened:
        return
    try:
        link.sendall(_packet(_number(TERMINATE), _number(1)))
        _read(link, time.monotonic() + HELLO_SECONDS)
    except (OSError, NotOpened, TimedOutError):
        pass
    finally:
        link.close()


class MuxCommand(Piped):
    """A command on the far side of a shared connection, with pipes to its three streams."""

    def __init__(
        self,
        shown: list[str],
        link: Any,
        text: str,
        patience_seconds: float,
        when_silent: Callable[[], None] | None = None,
    ) -> None:
        """Run shell text. `shown` is a command that does the same. Raises NotOpened: then nothing was run.

        `when_silent` is called where no answer comes for a while, and can raise why none will.
        """
        for tell in before:
            tell(shown)
        ours, theirs = pipes()
        super().__init__(shown, ours)
        self._link = link
        self._written_at = 0.0
        try:
            self._open(text, theirs, patience_seconds, when_silent)
        except BaseException:
            self.close()
            link.close()
            raise
        finally:
            close(*theirs)

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Wait for the end and return the exit code. Raises LinkLost when it never came, TimedOutError."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while self._code is None:
            self._hear_exit(deadline)
        self._link.close()
        return self._code

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._link.close()

    def kill(self) -> None:
        """Let go of the command: its streams are closed on the host."""
        self._link.close()
        if self._code is None:
            self._code = LOST

    def _watch_end(self) -> int:
        return os.dup(self._link.fileno()) if self._link.fileno() >= 0 else -1

    def _is_over(self, *, told: bool, read: bool) -> bool:
        """Tell whether nothing more will come: the connection says so, or nobody wrote for a while after the exit.

        Something that the command left behind may hold its streams open for as long as it lives.
        """
        if self._code is None:
            if told:
                self._hear_exit(time.monotonic() + HELLO_SECONDS)
                self._patience_seconds = DRAIN_SECONDS if self._code is not None else None
                self._written_at = time.monotonic()
            return False
        if read:
            self._written_at = time.monotonic()
            return False
        return told or time.monotonic() - self._written_at >= DRAIN_SECONDS

    def _open(
        self, text: str, streams: list[int], patience_seconds: float, when_silent: Callable[[], None] | None
    ) -> None:
        deadline = time.monotonic() + patience_seconds
        want = [_number(NEW_SESSION), _number(1), _text(b""), *[_number(0)] * 4, _number(NO_ESCAPE)]
        terminal = os.environ.get("TERM", "").encode()
        try:
            self._link.sendall(_packet(*want, _text(terminal), _text(text.encode("utf-8", "surrogateescape"))))
            for descriptor in streams:
                packed = descriptor.to_bytes(4, sys.byteorder)
                self._link.sendmsg([b"\0"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)])
            if when_silent is not None and not readable(self._link.fileno(), min(SILENT_SECONDS, patience_seconds)):
                when_silent()
            kind, rest = _read(self._link, deadline)
        except OSError as error:
            raise NotOpened(f"the shared connection took no command ({error.strerror or error})") from error
        if kind in (DENIED, FAILURE):
            raise Refused(_string(rest[4:]) or "no further session is allowed")
        if kind != OPENED:
            raise NotOpened("the shared connection gave an answer that makes no sense")

    def _hear_exit(self, deadline: float | None) -> None:
        """Read what the connection says of the command until it has ended."""
        try:
            kind, rest = _read(self._link, deadline)
        except NotOpened as error:
            self._code = LOST
            raise self._lost() from error
        except TimedOutError as error:
            raise TimedOutError(f"{self.name} took too long") from error
        if kind == EXIT:
            self._code = int.from_bytes(rest[4:8], "big")

    def _lost(self) -> LinkLost:
        return LinkLost("the connection was lost while a command ran", hint="look before you try again")


def _number(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _text(text: bytes) -> bytes:
    return _number(len(text)) + text


def _string(raw: bytes) -> str:
    return raw[4 : 4 + int.from_bytes(raw[:4], "big")].decode("utf-8", "replace")


def _packet(*parts: bytes) -> bytes:
    return _text(b"".join(parts))


def _read(link: Any, deadline: float | None) -> tuple[int, bytes]:
    """Return the next packet: what it is, and the rest. Raises NotOpened at the end, TimedOutError."""
    size = int.from_bytes(_exactly(link, 4, deadline), "big")
    if not 4 <= size <= LARGEST:
        raise NotOpened("the shared connection gave an answer that makes no sense")
    content = _exactly(link, size, deadline)
    return int.from_bytes(content[:4], "big"), content[4:]


def _exactly(link: Any, count: int, deadline: float | None) -> bytes:
    parts = b""
    while len(parts) < count:
        if deadline is not None and not readable(link.fileno(), deadline - time.monotonic()):
            raise TimedOutError("the shared connection gave no answer in time")
        try:
            part = link.recv(count - len(parts))
        except OSError as error:
            raise NotOpened(f"the shared connection ended ({error.strerror or error})") from error
        if not part:
            raise NotOpened("the shared connection ended")
        parts += part
    return parts
