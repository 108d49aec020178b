"""How text looks on a terminal: colour, width, and nothing in it that the terminal would obey."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

DEFAULT_WIDTH = 80
WIDEST = 10_000
STATE_COLOURS = {
    "starting": "cyan",
    "running": "green",
    "waiting": "yellow",
    "blocked": "magenta",
    "done": "dim",
    "failed": "red",
    "stopped": "dim",
    "unknown": "red",
}
_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


class Style:
    """Paints text, or leaves it as it is where there is no colour."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def paint(self, text: str, *names: str) -> str:
        """Return text in a colour or weight: bold dim red green yellow blue magenta cyan."""
        codes = ";".join(_CODES[name] for name in names if name in _CODES)
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and codes and text else text


PLAIN = Style(colour=False)


def style_for(*, is_terminal: bool, environ: Mapping[str, str]) -> Style:
    """Return the style for a stream: colour on terminals only, never with NO_COLOR or TERM=dumb."""
    if not is_terminal or environ.get("NO_COLOR") or environ.get("TERM", "dumb") == "dumb":
        return PLAIN
    return Style(colour=True)


def terminal_width(stream: TextIO, environ: Mapping[str, str]) -> int:
    """Return a terminal's columns: the environment's word first, then the terminal's, else 80."""
    told = environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and 0 < len(told) < 6:
        return min(max(int(told), 20), WIDEST)
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, 20)
    except (OSError, ValueError):
        return DEFAULT_WIDTH


JOINERS = "\u200c\u200d"  # they make one sign of several, and nothing else


def clean(text: str, *, keep: str = "") -> str:
    """Return text without anything a terminal would obey: control characters are made visible, but those in `keep`."""
    if text.isprintable():
        return text
    kept = keep + JOINERS
    return "".join(letter if letter.isprintable() or letter in kept else _seen(letter) for letter in text)


def _seen(character: str) -> str:
    return " " if character in "\n\t" or (character > "\x9f" and character.isspace()) else repr(character)[1:-1]


def short_path(path: str, environ: Mapping[str, str]) -> str:
    """Return a path with the home folder as `~`."""
    home = environ.get("HOME", "").rstrip("/")
    if home and (path == home or path.startswith(f"{home}/")):
        return "~" + path[len(home) :]
    return path


def text_width(text: str) -> int:
    """Return how many columns text takes: two for wide East Asian characters, none for combining ones."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(character) or character in "\u200b\u200d\ufe0f"
        else 2 if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )  # fmt: skip


def cut(text: str, width: int) -> str:
    """Return text in at most so many columns, with `…` where something was left out."""
    if text_width(text) <= width:
        return text
    if text.isascii():
        return text[: max(width - 1, 0)] + "…"
    kept, used = "", 0
    for character in text:
        used += text_width(character)
        if used > width - 1:
            break
        kept += character
    return kept + "…"


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Return one paragraph as lines of at most that width, each indented; long words stay whole."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and text_width(line) + 1 + text_width(word) > width - len(indent):
            lines.append(indent + line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, indent + line] if line else lines
