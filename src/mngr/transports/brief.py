"""Commands as people read them: mngr's own scripts, whose text goes over the line, by the names of their files."""

from __future__ import annotations

from mngr.transports.host import PACKAGE

_texts: dict[str, str] = {}  # of scripts, by their names: one look at many hosts sends them all the same one


def brief(argv: list[str]) -> list[str]:
    """Return a command in which `sh -c TEXT NAME`, where that is the text of mngr's script NAME, is `sh NAME`."""
    words: list[str] = []
    place = 0
    while place < len(argv):
        if argv[place : place + 2] == ["sh", "-c"] and _is_script(argv[place + 2 : place + 4]):
            words += ["sh", argv[place + 3]]
            place += 4
        else:
            words.append(argv[place])
            place += 1
    return words


def _is_script(pair: list[str]) -> bool:
    """Tell whether text is that of the script whose name comes after it."""
    if len(pair) < 2 or not pair[1].endswith(".sh") or pair[1].startswith("/") or ".." in pair[1]:
        return False
    if pair[1] not in _texts:
        try:
            with open(f"{PACKAGE}/{pair[1]}", encoding="utf-8") as file:
                _texts[pair[1]] = file.read()
        except OSError:
            return False
    return _texts[pair[1]] == pair[0]
