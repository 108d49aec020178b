"""The words of a CEL expression: names, numbers, texts and signs, each with its place."""

from __future__ import annotations

from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS = frozenset("0123456789")
_HEX = frozenset("0123456789abcdefABCDEF")
_SIGNS = ("&&", "||", "==", "!=", "<=", ">=", *"<>!?:.,()[]+-*/%")
_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    **dict(zip("\\'\"`?", "\\'\"`?", strict=True)),
}
_CODES = {"x": 2, "X": 2, "u": 4, "U": 8}


class BadSyntax(Exception):
    """The expression cannot be read: what is wrong, and the column (from 1) where."""

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.column = at + 1


@value
class Word:
    """One word: its kind (`name`, `literal`, `sign` or `end`), what it stands for, and where it begins (from 0)."""

    kind: str
    what: Any
    at: int


def words(text: str) -> list[Word]:
    """Return the words of an expression, an `end` last. Raises BadSyntax."""
    found: list[Word] = []
    at = 0
    while at < len(text):
        letter = text[at]
        if letter in " \t\r\n\f":
            at += 1
        elif text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        else:
            word, at = _word_at(text, at)
            found.append(word)
    return [*found, Word("end", None, len(text))]


def _word_at(text: str, at: int) -> tuple[Word, int]:
    letter = text[at]
    raw = letter in "rR" and text[at + 1 : at + 2] in ("'", '"')
    if raw or letter in "'\"":
        return _quoted_at(text, at, at + raw, raw=raw)
    if letter in _LETTERS:
        end = at
        while end < len(text) and (text[end] in _LETTERS or text[end] in _DIGITS):
            end += 1
        return _name(text[at:end], at), end
    if letter in _DIGITS or (letter == "." and text[at + 1 : at + 2] in _DIGITS and text[at + 1 : at + 2]):
        return _number_at(text, at)
    sign = next((one for one in _SIGNS if text.startswith(one, at)), None)
    if sign is None:
        hint = {"=": " (equal is ==)", "&": " (and is &&)", "|": " (or is ||)"}.get(letter, "")
        shown = letter if letter.isprintable() else repr(letter)[1:-1]
        raise BadSyntax(f"'{shown}' is not known here{hint}", at)
    return Word("sign", sign, at), at + len(sign)


def _name(name: str, at: int) -> Word:
    if name in ("true", "false", "null"):
        return Word("literal", {"true": True, "false": False, "null": None}[name], at)
    return Word("sign" if name == "in" else "name", name, at)


def _number_at(text: str, start: int) -> tuple[Word, int]:
    at = start
    if text[at : at + 2] in ("0x", "0X"):
        at += 2
        while at < len(text) and text[at] in _HEX:
            at += 1
    else:
        while at < len(text) and (text[at] in "0123456789.eE" or (text[at] in "+-" and text[at - 1] in "eE")):
            at += 1
    digits = text[start:at]
    if text[at : at + 1] in ("u", "U"):
        at += 1
    try:
        number = int(digits, 16) if digits[1:2] in ("x", "X") else int(digits) if digits.isdigit() else float(digits)
    except ValueError:
        raise BadSyntax(f"'{digits[:40]}' is not a number", start) from None
    if number > 2**63 - 1 or (at < len(text) and text[at] in _LETTERS):
        raise BadSyntax("the number is too large or ends in a letter", start)
    return Word("literal", number, start), at


def _quoted_at(text: str, start: int, at: int, *, raw: bool) -> tuple[Word, int]:
    quote = text[at] * 3 if text.startswith(text[at] * 3, at) else text[at]
    at += len(quote)
    letters: list[str] = []
    while at < len(text) and not text.startswith(quote, at):
        if text[at] == "\n" and len(quote) == 1:
            break
        if text[at] == "\\" and not raw:
            letter, at = _escape_at(text, at)
        else:
            letter, at = text[at], at + 1
        letters.append(letter)
    if not text.startswith(quote, at):
        raise BadSyntax("this text is not closed", start)
    return Word("literal", "".join(letters), start), at + len(quote)


def _escape_at(text: str, at: int) -> tuple[str, int]:
    mark = text[at + 1 : at + 2]
    if mark and mark in _ESCAPES:
        return _ESCAPES[mark], at + 2
    base, length, begin = (8, 3, at + 1) if mark in ("0", "1", "2", "3") else (16, _CODES.get(mark, 0), at + 2)
    digits = text[begin : begin + length]
    try:
        code = int(digits, base) if length and len(digits) == length and _HEX.issuperset(digits) else -1
        if code < 0 or 0xD800 <= code < 0xE000:
            raise ValueError
        return chr(code), begin + length
    except (ValueError, OverflowError):
        raise BadSyntax(f"'\\{mark}' is not an escape", at) from None
