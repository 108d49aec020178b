"""Runs processes: the only file that does.

Built on `posix_spawn` and `poll`, which need no import that costs anything; `subprocess` alone costs more
than starting Python does.
"""

from __future__ import annotations

import os
import time

from mngr.model.errors import CommandError, MissingProgramError, TimedOutError
from mngr.model.result import Result
from mngr.transports.piped import Piped, after, before, close, pipes, readable
from mngr.transports.surroundings import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn

SIGHUP, SIGINT, SIGTERM, SIGKILL, SIGPIPE, SIGXFSZ = 1, 2, 15, 9, 13, 25

# The C module below `signal`, which costs most of what starting Python does.
_signal: Any = __import__("_signal")


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


ENDING = {SIGHUP, SIGINT, SIGTERM}


class InterruptsHeld:
    """A block of this thread that signals to end us wait for; a thread that is begun in it never takes one."""

    def __enter__(self) -> InterruptsHeld:
        self.mask: set[int] = _signal.pthread_sigmask(_signal.SIG_BLOCK, ENDING)
        return self

    def __exit__(self, *_: object) -> None:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self.mask)


class Process(Piped):
    """A command under way, with pipes to its three streams, or on our own (`inherit`).

    With `group` it leads a process group of its own, and is ended with all that it started. `shown` is told of it
    instead of what is run.
    """

    def __init__(
        self,
        argv: list[str],
        env: Mapping[str, str] | None = None,
        inherit: bool = False,
        group: bool = False,
        shown: list[str] | None = None,
    ) -> None:
        shown = shown or argv
        for tell in before:
            tell(shown)
        ours, theirs = pipes() if not inherit else ([-1, -1, -1], [])
        super().__init__(shown, ours)
        self._group = group
        own_group: dict[str, Any] = {"setpgroup": 0} if group else {}
        actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(theirs)]
        self.pid = -1
        try:
            # An interrupt that comes while it is spawned waits until its pid is known: else nobody would end it.
            with InterruptsHeld() as held:
                self.pid = os.posix_spawnp(
                    argv[0],
                    argv,
                    dict(env) if env is not None else environment(),
                    file_actions=actions,
                    setsigmask=held.mask - ENDING,  # a thread may take none of them, and its processes do
                    setsigdef=(SIGPIPE, SIGXFSZ),
                    **own_group,
                )
        except (OSError, ValueError) as error:
            close(*ours)
            raise _cannot_start(argv, error) from error
        except KeyboardInterrupt:
            if self.pid > 0:
                self.__exit__()
            raise
        finally:
            close(*theirs)

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

    def _wait_until(self, deadline: float) -> None:
        ended = self._watch_end()
        try:
            if ended >= 0:
                done = readable(ended, deadline - time.monotonic())
            else:
                done = self._poll_until(deadline)
        finally:
            close(ended)
        if not done:
            raise TimedOutError(f"{self.name} took too long")

    def _poll_until(self, deadline: float) -> bool:
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
                return True
            time.sleep(0.005)
        return False

    def _watch_end(self) -> int:
        try:
            return os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            return -1


def _cannot_start(argv: list[str], error: OSError | ValueError) -> CommandError:
    name = os.path.basename(argv[0])
    if isinstance(error, FileNotFoundError):
        return MissingProgramError(f"{name} is not on PATH", hint=f"install {name}, or run: mngr doctor")
    if isinstance(error, ValueError):
        return CommandError(f"{name} cannot be started: an argument holds a NUL byte")
    if error.errno == 7:
        return CommandError(f"{name} cannot be started: its arguments are too long")
    return CommandError(f"{name} cannot be started: {error.strerror}")
