"""The only file that builds shell text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./-_")


def quote(text: str) -> str:
    """Return text as one word of POSIX shell, whatever is in it (but NUL)."""
    if text and not text.startswith("=") and _PLAIN.issuperset(text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def join(argv: Iterable[str]) -> str:
    """Return a command line that a POSIX shell splits into exactly these words."""
    return " ".join(quote(word) for word in argv)


def for_any_shell(argv: Iterable[str]) -> str:
    """Return a command line that becomes this command, whatever shell reads it: sh, bash, zsh, fish, csh.

    fish takes a backslash in single quotes for an escape, and csh takes no line break in them, and `!` as ever.
    """
    words = list(argv)
    if not any("\n" in word for word in words):
        return "exec " + " ".join(map(_quoted_anywhere, words))
    return for_any_shell(["sh", "-c", 'eval "$(printf %b "$1")"', "sh", escaped(["exec", *words])])


def escaped(argv: Iterable[str]) -> str:
    """Return a command line in one line, that a POSIX shell runs by `eval "$(printf %b "$1")"`."""
    return join(argv).replace("\\", "\\\\").replace("\n", "\\n")


def _quoted_anywhere(text: str) -> str:
    if text and not text.startswith("=") and _PLAIN.issuperset(text):
        return text
    # Whole scripts are quoted, for each host: this is ten times as fast as `translate`.
    parts = (part.replace("\\", "'\\\\'").replace("!", "'\\!'") for part in text.split("'"))
    return "'" + "'\\''".join(parts) + "'"


def export(name: str, text: str) -> str:
    """Return a line that sets and exports a variable, byte for byte."""
    return f"export {name}={quote(text)}\n"


def exported(text: str) -> dict[str, str]:
    """Return the variables that lines made by `export` set; whatever else the text says is left out."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError:
        return {}
    pairs = (words[place].partition("=") for place in range(1, len(words)) if words[place - 1] == "export")
    return {name: variable for name, equals, variable in pairs if equals and name.isidentifier() and name.isascii()}


# The last line of a text that a script runs from its standard input: without it, the text was cut.
COMPLETE = b"complete=yes\n"


def write_file(name: str, content: bytes) -> bytes:
    """Return shell text that writes a file of the current folder atomically, byte for byte (but NUL)."""
    new = f"{quote(f'{name}.new')}.$$"  # several may write the same file at once
    return _print(content) + f" >{new} && mv {new} {quote(name)} || exit 74\n".encode()


def fill_file(name: str, content: bytes) -> bytes:
    """Return shell text that writes a file which nobody reads before the script is through, byte for byte (but NUL)."""
    folder = name.rpartition("/")[0]
    make = f"mkdir -p {quote(folder)} || exit 74\n" if folder else ""
    return make.encode() + _print(content) + f" >{quote(name)} || exit 74\n".encode()


def renew_file(name: str, content: bytes) -> bytes:
    """Return shell text that writes a file atomically, unless it begins with the same line."""
    first = quote(content.split(b"\n", 1)[0].decode())
    look = f'first=; {{ read -r first <{quote(name)}; }} 2>/dev/null\n[ "$first" = {first} ] || {{\n'
    return look.encode() + write_file(name, content) + b"}\n"


def _print(content: bytes) -> bytes:
    body = quote(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return b"printf %s " + body
