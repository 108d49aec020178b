"""Regular expressions that take time in proportion to the text, whatever the pattern: no backtracking.

The syntax is RE2's without named classes: literals, `.`, `[a-z]`, `[^a]`, `\\d \\w \\s \\D \\W \\S \\b \\B`, `^ $`,
groups, `|`, `* + ? {2,5}` (lazy ones as well: whether a text matches is the same), and `(?i)` at the start.
"""

from __future__ import annotations

from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Node = tuple[Any, ...]

LONGEST_PATTERN = 1000
LONGEST_TEXT = 20_000
MOST_INSTRUCTIONS = 2000
MOST_REMEMBERED = 10_000
DEEPEST = 50
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_CLASSES = {"d": frozenset("0123456789"), "w": _WORD, "s": frozenset(" \t\n\r\f\v")}
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_EDGES = {"A": "^", "z": "$", "b": "b", "B": "B"}
_FOUND = frozenset({-1})


class BadPattern(ValueError):
    """The text is not a pattern; the message says why."""


@value
class Letters:
    """A set of characters: single ones, ranges and other sets, or all but these."""

    single: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, str], ...] = ()
    others: tuple[Letters, ...] = ()
    negated: bool = False

    def holds(self, letter: str) -> bool:
        """Tell whether a character is in the set."""
        among = letter in self.single or any(low <= letter <= high for low, high in self.ranges)
        return (among or any(other.holds(letter) for other in self.others)) != self.negated


class Pattern:
    """A compiled pattern. Raises BadPattern."""

    def __init__(self, text: str) -> None:
        self._folded = text.startswith("(?i)")
        self._program: list[Node] = []
        self._emit(_Parser(text, 4 if self._folded else 0).whole())
        self._program.append(("found",))
        self._remembered: dict[tuple[frozenset[int], str, str], frozenset[int]] = {}

    def found_in(self, text: str) -> bool:
        """Tell whether the pattern matches anywhere in a text (its first 20,000 characters)."""
        text = text[:LONGEST_TEXT]
        states: frozenset[int] = frozenset()
        before = ""
        for letter in (*text, ""):
            key = (states, before, letter)
            known = self._remembered.get(key)
            if known is None:
                known = self._step(states, before, letter)
                if len(self._remembered) < MOST_REMEMBERED:
                    self._remembered[key] = known
            if known is _FOUND:
                return True
            states = known
            before = "w" if letter in _WORD else "-"
        return False

    def _step(self, states: frozenset[int], before: str, letter: str) -> frozenset[int]:
        reached: set[int] = set()
        after: set[int] = set()
        waiting = [0, *states]
        while waiting:
            at = waiting.pop()
            if at in reached:
                continue
            reached.add(at)
            kind, *what = self._program[at]
            if kind == "found":
                return _FOUND
            if kind == "go":
                waiting.extend(what)
            elif kind == "edge" and _is_edge(what[0], before, letter):
                waiting.append(at + 1)
            elif kind == "letters" and letter and self._holds(what[0], letter):
                after.add(at + 1)
        return frozenset(after)

    def _holds(self, letters: Letters, letter: str) -> bool:
        if not self._folded:
            return letters.holds(letter)
        return letters.holds(letter.lower()) or letters.holds(letter.upper())

    def _emit(self, node: Node) -> None:
        if len(self._program) > MOST_INSTRUCTIONS:
            raise BadPattern("it is too large")
        kind = node[0]
        if kind == "all":
            for part in node[1]:
                self._emit(part)
        elif kind == "either":
            self._emit_either(node[1])
        elif kind == "repeat":
            self._emit_repeat(*node[1:])
        else:
            self._program.append(node)

    def _emit_either(self, parts: list[Node]) -> None:
        ends: list[int] = []
        for part in parts[:-1]:
            split = self._reserve()
            self._emit(part)
            ends.append(self._reserve())
            self._program[split] = ("go", split + 1, len(self._program))
        self._emit(parts[-1])
        for end in ends:
            self._program[end] = ("go", len(self._program))

    def _emit_repeat(self, part: Node, least: int, most: int | None) -> None:
        for _ in range(least):
            self._emit(part)
        if most is None:
            split = self._reserve()
            self._emit(part)
            self._program.append(("go", split))
            self._program[split] = ("go", split + 1, len(self._program))
            return
        splits: list[int] = []
        for _ in range(most - least):
            splits.append(self._reserve())
            self._emit(part)
        for split in splits:
            self._program[split] = ("go", split + 1, len(self._program))

    def _reserve(self) -> int:
        self._program.append(("go",))
        return len(self._program) - 1


