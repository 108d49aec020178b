"""A host that can be reached, and running things on it."""

from __future__ import annotations

import os
import time

from mngr.config.paths import HostPaths, tmux_socket
from mngr.model.errors import UnreachableError
from mngr.model.host import OFF, RUNNING
from mngr.transports.quoting import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.model.protocols import Transport
    from mngr.model.result import Result
    from mngr.transports.piped import Piped

START_SECONDS = 60.0  # until a script begins
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Host:
    """A host that can be reached: its names, its paths, and commands run on it.

    `folder` may begin with `~`, the home on the host, which is asked there when it is first needed.
    """

    reason: str = ""  # why it is in its state, where its provider has something to say
    self_stop: str | None = None  # shell text that stops it from inside; None where nothing can

    def __init__(self, name: str, provider: str, transport: Transport, folder: str, prefix: str) -> None:
        self.name = name
        self.id: str | None = None  # known once the host has been looked at
        self.provider = provider
        self.transport = transport
        self.prefix = prefix
        self.state = RUNNING  # as far as its provider knows, one of `model.host.HOST_STATES`
        self.network: str | None = None  # what it may reach, where its provider sees to that
        self._folder = folder
        self.deadline: float | None = None  # by `time.monotonic`: when what is done there now must be over
        self._facts: tuple[HostPaths, str, str] | None = None

    @property
    def was_silent(self) -> bool:
        """Return whether it did not answer when it was last tried, a moment ago."""
        return getattr(self.transport, "was_silent", False)

    @property
    def address(self) -> str:
        """Return what follows the `@` in the address of an agent here."""
        return self.name if self.name == self.provider else f"{self.name}.{self.provider}"

    @property
    def paths(self) -> HostPaths:
        """Return where things are on it. Raises UnreachableError where that must be asked there, and cannot be."""
        return self._known()[0]

    @property
    def tmux_socket(self) -> str:
        """Return the name of mngr's own tmux server there."""
        return self._known()[1]

    @property
    def known_folder(self) -> str:
        """Return the folder below which things are on it, as far as it is known without asking there."""
        return self._facts[0].folder if self._facts is not None else self._folder

    @property
    def home(self) -> str:
        """Return the user's home there."""
        return self._known()[2]

    def _known(self) -> tuple[HostPaths, str, str]:
        if self._facts is None:
            folder, account, home = self._folder, None, ""
            if not self.transport.shares_files:
                remote: Any = self.transport
                greeting = remote.greeting(self._time(None))
                account, home = greeting.account_home, greeting.home
                folder = home + folder[1:] if folder == "~" or folder.startswith("~/") else folder
            self._facts = HostPaths(folder), tmux_socket(folder, self.prefix, account), home
        return self._facts

    def run(
        self, argv: list[str], input: bytes = b"", timeout_seconds: float | None = None, check: bool = True
    ) -> Result:
        """Run a command on this host; see `transports.run.run`. Raises UnreachableError."""
        self._expect_running()
        deadline = _after(self._time(timeout_seconds))
        with self.transport.start(argv, _until(deadline)) as command:
            return command.result(input, _until(deadline), check)

    def script(
        self, argv: list[str], input: bytes = b"", timeout_seconds: float | None = None, check: bool = True
    ) -> Result:
        """Run one of mngr's own POSIX scripts, named as in `observe/probe.sh`, with its arguments."""
        return self.run(self.script_command(argv), input, timeout_seconds, check)

    def whole_script(self, argv: list[str], input: bytes = b"", check: bool = True) -> Result:
        """Run one of mngr's own scripts that must not be cut off: an interrupt waits for its end."""
        self._expect_running()
        # Given a time, a transport keeps what it starts out of the terminal's reach.
        with self.transport.start(self.script_command(argv), self._time(START_SECONDS)) as command:
            command.whole = True
            return command.result(input, _until(self.deadline), check)

    def script_command(self, argv: list[str]) -> list[str]:
        """Return the command that runs one of mngr's own scripts on this host (without the transport)."""
        if self.transport.shares_files:
            return ["sh", os.path.join(PACKAGE, argv[0]), *argv[1:]]
        return ["sh", "-c", self.resource(argv[0]).decode(), *argv]

    def script_text(self, name: str) -> str:
        """Return shell text that runs one of mngr's own scripts, or any other by its absolute path."""
        if self.transport.shares_files:
            return f". {quote(os.path.join(PACKAGE, name))}"
        return self.resource(name).decode()

    def resource(self, name: str) -> bytes:
        """Return the content of one of mngr's own files."""
        with open(os.path.join(PACKAGE, name), "rb") as file:
            return file.read()

    def spawn(self, argv: list[str], *, apart: bool = False) -> Piped:
        """Start a command on this host, with pipes to its streams; see `Transport.start`. Raises UnreachableError."""
        self._expect_running()
        # An interrupt at the terminal would end a connection of its own before the command there can be told to end.
        return self.transport.start(argv, self._time(START_SECONDS if apart else None), apart=apart)

    def call(self, argv: list[str], timeout_seconds: float | None = None, tty: bool = False) -> int:
        """Run a command on our own standard streams; see `Transport.call`. Raises UnreachableError, TimedOutError."""
        self._expect_running()
        return self.transport.call(argv, timeout_seconds, tty)

    def _time(self, seconds: float | None) -> float | None:
        """Return how long something may take: so long, and not beyond the deadline."""
        left = _until(self.deadline)
        return seconds if left is None else left if seconds is None else min(seconds, left)

    def _expect_running(self) -> None:
        if self.state in OFF:
            why = f" ({self.reason})" if self.reason else ""
            raise UnreachableError(f"{self.address} is {self.state}{why}", hint=f"mngr start @{self.address}")

    def ask(
        self, argv: list[str], take: Callable[[bytes], None] | None = None, timeout_seconds: float | None = None
    ) -> Result:
        """Run one of mngr's own scripts, and load what reading its answer takes while the host works.

        `take` gets the answer as it comes; without it, the result holds it.
        """
        self._expect_running()
        command = self.script_command(argv)
        deadline = _after(self._time(timeout_seconds))
        with self.transport.start(command, _until(deadline)) as process:
            import json as json

            if take is not None:
                return process.stream(take, _until(deadline))
            return process.result(timeout_seconds=_until(deadline))

    def tmux(self, *words: str) -> list[str]:
        """Return a tmux command for mngr's own server on this host."""
        return ["tmux", "-u", "-L", self.tmux_socket, *words]


def _after(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds


def _until(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
