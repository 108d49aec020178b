"""What a host says of an agent's own record, in the words of `observe/record.sh`."""

from __future__ import annotations

from mngr.model.data import is_table
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

ROWS = "rows"
MOST_TRIED_BYTES = 50_000_000  # how much is looked through for what stands behind a line that was cut off


@value
class Part:
    """Whole lines of one file of a record, from `offset` on. `path` is ROWS where the record is no file.

    `end` is where to go on, `half` the beginning of a line that is not whole yet.
    """

    path: str
    offset: int
    content: bytes
    end: int
    half: bytes = b""


@value
class Recorded:
    """One answer: where the agent is (agents, destroyed, gone), its conversations, and parts of its record."""

    place: str
    conversations: list[str]
    parts: list[Part]


class Answers:
    """Reads answers, one after the other, from whatever gives lines, and so many bytes with a newline after them."""

    def __init__(self, line: Callable[[], str], take: Callable[[int], bytes]) -> None:
        self.line = line
        self.take = take

    def read(self) -> Recorded:
        """Read one answer; one that was cut off ends where it does."""
        place = "gone"
        conversations: list[str] = []
        parts: list[Part] = []
        while True:
            kind, *words = self.line().split(" ", 3)
            if kind == "at":
                place = words[0]
            elif kind == "conversation":
                conversations.append(words[0])
            elif kind in _KINDS:
                parts.append(_KINDS[kind](self, words))
            else:  # `end` or `gone`
                return Recorded(place, conversations, parts)

    def size(self, words: list[str]) -> Part:
        """Read how long a file is."""
        return Part(" ".join(words[1:]), 0, b"", int(words[0]))

    def cursor(self, words: list[str]) -> Part:
        """Read where rows end."""
        return Part(ROWS, 0, b"", _number(words[0]))

    def file(self, words: list[str]) -> Part:
        """Read a file from an offset on."""
        size, offset, path = int(words[0]), int(words[1]), words[2]
        content = self.take(size - offset)
        whole = content.rfind(b"\n") + 1
        return Part(path, offset, content[:whole], offset + whole, content[whole:])

    def lines(self, words: list[str]) -> Part:
        """Read some of the lines of a file."""
        end, offset, path = int(words[0]), int(words[1]), words[2]
        return Part(path, offset, self.until_dot(), end)

    def rows(self, words: list[str]) -> Part:
        """Read rows from a cursor on."""
        cursor, _, rows = self.take(int(words[0])).partition(b"\n")
        offset = _number(words[1])
        return Part(ROWS, offset, rows, _number(cursor.decode("ascii", "replace")) or offset)

    def until_dot(self) -> bytes:
        """Return the lines before the next that is a dot."""
        found: list[str] = []
        while (one := self.line()) != ".":
            found.append(f"{one}\n")
        return "".join(found).encode("utf-8", "surrogateescape")


class Whole(Answers):
    """Answers that are all here already."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(self._next_line, self._next_bytes)
        self._answer = answer
        self._place = 0

    def until_dot(self) -> bytes:
        """Return the lines before the next that is a dot."""
        start = self._place
        if self._answer.startswith(b".\n", start):
            self._place += 2
            return b""
        end = self._answer.find(b"\n.\n", start)
        self._place = end + 3 if end >= 0 else len(self._answer)
        return self._answer[start : end + 1] if end >= 0 else b""

    def _next_line(self) -> str:
        end = self._answer.find(b"\n", self._place)
        line = self._answer[self._place : end] if end >= 0 else b""
        self._place = end + 1 if end >= 0 else len(self._answer)
        return line.decode("utf-8", "surrogateescape")

    def _next_bytes(self, count: int) -> bytes:
        start, self._place = self._place, self._place + count + 1
        return self._answer[start : start + count]


_KINDS: dict[str, Callable[[Answers, list[str]], Part]] = {
    name: getattr(Answers, name) for name in ("size", "cursor", "file", "lines", "rows")
}


def json_lines(lines: bytes) -> Iterator[dict[str, Any]]:
    """Yield the objects that lines of JSON hold."""
    for line in lines.split(b"\n"):
        found = json_object(line) if line else None
        if found is not None:
            yield found


def json_object(line: bytes) -> dict[str, Any] | None:
    """Return the object that a line holds; where it begins with the remains of another, the one that it ends with."""
    import json

    start = tried = 0
    while tried < MOST_TRIED_BYTES and start >= 0:
        try:
            found: Any = json.loads(line[start:])
            return found if is_table(found) else None
        except (ValueError, RecursionError):
            start = line.find(b'{"', start + 1)
            tried += len(line) - start
    return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