def _is_edge(kind: str, before: str, letter: str) -> bool:
    if kind == "^":
        return not before
    if kind == "$":
        return not letter
    return ((before == "w") != (letter in _WORD and letter != "")) == (kind == "b")


class _Parser:
    def __init__(self, text: str, start: int) -> None:
        if len(text) > LONGEST_PATTERN:
            raise BadPattern(f"it is longer than {LONGEST_PATTERN} characters")
        self.text = text
        self.at = start
        self.depth = 0

    def whole(self) -> Node:
        node = self._either()
        if self.at < len(self.text):
            raise BadPattern("a ')' closes nothing")
        return node

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        letter = self._next()
        if not letter:
            raise BadPattern("it ends too early")
        self.at += 1
        return letter

    def _either(self) -> Node:
        parts = [self._all()]
        while self._next() == "|":
            self.at += 1
            parts.append(self._all())
        return ("either", parts) if len(parts) > 1 else parts[0]

    def _all(self) -> Node:
        parts: list[Node] = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._single()))
        return ("all", parts)

    def _repeated(self, node: Node) -> Node:
        counts = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        times = 0
        while (mark := self._next()) in ("*", "+", "?") or (mark == "{" and self._counts() is not None):
            if mark == "{":
                least, most, self.at = self._counts() or (0, 0, self.at)
            else:
                (least, most), self.at = counts[mark], self.at + 1
            if self._next() == "?":
                self.at += 1
            node = ("repeat", node, least, most)
            times += 1
            if times > 1 or node[1][0] == "edge":
                raise BadPattern(f"nothing to repeat before '{mark}'")
        return node

    def _counts(self) -> tuple[int, int | None, int] | None:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",") if end > 0 else ("", "", "")
        if not low.isascii() or not low.isdigit() or (high and not (high.isascii() and high.isdigit())):
            return None
        most = int(high) if high else None if comma else int(low)
        if int(low) > 1000 or (most is not None and not int(low) <= most <= 1000):
            raise BadPattern("a count is too large, or its ends are swapped")
        return int(low), most, end + 1

    def _single(self) -> Node:
        letter = self._take()
        if letter == "(":
            return self._group()
        if letter == "[":
            return ("letters", self._set())
        if letter == ".":
            return ("letters", Letters(frozenset("\n"), negated=True))
        if letter in "^$":
            return ("edge", letter)
        if letter in "*+?":
            raise BadPattern(f"nothing to repeat before '{letter}'")
        if letter == "\\":
            if self._next() in _EDGES and self._next():
                return ("edge", _EDGES[self._take()])
            return ("letters", self._escaped())
        return ("letters", Letters(frozenset(letter)))

    def _group(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadPattern("its groups are nested too deeply")
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self._next() == "?":
            raise BadPattern("groups that begin with '(?' are not known, but for '(?:' and, at the start, '(?i)'")
        node = self._either()
        if self._next() != ")":
            raise BadPattern("a '(' is not closed")
        self.at += 1
        self.depth -= 1
        return node

    def _escaped(self) -> Letters:
        letter = self._take()
        if letter.lower() in _CLASSES:
            return Letters(_CLASSES[letter.lower()], negated=letter.isupper())
        if letter in _LETTERS:
            return Letters(frozenset(_LETTERS[letter]))
        if letter.isalnum():
            raise BadPattern(f"'\\{letter}' is not known")
        return Letters(frozenset(letter))

    def _set(self) -> Letters:
        negated = self._next() == "^"
        self.at += negated
        single: set[str] = set()
        ranges: list[tuple[str, str]] = []
        others: list[Letters] = []
        first = True
        while first or self._next() != "]":
            first = False
            member = self._member()
            if len(member.single) != 1 or member.negated:
                others.append(member)
            elif self._next() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                ranges.append(_range(member, self._member()))
            else:
                single |= member.single
        self.at += 1
        return Letters(frozenset(single), tuple(ranges), tuple(others), negated)

    def _member(self) -> Letters:
        letter = self._take()
        return self._escaped() if letter == "\\" else Letters(frozenset(letter))


def _range(low: Letters, high: Letters) -> tuple[str, str]:
    ends = (*low.single, *high.single)
    if len(ends) != 2 or high.negated or ends[0] > ends[1]:
        raise BadPattern("a range in [...] is not one")
    return ends[0], ends[1]
