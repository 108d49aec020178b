"""On which line of a TOML text each key stands: for messages, so what cannot be read is left out, never an error."""

from __future__ import annotations

from mngr.config.keys import BadKey, key_at

Lines = dict[tuple[str, ...], int]


def lines(text: str) -> Lines:
    """Return the line (from 1) where each key, and each table, of a TOML text first stands."""
    scan = _Scan(text.replace("\r\n", "\n"))
    try:
        scan.document()
    except (BadKey, RecursionError):
        pass
    return scan.found


def line_of(found: Lines, parts: tuple[str, ...]) -> int | None:
    """Return the line of a key, else of the nearest table around it, else None."""
    for length in range(len(parts), 0, -1):
        if parts[:length] in found:
            return found[parts[:length]]
    return None


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: Lines = {}
        self._counted = (0, 1)

    def document(self) -> None:
        table: tuple[str, ...] = ()
        while self._skip_space():
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _line(self) -> int:
        start, line = self._counted
        self._counted = (self.at, line + self.text.count("\n", start, self.at))
        return self._counted[1]

    def _note(self, parts: tuple[str, ...], known: int = 0) -> None:
        line = self._line()
        for length in range(known + 1, len(parts) + 1):
            self.found.setdefault(parts[:length], line)

    def _header(self) -> tuple[str, ...]:
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1
        parts, end = key_at(self.text, start + brackets)
        self._note(parts)
        self.at = end + brackets
        return parts

    def _pair(self, table: tuple[str, ...]) -> None:
        parts, end = key_at(self.text, self.at)
        self._note((*table, *parts), len(table))
        if not self.text.startswith("=", end):
            raise BadKey(self.text[self.at : end])
        self.at = end + 1
        self._value((*table, *parts))

    def _value(self, path: tuple[str, ...]) -> None:
        if not self._skip_space():
            return
        opening = self.text[self.at]
        if opening in "\"'":
            self._string(opening)
        elif opening in "[{":
            self._collection(path, "]" if opening == "[" else "}")
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}\n#":
                self.at += 1

    def _collection(self, path: tuple[str, ...], closing: str) -> None:
        self.at += 1
        while self._skip_space() and self.text[self.at] != closing:
            before = self.at
            if self.text[self.at] == ",":
                self.at += 1
            elif closing == "}":
                self._pair(path)
            else:
                self._value(path)
            if self.at == before:
                raise BadKey(self.text[self.at : self.at + 1])
        self.at += 1

    def _string(self, quote: str) -> None:
        end = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(end)
        while self.at < len(self.text) and not self.text.startswith(end, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(end)
        while len(end) == 3 and self.text.startswith(quote, self.at):
            self.at += 1

    def _skip_space(self) -> bool:
        while self.at < len(self.text) and self.text[self.at] in " \t\n#":
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                self.at += 1
        return self.at < len(self.text)
