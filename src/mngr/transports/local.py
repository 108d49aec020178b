"""This machine: a command is run as it is."""

from __future__ import annotations

from mngr.transports.run import Process, call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.piped import Piped


class LocalTransport:
    """Reaches the machine that mngr itself runs on."""

    shares_files = True

    def wrap(self, argv: list[str], tty: bool = False) -> list[str]:
        """Return the local command that runs argv on the host."""
        return argv

    def start(self, argv: list[str], patience_seconds: float | None = None, *, apart: bool = False) -> Piped:
        """Start a command on the host, with pipes to its streams."""
        return Process(argv, group=patience_seconds is not None)

    def call(self, argv: list[str], timeout_seconds: float | None = None, tty: bool = False) -> int:
        """Run a command on our own standard streams and return its exit code. Raises TimedOutError."""
        return call(argv, timeout_seconds)
