"""Commands on another host, known there by their process: so they can be ended, as those that run here.

A command begins there when a first line comes on its standard input, and that is written once its session is open:
what was given up before that never runs, also when the link comes back.
"""

from __future__ import annotations

import os
import time

from mngr.model.errors import TimedOutError, UnreachableError
from mngr.transports.mux import LinkLost, MuxCommand
from mngr.transports.piped import Piped
from mngr.transports.quoting import escaped, for_any_shell
from mngr.transports.refusals import refusal
from mngr.transports.run import Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BEGIN_SECONDS = 60.0  # the files that a login shell reads first may be slow
KNOWN_SECONDS = 2.0  # until the process of one that is ended at its very beginning is known
GOODBYE_SECONDS = 5.0  # what one that was asked to end has to say
SSH_FAILED = 255

# The shell says who it is (sshd gives each a process group of its own), and outlives signals to all of it, for ssh does
# not pass on how a command ended that a signal ended. What a login shell prints before that is not the command's.
BEGIN = 'read -r go || exit; trap : HUP INT TERM; echo "$0 $$"; eval "$(printf %b "$1")"; exit $?'
GO = b"go\n"
# Ends all of it: asks, and insists after two seconds. In this form alone every shell tells a group: busybox knows no
# `--` there, and dash neither `-s NAME` without one nor `-0` with one.
END = """kill "-$1" "-$2" 2>/dev/null || exit 0
[ "$1" = TERM ] || exit 0
rounds=0
while kill -0 "-$2" 2>/dev/null && [ "$rounds" -lt 40 ]; do
    rounds=$((rounds + 1))
    sleep 0.05 2>/dev/null || sleep 1
done
kill -KILL "-$2" 2>/dev/null || :"""


def begun(mark: str, argv: list[str]) -> str:
    """Return a command line for any shell that waits for its first line, and tells by its mark when it begins."""
    return for_any_shell(["sh", "-c", BEGIN, mark, escaped(argv)])


class Begun(Piped):
    """A command on another host that was told to begin. `signal` sends a signal, by name, to a process group there."""

    place: Any = None  # as `transports.ssh.Place`
    mark = b""
    signal: Callable[[str, int], None] | None = None
    _pid: int | None = None
    _said = b""  # on standard output, before it began

    def begin(self, place: Any, mark: str, signal: Callable[[str, int], None]) -> None:
        """Let it begin."""
        self.place, self.mark, self.signal = place, mark.encode(), signal
        self.name = f"a command on {place.name}"
        self.write(GO)

    def __exit__(self, *_: object) -> None:
        if self._code is None:
            self._find_out()
        super().__exit__()

    def communicate(self, input: bytes, timeout_seconds: float | None) -> tuple[bytes, bytes]:
        """Feed standard input and return both outputs; see `Piped.communicate`."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        self._begin(BEGIN_SECONDS if timeout_seconds is None else timeout_seconds)
        return super().communicate(input, None if deadline is None else max(0.0, deadline - time.monotonic()))

    def read_line(self, timeout_seconds: float) -> bytes:
        """Return the next line of standard output; see `Piped.read_line`."""
        self._begin(max(timeout_seconds, BEGIN_SECONDS))
        return super().read_line(timeout_seconds)

    def read_exactly(self, count: int, timeout_seconds: float) -> bytes:
        """Return so many bytes of standard output; see `Piped.read_exactly`."""
        self._begin(max(timeout_seconds, BEGIN_SECONDS))
        return super().read_exactly(count, timeout_seconds)

    def kill(self) -> None:
        """End the command, and all it started that stayed with it, as far as its host can be reached now."""
        if self._code is None and self._pid is None:
            self._find_out()
        if self._code is None and self._pid is not None and self.signal is not None:
            self.signal("TERM", self._pid)
        super().kill()

    def relay(self, timeout_seconds: float | None) -> int:
        """Join our own standard streams to it until it ends, and return its exit code.

        Ctrl-C is for it alone. Raises TimedOutError: then it was ended.
        """
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        self.take, self.take_errors, self.source = _writer(1), _writer(2), 0
        while True:
            try:
                self.communicate(b"", None if deadline is None else max(0.0, deadline - time.monotonic()))
                return self.wait(GOODBYE_SECONDS)
            except KeyboardInterrupt as interrupt:
                if type(interrupt) is not KeyboardInterrupt:  # we were asked to end, and so is it
                    self._send("TERM")
                    self.communicate(b"", GOODBYE_SECONDS)
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
        if self._pid is not None or self.stdout < 0 or not self.mark:
            return
        deadline = time.monotonic() + patience_seconds
        while self._pid is None:
            part = super().read_line(deadline - time.monotonic())
            self._said += part
            if not part.endswith(b"\n"):
                break
            mark, _, number = self._said.rstrip().rpartition(b"\n")[2].rpartition(b" ")
            if mark.endswith(self.mark) and number.isdigit():
                self._pid = int(number)
        if self._pid is None:
            if time.monotonic() >= deadline:
                raise TimedOutError(
                    f"the login shell of {self.place.name} did not begin the command in time",
                    hint="is it slow, or the host? see the files that the shell reads first",
                )
            raise self._never_began()

    def _never_began(self) -> UnreachableError:
        """Return why a command ended before it began. Raises LinkLost."""
        _, complaint = super().communicate(b"", GOODBYE_SECONDS)
        self.wait(GOODBYE_SECONDS)
        lines = (self._said + b"\n" + complaint).decode("utf-8", "replace").split("\n")
        told = [line.strip() for line in lines if line.strip()] or ["its login shell ended"]
        return UnreachableError(f"{self.place.name} runs no commands: {told[-1]}", hint="is there a shell for you?")


class FarCommand(Begun, MuxCommand):
    """A command over the shared connection."""

    def _lost(self) -> LinkLost:
        return lost(self.place.name)


class FarProcess(Begun, Process):
    """A command of mngr's own over a connection of its own, which an ssh makes for it. It never ends with 255."""

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Wait for the end and return the exit code. Raises LinkLost."""
        code = super().wait(timeout_seconds)
        if code == SSH_FAILED and self._pid is not None:
            raise lost(self.place.name)
        return code

    def kill(self) -> None:
        """End the command; see `Begun.kill`. That its ssh ends with it is no link that was lost."""
        try:
            super().kill()
        except LinkLost:
            return

    def _never_began(self) -> UnreachableError:
        _, complaint = Piped.communicate(self, b"", GOODBYE_SECONDS)
        if super().wait(GOODBYE_SECONDS) == SSH_FAILED:
            return refusal(
                self.place.name,
                self.place.destination,
                complaint.decode("utf-8", "replace").strip(),
                self.place.typed,
            )
        self._said += b"\n" + complaint
        return super()._never_began()


def lost(name: str) -> LinkLost:
    """Return the error of a connection that ended under a command."""
    return LinkLost(
        f"the connection to {name} was lost while a command ran there", hint="it may go on: look before you try again"
    )


def _writer(stream: int) -> Callable[[bytes], None]:
    import select

    def write(part: bytes) -> None:
        while part:
            try:
                part = part[os.write(stream, part) :]
            except BlockingIOError:  # somebody who shares it made it so
                room = select.poll()
                room.register(stream, select.POLLOUT)
                room.poll()

    return write
