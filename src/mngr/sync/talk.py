"""The conversation with `make.sh`: what it sees, and what it is told to do."""

from __future__ import annotations

import zlib

from mngr.model.errors import CommandError, TimedOutError, UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host

_PATIENCE_SECONDS = 20 * 24 * 3600.0  # a clone may take long; the caller's own deadline ends it
_GOODBYE_SECONDS = 5.0
_OUR_WORDS = ("target ", "source ", "taken ", "has ", "said ", "base ")


@value
class Answer:
    """What the script answered: its lines, and whether it did what it was told."""

    done: bool
    lines: list[str]

    def after(self, word: str) -> list[str]:
        """Return what follows a word, of all lines that begin with it."""
        return [line[len(word) + 1 :] for line in self.lines if line.startswith(f"{word} ")]

    @property
    def rest(self) -> list[str]:
        """Return the lines that are git's own, in order."""
        return [line for line in self.lines if not line.startswith(_OUR_WORDS) and line != "target-taken"]

    @property
    def complaint(self) -> str:
        """Return the last lines of what was said."""
        return "\n".join((self.after("said") or self.rest)[-5:])


def marker(host: Host, folder: str) -> str:
    """Return the file that exists as long as a workspace is half-made."""
    key = zlib.crc32(folder.encode("utf-8", "surrogateescape"))
    return f"{host.paths.folder}/making/{key:08x}"


class Talk:
    """A conversation with `make.sh`. Leaving it before `done` leaves the workspace marked as half-made."""

    def __init__(self, host: Host, arguments: list[str]) -> None:
        self._process = host.spawn(host.script_command(["sync/make.sh", *arguments]))

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._process as process:
            process.close()
            if kind is None or issubclass(kind, UserError):
                self._wait_for_goodbye()

    def _wait_for_goodbye(self) -> None:
        try:
            self._process.wait(_GOODBYE_SECONDS)
        except TimedOutError:
            return

    def listen(self) -> Answer:
        """Return the next answer."""
        lines: list[str] = []
        while True:
            line = self._process.read_line(_PATIENCE_SECONDS)
            text = line.decode("utf-8", "surrogateescape").removesuffix("\n")
            if text in ("ok", "failed"):
                return Answer(text == "ok", lines)
            if not line:
                _, complaint = self._process.communicate(b"", 10)
                said = complaint.decode("utf-8", "replace").strip() or "\n".join(lines)
                raise CommandError(f"the workspace was not made: {said}")
            lines.append(text)

    def tell(self, order: str, *arguments: str) -> Answer:
        """Give an order, one argument a line, and return the answer."""
        import os

        lines = "".join(f"{line}\n" for line in (order, *arguments))
        os.write(self._process.stdin, lines.encode("utf-8", "surrogateescape"))
        return self.listen()
