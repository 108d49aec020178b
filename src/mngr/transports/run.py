"""Runs processes: the only file that does.

Built on `posix_spawn` and `poll`, which need no import that costs anything; `subprocess` alone costs more
than starting Python does.
"""

from __future__ import annotations

import os
import select
import time

from mngr.model.errors import CommandError, MissingProgramError, TimedOutError
from mngr.model.result import Result
from mngr.transports.surroundings import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn

SIGHUP, SIGTERM, SIGKILL, SIGPIPE, SIGXFSZ = 1, 15, 9, 13, 25
CHUNK_BYTES = 1 << 16

# The C module below `signal`, which costs most of what starting Python does.
_signal: Any = __import__("_signal")

# Told of every command: before it runs, and what became of it. For `-v` and the log.
before: list[Callable[[list[str]], None]] = []
after: list[Callable[[Result], None]] = []


def run(
    argv: list[str],
    input: bytes = b"",
    timeout_seconds: float | None = None,
    check: bool = True,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run a command to its end and return its result.

    Raises CommandError if it fails and `check` is set, MissingProgramError, TimedOutError.
    """
    with Process(argv, env=env, group=timeout_seconds is not None) as process:
        return process.result(input, timeout_seconds, check)


def call(argv: list[str], timeout_seconds: float | None = None, env: Mapping[str, str] | None = None) -> int:
    """Run a command on our own standard streams and return its exit code (128 + n after signal n)."""
    started = time.monotonic()
    with Process(argv, env=env, inherit=True, group=timeout_seconds is not None) as process:
        if timeout_seconds is None:
            code = _wait_for_guest(process)
        else:
            code = process.wait(timeout_seconds)
    for tell in after:
        tell(Result(argv, code, seconds=time.monotonic() - started))
    return code if code >= 0 else 128 - code


def _wait_for_guest(process: Process) -> int:
    """Wait for a command that has our terminal: Ctrl-C is for it alone, as when a shell runs it."""
    ours = _signal.getsignal(_signal.SIGINT)
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    try:
        return process.wait()
    finally:
        _signal.signal(_signal.SIGINT, ours)


def apart(work: Callable[[], int]) -> int:
    """Do work in a process that outlives our terminal and our parents, and return its exit code.

    That process is a copy of this one, and also returns from here. To be called before there are threads.
    """
    ours, theirs = os.pipe()
    between = os.fork()
    if between:
        os.close(theirs)
        os.waitpid(between, 0)
        said = os.read(ours, 1)
        os.close(ours)
        return said[0] if said else 1
    os.close(ours)
    os.setsid()
    _signal.signal(SIGHUP, _signal.SIG_IGN)
    if os.fork():
        os._exit(0)
    code = work()
    try:
        os.write(theirs, bytes([code]))
    except BrokenPipeError:
        pass  # who began it has been ended
    return code


def leave(work: Callable[[], object]) -> None:
    """Leave work to a process that nobody waits for, and that keeps no terminal and no stream of ours open.

    To be called when there are no threads, and when all that was to be written is.
    """
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return
    try:
        os.setsid()
        if not os.fork():
            null = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(null, stream)
            os.closerange(3, 1024)
            before.clear()
            after.clear()
            work()
    finally:
        os._exit(0)


def become(argv: list[str], env: Mapping[str, str] | None = None) -> NoReturn:
    """Replace this process by a command."""
    for tell in before:
        tell(argv)
    try:
        os.execvpe(argv[0], argv, dict(env) if env is not None else environment())
    except OSError as error:
        raise _cannot_start(argv, error) from error


def describe(code: int) -> str:
    """Say how a process ended."""
    return f"exit {code}" if code >= 0 else f"signal {-code}"


class Process:
    """A command under way, with pipes to its three streams, or on our own (`inherit`).

    With `group` it leads a process group of its own, and is ended with all that it started.
    """

    def __init__(
        self, argv: list[str], env: Mapping[str, str] | None = None, inherit: bool = False, group: bool = False
    ) -> None:
        for tell in before:
            tell(argv)
        self.argv = argv
        self._started = time.monotonic()
        self._group = group
        self._code: int | None = None
        self.take: Callable[[bytes], None] | None = None  # gets what it writes, as it comes
        self.take_errors: Callable[[bytes], None] | None = None  # what it writes on standard error
        ours, theirs = _pipes() if not inherit else ([-1, -1, -1], [])
        self.stdin, self.stdout, self.stderr = ours
        own_group: dict[str, Any] = {"setpgroup": 0} if group else {}
        actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(theirs)]
        try:
            self.pid = os.posix_spawnp(
                argv[0],
                argv,
                dict(env) if env is not None else environment(),
                file_actions=actions,
                setsigdef=(SIGPIPE, SIGXFSZ),
                **own_group,
            )
        except (OSError, ValueError) as error:
            self._close(*ours)
            raise _cannot_start(argv, error) from error
        finally:
            self._close(*theirs)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._code is None:
            self.kill()

    def result(self, input: bytes = b"", timeout_seconds: float | None = None, check: bool = True) -> Result:
        """Let the command run to its end and return its result; see `run`."""
        out, err = self.communicate(input, timeout_seconds)
        result = Result(self.argv, self.wait(), out, err, time.monotonic() - self._started)
        for tell in after:
            tell(result)
        if check and result.code != 0:
            name = os.path.basename(self.argv[0])
            raise CommandError(f"{name} failed ({describe(result.code)}): {result.complaint}", result)
        return result

    def stream(self, take: Callable[[bytes], None], timeout_seconds: float | None = None) -> Result:
        """Let the command run to its end, hand over what it writes as it comes, and return its result, without that.

        Raises CommandError if it fails, TimedOutError.
        """
        self.take = take
        return self.result(timeout_seconds=timeout_seconds)

    def communicate(self, input: bytes, timeout_seconds: float | None) -> tuple[bytes, bytes]:
        """Feed standard input and return both outputs, until the command has ended and all it wrote is read."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        outputs: dict[int, list[bytes]] = {self.stdout: [], self.stderr: []}
        results = (outputs[self.stdout], outputs[self.stderr])
        ended = _watch_end(self.pid)
        try:
            self._pump(memoryview(input), outputs, ended, deadline)
        finally:
            self._close(ended)
        return b"".join(results[0]), b"".join(results[1])

    def write(self, part: bytes) -> None:
        """Write to standard input; what a command that has ended would have got is dropped."""
        try:
            while part:
                part = part[os.write(self.stdin, part) :]
        except BrokenPipeError:
            return

    def finish(self) -> str:
        """Let the command end and return what it said on standard error."""
        self._close_stdin()
        _, said = self.communicate(b"", None)
        self.close()
        self.wait()
        return said.decode("utf-8", "replace").strip()

    def read_line(self, timeout_seconds: float) -> bytes:
        """Return the next line of standard output, or what there is of it when the command ends or time is up."""
        deadline = time.monotonic() + timeout_seconds
        line = b""
        while not line.endswith(b"\n"):
            if not _readable(self.stdout, deadline - time.monotonic()):
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
        while count > 0 and _readable(self.stdout, deadline - time.monotonic()):
            part = os.read(self.stdout, min(count, CHUNK_BYTES))
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Wait for the end and return the exit code (minus the number of the signal, if one ended it)."""
        if self._code is None:
            if timeout_seconds is not None:
                self._wait_until(time.monotonic() + timeout_seconds)
            _, status = os.waitpid(self.pid, 0)
            self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def kill(self) -> None:
        """End the command: ask, then insist."""
        for number, patience_seconds in ((SIGTERM, 2.0), (SIGKILL, None)):
            if self._code is not None:
                return
            try:
                os.kill(-self.pid if self._group else self.pid, number)
                self.wait(patience_seconds)
            except TimedOutError:
                continue
            except (ProcessLookupError, ChildProcessError):
                return  # it has ended; an interrupt came between its end and our noting it

    def close(self) -> None:
        """Close our ends of its streams."""
        self._close(self.stdin, self.stdout, self.stderr)
        self.stdin = self.stdout = self.stderr = -1

    def _pump(self, input: memoryview, outputs: dict[int, list[bytes]], ended: int, deadline: float | None) -> None:
        poll = select.poll()
        for descriptor in (*outputs, ended):
            if descriptor >= 0:
                poll.register(descriptor, select.POLLIN)
        if len(input):
            os.set_blocking(self.stdin, False)
            poll.register(self.stdin, select.POLLOUT)
        else:
            self._close_stdin()
        while outputs:
            ready = {descriptor for descriptor, _ in poll.poll(_milliseconds(deadline))}
            if not ready and deadline is not None and time.monotonic() >= deadline:
                self.kill()
                raise TimedOutError(f"{os.path.basename(self.argv[0])} took too long and was ended")
            if self.stdin in ready:
                input = self._feed(input, poll)
            read_any = [_drain(descriptor, outputs, poll) for descriptor in ready & outputs.keys()]
            for descriptor, take in ((self.stdout, self.take), (self.stderr, self.take_errors)):
                if take is not None and (parts := outputs.get(descriptor)):
                    take(b"".join(parts))
                    parts.clear()
            if ended in ready and not any(read_any):
                return

    def _feed(self, input: memoryview, poll: select.poll) -> memoryview:
        try:
            input = input[os.write(self.stdin, input[:CHUNK_BYTES]) :]
        except BlockingIOError:
            return input
        except BrokenPipeError:
            input = input[:0]
        if not len(input):
            poll.unregister(self.stdin)
            self._close_stdin()
        return input

    def _close_stdin(self) -> None:
        self._close(self.stdin)
        self.stdin = -1

    def _wait_until(self, deadline: float) -> None:
        ended = _watch_end(self.pid)
        try:
            if ended >= 0:
                done = _readable(ended, deadline - time.monotonic())
            else:
                done = self._poll_until(deadline)
        finally:
            self._close(ended)
        if not done:
            raise TimedOutError(f"{os.path.basename(self.argv[0])} took too long")

    def _poll_until(self, deadline: float) -> bool:
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
                return True
            time.sleep(0.005)
        return False

    @staticmethod
    def _close(*descriptors: int) -> None:
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)


def _pipes() -> tuple[list[int], list[int]]:
    stdin, stdout, stderr = os.pipe(), os.pipe(), os.pipe()
    return [stdin[1], stdout[0], stderr[0]], [stdin[0], stdout[1], stderr[1]]


def _watch_end(pid: int) -> int:
    """Return a descriptor that turns readable when the process ends, or -1 where there is no such thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0, int(seconds * 1000))))


def _drain(descriptor: int, outputs: dict[int, list[bytes]], poll: select.poll) -> bool:
    part = os.read(descriptor, CHUNK_BYTES)
    if part:
        outputs[descriptor].append(part)
        return True
    poll.unregister(descriptor)
    del outputs[descriptor]
    return False


def _milliseconds(deadline: float | None) -> int | None:
    return None if deadline is None else max(0, int((deadline - time.monotonic()) * 1000) + 1)


def _cannot_start(argv: list[str], error: OSError | ValueError) -> CommandError:
    name = os.path.basename(argv[0])
    if isinstance(error, FileNotFoundError):
        return MissingProgramError(f"{name} is not on PATH", hint=f"install {name}, or run: mngr doctor")
    if isinstance(error, ValueError):
        return CommandError(f"{name} cannot be started: an argument holds a NUL byte")
    if error.errno == 7:
        return CommandError(f"{name} cannot be started: its arguments are too long")
    return CommandError(f"{name} cannot be started: {error.strerror}")
