"""The only file that builds shell text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./-_")


def quote(text: str) -> str:
    """Return text as one word of POSIX shell, whatever is in it (but NUL)."""
    if text and not text.startswith("=") and all(character in _PLAIN for character in text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def join(argv: Iterable[str]) -> str:
    """Return a command line that a POSIX shell splits into exactly these words."""
    return " ".join(quote(word) for word in argv)


def export(name: str, text: str) -> str:
    """Return a line that sets and exports a variable, byte for byte."""
    return f"export {name}={quote(text)}\n"


def write_file(name: str, content: bytes, mode: str = "600") -> bytes:
    """Return shell text that writes a file of the current folder atomically, byte for byte (but NUL)."""
    new = f"{quote(f'{name}.new')}.$$"  # several may write the same file at once
    body = quote(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    change_mode = f" && chmod {mode} {new}" if mode != "600" else ""
    return b"printf %s " + body + f" >{new}{change_mode} && mv {new} {quote(name)} || exit 74\n".encode()
