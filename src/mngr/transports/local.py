"""This machine: a command is run as it is."""

from __future__ import annotations


class LocalTransport:
    """Reaches the machine that mngr itself runs on."""

    shares_files = True

    def wrap(self, argv: list[str], tty: bool = False) -> list[str]:
        """Return the local command that runs argv on the host."""
        return argv
