"""Texts that something might run, take for a flag, or obey."""

from __future__ import annotations

ATTACKS = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "x\ntouch pwned\n",
    "; touch pwned",
    "& touch pwned &",
    "| touch pwned",
    "-rf",
    "--upload-pack=touch pwned",
    "--output=pwned",
    "-",
    "--",
    "#{pid}",
    "#(touch pwned)",
    "\x1b]0;owned\x07\x1b[31m",
    "\x9b31m\x85",
    "../../pwned",
    "../..",
    "/tmp/mngr-pwned",
    ".",
    "*",
    "%s%n",
    "\\",
    "${IFS}touch${IFS}pwned",
    "\u202e\u200b",
    "~root",
    "=1+1",
]


def harmless(text: str) -> bool:
    """Tell whether a terminal would show a text and obey nothing in it."""
    return all(letter.isprintable() or letter in "\n" for letter in text)
