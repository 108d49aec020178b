"""A command under way somewhere, and the three pipes to it: the same for one on this machine and one far away."""

from __future__ import annotations

import os
import select
import time
from abc import abstractmethod

from mngr.model.errors import CommandError, TimedOutError, UnreachableError
from mngr.model.result import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

CHUNK_BYTES = 1 << 16
FINISH_SECONDS = 30.0  # what a short command may still take when we are interrupted

# Told of every command: before it runs, and what became of it. For `-v` and the log.
before: list[Callable[[list[str]], None]] = []
after: list[Callable[[Result], None]] = []


def describe(code: int) -> str:
    """Say how a process ended."""
    return f"exit {code}" if code >= 0 else f"signal {-code}"


class Piped:
    """A command under way, with pipes to its three streams. How it began, and how it ends, its subclasses know."""

    def __init__(self, argv: list[str], streams: list[int]) -> None:
        self.argv = argv
        self.name = os.path.basename(argv[0])  # as it is told
        self.stdin, self.stdout, self.stderr = streams
        self.take: Callable[[bytes], None] | None = None  # gets what it writes, as it comes
        self.take_errors: Callable[[bytes], None] | None = None  # what it writes on standard error
        self.whole = False  # whether an interrupt waits for its end; the next one, or FINISH_SECONDS, end it
        self.source = -1  # what its standard input comes from, after what it is fed
        self._started = time.monotonic()
        self._code: int | None = None
        self._input = memoryview(b"")  # what it is still to be fed
        self._complaints: list[bytes] = []  # what was read of standard error before all was
        self._patience_seconds: float | None = None  # until `_is_over` is asked again, though nothing came

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._code is None:
            self.kill()

    @abstractmethod
    def wait(self, timeout_seconds: float | None = None) -> int:
        """Wait for the end and return the exit code (minus the number of the signal, if one ended it)."""
        ...

    def kill(self) -> None:
        """End the command."""

    @abstractmethod
    def _watch_end(self) -> int:
        """Return a new descriptor that turns readable when the command has ended; -1 where there is no such thing."""
        ...

    def _is_over(self, *, told: bool, read: bool) -> bool:
        """Tell whether nothing more will come. `told`: the end can be read of; `read`: something came just now."""
        return told and not read

    def result(self, input: bytes = b"", timeout_seconds: float | None = None, check: bool = True) -> Result:
        """Let the command run to its end and return its result; see `run`."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        try:
            out, err = self.communicate(input, timeout_seconds)
        except KeyboardInterrupt:
            if self.whole:
                self._await_end()
            raise
        try:
            code = self.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except TimedOutError:
            self.kill()
            raise
        result = Result(self.argv, code, out, err, time.monotonic() - self._started)
        for tell in after:
            tell(result)
        if check and result.code != 0:
            raise CommandError(f"{self.name} failed ({describe(result.code)}): {result.complaint}", result)
        return result

    def stream(self, take: Callable[[bytes], None], timeout_seconds: float | None = None) -> Result:
        """Let the command run to its end, hand over what it writes as it comes, and return its result, without that.

        Raises CommandError if it fails, TimedOutError.
        """
        self.take = take
        return self.result(timeout_seconds=timeout_seconds)

    def _await_end(self) -> None:
        if self._code is not None:
            return
        try:
            self.communicate(b"", FINISH_SECONDS)
            self.wait(FINISH_SECONDS)
        except (TimedOutError, UnreachableError, OSError):
            return

    def communicate(self, input: bytes, timeout_seconds: float | None) -> tuple[bytes, bytes]:
        """Feed standard input and return both outputs, until the command has ended and all it wrote is read."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        outputs: dict[int, list[bytes]] = {self.stdout: [], self.stderr: self._complaints}
        results = (outputs[self.stdout], outputs[self.stderr])
        ended = self._watch_end()
        if input:
            self._input = memoryview(input)
        try:
            self._pump(outputs, ended, deadline)
        except TimedOutError as error:
            error.said = b"".join(results[1]) or b"".join(results[0])
            raise
        finally:
            close(ended)
        return b"".join(results[0]), b"".join(results[1])

    def write(self, part: bytes) -> None:
        """Write to standard input; what a command that has ended would have got is dropped.

        What it says on standard error meanwhile is taken in: it may write no more than a pipe holds, and then waits.
        """
        os.set_blocking(self.stdin, False)
        poll = select.poll()
        poll.register(self.stdin, select.POLLOUT)
        poll.register(self.stderr, select.POLLIN)
        try:
            while part:
                ready = {descriptor for descriptor, _ in poll.poll()}
                if self.stderr in ready:
                    complaint = os.read(self.stderr, CHUNK_BYTES)
                    self._complaints.append(complaint)
                    if not complaint:
                        poll.unregister(self.stderr)
                if self.stdin in ready:
                    part = part[os.write(self.stdin, part) :]
        except BrokenPipeError:
            return

    def finish(self, timeout_seconds: float | None = None) -> str:
        """Let the command end and return what it said on standard error. Raises TimedOutError: then it was ended."""
        self._close_stdin()
        _, said = self.communicate(b"", timeout_seconds)
        self.close()
        self.wait()
        return said.decode("utf-8", "replace").strip()

    def read_line(self, timeout_seconds: float) -> bytes:
        """Return the next line of standard output, or what there is of it when the command ends or time is up."""
        deadline = time.monotonic() + timeout_seconds
        line = b""
        while not line.endswith(b"\n"):
            if not readable(self.stdout, deadline - time.monotonic()):
                return line
            byte = os.read(self.stdout, 1)
            if not byte:
                return line
            line += byte
        return line

    def read_exactly(self, count: int, timeout_seconds: float) -> bytes:
        """Return so many bytes of standard output, or fewer when the command ends or time is up."""
        deadline = time.monotonic() + timeout_seconds
        parts: list[bytes] = []
        while count > 0 and readable(self.stdout, deadline - time.monotonic()):
            part = os.read(self.stdout, min(count, CHUNK_BYTES))
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Close our ends of its streams."""
        close(self.stdin, self.stdout, self.stderr)
        self.stdin = self.stdout = self.stderr = -1

    def _pump(self, outputs: dict[int, list[bytes]], ended: int, deadline: float | None) -> None:
        poll = select.poll()
        for descriptor in (*outputs, ended):
            if descriptor >= 0:
                poll.register(descriptor, select.POLLIN)
        self._await_input(poll)
        while outputs:
            ready = {descriptor for descriptor, _ in poll.poll(_milliseconds(deadline, self._patience_seconds))}
            if deadline is not None and ended not in ready and time.monotonic() >= deadline:
                self.kill()
                raise TimedOutError(f"{self.name} took too long and was ended")
            if self.source in ready:
                self._read_source(poll)
            if self.stdin in ready:
                self._feed(poll)
            read_any = [_drain(descriptor, outputs, poll) for descriptor in ready & outputs.keys()]
            for descriptor, take in ((self.stdout, self.take), (self.stderr, self.take_errors)):
                if take is not None and (parts := outputs.get(descriptor)):
                    take(b"".join(parts))
                    parts.clear()
            if self._is_over(told=ended in ready, read=any(read_any)):
                return

    def _await_input(self, poll: select.poll) -> None:
        """Wait for room for what is left of the input, else for more of it; where there is none, say so."""
        if len(self._input):
            os.set_blocking(self.stdin, False)
            poll.register(self.stdin, select.POLLOUT)
        elif self.source >= 0:
            poll.register(self.source, select.POLLIN)
        else:
            self._close_stdin()

    def _read_source(self, poll: select.poll) -> None:
        try:
            part = os.read(self.source, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:  # it is none to read from
            part = b""
        poll.unregister(self.source)
        if not part:
            self.source = -1
        self._input = memoryview(part)
        self._await_input(poll)

    def _feed(self, poll: select.poll) -> None:
        try:
            self._input = self._input[os.write(self.stdin, self._input[:CHUNK_BYTES]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._input, self.source = self._input[:0], -1
        if not len(self._input):
            poll.unregister(self.stdin)
            self._await_input(poll)

    def _close_stdin(self) -> None:
        close(self.stdin)
        self.stdin = -1


def pour(
    source: Piped, sink: Piped, input: bytes = b"", patience_seconds: float | None = None
) -> tuple[Result, str | None]:
    """Give what one command writes to another as its input, until both have ended.

    Returns the first one's result, and what the second complained of: None if it went well. Raises TimedOutError when
    the second takes longer than `patience_seconds` once it has all.
    """
    source.take = sink.write
    sent = source.result(input, check=False)
    complaint = sink.finish(patience_seconds)
    code = sink.wait()
    return sent, None if code == 0 else complaint or describe(code)


def pipes() -> tuple[list[int], list[int]]:
    """Return our ends of three pipes, and those of the command."""
    stdin, stdout, stderr = os.pipe(), os.pipe(), os.pipe()
    return [stdin[1], stdout[0], stderr[0]], [stdin[0], stdout[1], stderr[1]]


def readable(descriptor: int, seconds: float) -> bool:
    """Wait until something can be read, or so long; tell whether it can."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(int(seconds * 1000) + 1 if seconds > 0 else 0))


def close(*descriptors: int) -> None:
    """Close descriptors; -1 stands for none."""
    for descriptor in descriptors:
        if descriptor >= 0:
            os.close(descriptor)


def _drain(descriptor: int, outputs: dict[int, list[bytes]], poll: select.poll) -> bool:
    part = os.read(descriptor, CHUNK_BYTES)
    if part:
        outputs[descriptor].append(part)
        return True
    poll.unregister(descriptor)
    del outputs[descriptor]
    return False


def _milliseconds(deadline: float | None, patience_seconds: float | None) -> int | None:
    if deadline is not None:
        left = deadline - time.monotonic()
        patience_seconds = left if patience_seconds is None else min(left, patience_seconds)
    return None if patience_seconds is None else max(0, int(patience_seconds * 1000) + 1)
