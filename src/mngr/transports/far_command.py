"""A command on another host, known there by its process: so it can be ended, as one that runs here."""

from __future__ import annotations

import os
import time

from mngr.model.errors import TimedOutError, UnreachableError
from mngr.transports.mux import MuxCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BEGIN_SECONDS = 60.0  # the files that a login shell reads first may be slow
KNOWN_SECONDS = 2.0  # until the process of one that is ended at its very beginning is known
GOODBYE_SECONDS = 5.0  # what one that was asked to end has to say
RELAY_SECONDS = 0.5
RELAY_BYTES = 1 << 16

# The shell says who it is (sshd gives each a process group of its own), and outlives signals to all of it, for ssh does
# not pass on how a command ended that a signal ended. What a login shell prints before that is not the command's.
BEGIN = 'echo "$0 $$"; trap : HUP INT TERM; "$@"; exit $?'
# Ends all of it: asks, and insists after two seconds.
END = """kill -s "$1" -- "-$2" 2>/dev/null || exit 0
[ "$1" = TERM ] || exit 0
rounds=0
while kill -0 -- "-$2" 2>/dev/null && [ "$rounds" -lt 40 ]; do
    rounds=$((rounds + 1))
    sleep 0.05 2>/dev/null || sleep 1
done
kill -s KILL -- "-$2" 2>/dev/null || :"""


def begun(mark: str, argv: list[str]) -> list[str]:
    """Return a command that tells, by its mark, when it begins."""
    return ["sh", "-c", BEGIN, mark, *argv]


class FarCommand(MuxCommand):
    """A command on another host. `signal` sends a signal, by name, to a process there and all that it started."""

    def __init__(
        self, shown: list[str], link: Any, text: str, patience_seconds: float, streams: tuple[int, int] | None = None
    ) -> None:
        super().__init__(shown, link, text, patience_seconds, streams)
        self.mark = b""
        self.signal: Callable[[str, int], None] | None = None
        self._pid: int | None = None

    def __exit__(self, *_: object) -> None:
        if self._code is None:
            self._find_out()
        super().__exit__()

    def communicate(self, input: bytes, timeout_seconds: float | None) -> tuple[bytes, bytes]:
        """Feed standard input and return both outputs; see `Piped.communicate`."""
        self._begin(BEGIN_SECONDS if timeout_seconds is None else timeout_seconds)
        return super().communicate(input, timeout_seconds)

    def read_line(self, timeout_seconds: float) -> bytes:
        """Return the next line of standard output; see `Piped.read_line`."""
        self._begin(max(timeout_seconds, BEGIN_SECONDS))
        return super().read_line(timeout_seconds)

    def read_exactly(self, count: int, timeout_seconds: float) -> bytes:
        """Return so many bytes of standard output; see `Piped.read_exactly`."""
        self._begin(max(timeout_seconds, BEGIN_SECONDS))
        return super().read_exactly(count, timeout_seconds)

    def kill(self) -> None:
        """End the command, and all it started that stayed with it."""
        if self._code is None and self._pid is not None and self.signal is not None:
            self.signal("TERM", self._pid)
        super().kill()

    def relay(self, timeout_seconds: float | None) -> int:
        """Write what it says to our standard output until it ends, and return its exit code.

        Ctrl-C is for it alone. Raises TimedOutError: then it was ended.
        """
        self._begin(BEGIN_SECONDS if timeout_seconds is None else timeout_seconds)
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        self.take = _write_out
        while True:
            try:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                super().communicate(b"", left)
                return self.wait(GOODBYE_SECONDS)
            except KeyboardInterrupt as interrupt:
                if type(interrupt) is not KeyboardInterrupt:  # we were asked to end, and so is it
                    self._send("TERM")
                    super().communicate(b"", GOODBYE_SECONDS)
                    raise
                self._send("INT")

    def _send(self, name: str) -> None:
        if self._pid is not None and self.signal is not None:
            self.signal(name, self._pid)

    def _find_out(self) -> None:
        """Learn which process it is, before its streams are closed."""
        try:
            self._begin(KNOWN_SECONDS)
        except (TimedOutError, UnreachableError, OSError):
            return

    def _begin(self, patience_seconds: float) -> None:
        """Read up to the line with its mark; what comes before that is the login shell's. Raises UnreachableError."""
        if self._pid is not None or self.stdout < 0:
            return
        deadline = time.monotonic() + patience_seconds
        said = b""
        while self._pid is None:
            line = super().read_line(deadline - time.monotonic())
            if not line.endswith(b"\n"):
                said += line
                break
            mark, _, number = line.strip().rpartition(b" ")
            if mark.endswith(self.mark) and number.isdigit():
                self._pid = int(number)
            said += line
        if self._pid is None:
            if time.monotonic() >= deadline:
                raise TimedOutError("the host's login shell did not begin the command in time")
            text = said.decode("utf-8", "replace").strip().rpartition("\n")[2] or "its login shell ended"
            raise UnreachableError(f"the host runs no commands: {text}", hint="is there a shell for that user?")


def _write_out(part: bytes) -> None:
    while part:
        part = part[os.write(1, part) :]
