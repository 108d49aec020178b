"""What became of an external command."""

from __future__ import annotations

from mngr.model.value import value


@value
class Result:
    """An external command that ended. A code below 0 is the number of the signal that ended it."""

    argv: list[str]
    code: int
    out: bytes = b""
    err: bytes = b""
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """Return standard output as text; bytes that are not UTF-8 survive a round trip."""
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def complaint(self) -> str:
        """Return the last lines of what it said went wrong."""
        said = (self.err.strip() or self.out.strip()).decode("utf-8", "replace")
        return "\n".join(said.splitlines()[-5:])
