"""A host that can be reached, and running things on it."""

from __future__ import annotations

import os

from mngr.config.paths import HostPaths, tmux_socket
from mngr.transports import run as processes
from mngr.transports.quoting import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.model.protocols import Transport
    from mngr.model.result import Result

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Host:
    """A host that can be reached: its names, its paths, and commands run on it."""

    def __init__(self, name: str, provider: str, transport: Transport, folder: str, prefix: str) -> None:
        self.name = name
        self.id: str | None = None  # known once the host has been looked at
        self.provider = provider
        self.transport = transport
        self.paths = HostPaths(folder)
        self.prefix = prefix
        self.tmux_socket = tmux_socket(folder, prefix)

    @property
    def address(self) -> str:
        """Return what follows the `@` in the address of an agent here."""
        return self.name if self.name == self.provider else f"{self.name}.{self.provider}"

    def run(
        self, argv: list[str], input: bytes = b"", timeout_seconds: float | None = None, check: bool = True
    ) -> Result:
        """Run a command on this host; see `transports.run.run`."""
        return processes.run(self.transport.wrap(argv), input, timeout_seconds, check)

    def script(
        self, argv: list[str], input: bytes = b"", timeout_seconds: float | None = None, check: bool = True
    ) -> Result:
        """Run one of mngr's own POSIX scripts, named as in `observe/probe.sh`, with its arguments."""
        return self.run(self.script_command(argv), input, timeout_seconds, check)

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

    def spawn(self, argv: list[str]) -> processes.Process:
        """Start a command on this host, with pipes to its streams."""
        return processes.Process(self.transport.wrap(argv))

    def ask(
        self, argv: list[str], take: Callable[[bytes], None] | None = None, timeout_seconds: float | None = None
    ) -> Result:
        """Run one of mngr's own scripts, and load what reading its answer takes while the host works.

        `take` gets the answer as it comes; without it, the result holds it.
        """
        with self.spawn(self.script_command(argv)) as process:
            import json as json

            if take is not None:
                return process.stream(take, timeout_seconds)
            return process.result(timeout_seconds=timeout_seconds)

    def tmux(self, *words: str) -> list[str]:
        """Return a tmux command for mngr's own server on this host."""
        return ["tmux", "-u", "-L", self.tmux_socket, *words]
