"""Keys of settings as text: `section.key`, parts quoted where TOML needs it; and where they stand in a file."""

from __future__ import annotations

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}


class BadKey(ValueError):
    """The text is not a key."""


def join(parts: tuple[str, ...]) -> str:
    """Return a key as text, parts quoted where they must be."""
    return ".".join(part if part and _BARE.issuperset(part) else _quoted(part) for part in parts)


def split(text: str) -> tuple[str, ...]:
    """Return the parts of a key. Raises BadKey."""
    parts, end = key_at(text, 0)
    if end != len(text):
        raise BadKey(text)
    return parts


def key_at(text: str, start: int) -> tuple[tuple[str, ...], int]:
    """Return the parts of the key that begins at a place of a text, and where it ends. Raises BadKey."""
    parts: list[str] = []
    at = start
    while True:
        part, at = _part_at(text, _skip_blanks(text, at))
        parts.append(part)
        after = _skip_blanks(text, at)
        if not text.startswith(".", after):
            return tuple(parts), after
        at = after + 1


def _part_at(text: str, at: int) -> tuple[str, int]:
    if text.startswith("'", at):
        end = text.find("'", at + 1)
        if end < 0:
            raise BadKey(text)
        return text[at + 1 : end], end + 1
    if text.startswith('"', at):
        return _basic_at(text, at + 1)
    end = at
    while end < len(text) and text[end] in _BARE:
        end += 1
    if end == at:
        raise BadKey(text)
    return text[at:end], end


def _basic_at(text: str, at: int) -> tuple[str, int]:
    letters: list[str] = []
    while at < len(text) and text[at] != '"':
        if text[at] != "\\":
            letters.append(text[at])
            at += 1
            continue
        letter, at = _escape_at(text, at + 1)
        letters.append(letter)
    if at >= len(text):
        raise BadKey(text)
    return "".join(letters), at + 1


def _escape_at(text: str, at: int) -> tuple[str, int]:
    mark = text[at : at + 1]
    if mark in ("u", "U"):
        length = 4 if mark == "u" else 8
        try:
            return chr(int(text[at + 1 : at + 1 + length], 16)), at + 1 + length
        except (ValueError, OverflowError):
            raise BadKey(text) from None
    if mark not in _ESCAPES:
        raise BadKey(text)
    return _ESCAPES[mark], at + 1


def _quoted(part: str) -> str:
    letters = {code: f"\\u{code:04x}" for code in (*range(32), 127)} | {ord('"'): '\\"', ord("\\"): "\\\\"}
    return f'"{part.translate(letters)}"'


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at
