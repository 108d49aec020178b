"""What CEL expressions compute with: comparing, adding, the functions. Absent values are None, and never an error.

What is absent equals only null, is neither less nor greater than anything, and counts as false where true or false is
needed. Moments and spans of time are compared with texts that say one.
"""

from __future__ import annotations

from mngr.fleet.patterns import BadPattern, Pattern
from mngr.model.data import is_list, is_table
from mngr.model.errors import UsageError
from mngr.model.times import from_iso, iso, parse_duration
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LARGEST = 2**63 - 1
LONGEST_TEXT = 1_000_000
MOST_PATTERNS = 100
_patterns: dict[str, Pattern] = {}


class BadExpression(Exception):
    """The expression makes no sense; the message says why."""


@value
class Moment:
    """A point in time."""

    seconds: float


@value
class Span:
    """A length of time."""

    seconds: float


def kind(item: Any) -> str:
    """Return what a value is, in words."""
    for one, name in _KINDS:
        if isinstance(item, one):
            return name
    return "nothing"


def truth(item: Any) -> bool:
    """Return true or false; what is absent is false. Raises BadExpression for everything else."""
    if item is None or isinstance(item, bool):
        return bool(item)
    raise BadExpression(f"{kind(item)} stands where true or false is needed")


def equal(left: Any, right: Any) -> bool:
    """Tell whether two values are equal; values of different kinds are not."""
    left, right = _alike(left, right)
    return kind(left) == kind(right) and left == right


def ordered(left: Any, right: Any, test: Callable[[Any, Any], bool]) -> bool:
    """Compare two values by less or greater; false when one is absent."""
    left, right = _alike(left, right)
    if left is None or right is None:
        return False
    if kind(left) != kind(right) or isinstance(left, list | dict):
        raise BadExpression(f"{kind(left)} cannot be compared with {kind(right)}")
    return test(getattr(left, "seconds", left), getattr(right, "seconds", right))


def is_in(item: Any, among: Any) -> bool:
    """Tell whether a value is in a list, or a key of a table."""
    if among is None:
        return False
    if not is_list(among) and not is_table(among):
        raise BadExpression(f"'in' needs a list or a table, not {kind(among)}")
    return any(equal(item, one) for one in among)


def calculate(sign: str, left: Any, right: Any) -> Any:
    """Return the sum, difference, product, quotient or rest of two values; None when one is absent or it has none."""
    if left is None or right is None:
        return None
    if isinstance(left, Moment | Span) or isinstance(right, Moment | Span):
        return _time_sum(sign, left, right)
    if sign == "+" and kind(left) == kind(right) and (isinstance(left, str) or is_list(left)):
        if len(left) + len(right) > LONGEST_TEXT:
            raise BadExpression("it makes too long a text")
        return left + right
    if kind(left) != "a number" or kind(right) != "a number":
        raise BadExpression(f"'{sign}' cannot be done with {kind(left)} and {kind(right)}")
    return _bounded(_arithmetic(sign, left, right))


def size(item: Any) -> int | None:
    """Return the length of a text, a list or a table."""
    if item is None:
        return None
    if isinstance(item, str) or is_list(item) or is_table(item):
        return len(item)
    raise BadExpression(f"{kind(item)} has no size")


def matches(text: Any, pattern: Any) -> bool:
    """Tell whether a regular expression is found in a text."""
    if text is None or pattern is None:
        return False
    _need_texts("matches", text, pattern)
    if pattern not in _patterns:
        if len(_patterns) > MOST_PATTERNS:
            _patterns.clear()
        try:
            _patterns[pattern] = Pattern(pattern)
        except BadPattern as error:
            raise BadExpression(f"the pattern of matches() is wrong: {error}") from None
    return _patterns[pattern].found_in(text)


def text_test(name: str, test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """Return a function on two texts that is false when one is absent."""

    def tested(text: Any, part: Any) -> bool:
        if text is None or part is None:
            return False
        _need_texts(name, text, part)
        return test(text, part)

    return tested


def as_text(item: Any) -> str | None:
    """Return a value as text."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, Moment):
        return iso(item.seconds)
    if isinstance(item, Span):
        return f"{item.seconds:g}s"
    return str(item) if isinstance(item, str | int | float) else None


def as_number(item: Any) -> float | int | None:
    """Return a text or a moment as a number, or None when it is none."""
    if isinstance(item, Moment | Span):
        return item.seconds
    if isinstance(item, str):
        try:
            return _bounded(int(item)) if item[:20].lstrip("+-").isdigit() and len(item) < 20 else float(item[:400])
        except (ValueError, BadExpression):
            return None
    return item if isinstance(item, int | float) and not isinstance(item, bool) else None


def as_whole(item: Any) -> int | None:
    """Return a number, or a text that says one, cut to a whole number."""
    number = as_number(item)
    return int(number) if number is not None and -LARGEST <= number <= LARGEST else None


def as_moment(item: Any) -> Moment | None:
    """Return the point in time that a text or a number of seconds says, or None."""
    if isinstance(item, str):
        try:
            return Moment(from_iso(item[:100]))
        except (UsageError, OverflowError):
            return None
    if isinstance(item, Moment):
        return item
    number = as_number(item)
    return None if number is None else Moment(float(number))


def as_span(item: Any) -> Span | None:
    """Return the length of time that a text says (`1h30m`), or None."""
    if isinstance(item, str):
        sign, digits = (-1, item[1:]) if item.startswith("-") else (1, item)
        try:
            return Span(sign * parse_duration(digits[:100]))
        except (UsageError, ValueError):
            return None
    return item if isinstance(item, Span) else None


def lowered(item: Any) -> str | None:
    """Return a text in lower case."""
    return item.lower() if isinstance(item, str) else None


_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "a text"),
    ((list, tuple), "a list"),
    (dict, "a table"),
    (Moment, "a time"),
    (Span, "a duration"),
)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, str) and isinstance(right, Moment | Span):
        return (as_moment if isinstance(right, Moment) else as_span)(left), right
    if isinstance(right, str) and isinstance(left, Moment | Span):
        return left, (as_moment if isinstance(left, Moment) else as_span)(right)
    return left, right


def _time_sum(sign: str, left: Any, right: Any) -> Any:
    if isinstance(left, str):
        left = as_moment(left)
    if isinstance(right, str):
        right = as_moment(right) if sign == "-" and isinstance(left, Moment) else as_span(right)
    if left is None or right is None:
        return None
    makes = _TIME_SUMS.get((sign, kind(left), kind(right)))
    if makes is None:
        raise BadExpression(f"'{sign}' cannot be done with {kind(left)} and {kind(right)}")
    return makes(left.seconds + (right.seconds if sign == "+" else -right.seconds))


_TIME_SUMS: dict[tuple[str, str, str], type[Moment | Span]] = {
    ("+", "a time", "a duration"): Moment,
    ("+", "a duration", "a time"): Moment,
    ("+", "a duration", "a duration"): Span,
    ("-", "a time", "a duration"): Moment,
    ("-", "a time", "a time"): Span,
    ("-", "a duration", "a duration"): Span,
}


def _arithmetic(sign: str, left: Any, right: Any) -> Any:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if right == 0:
        return None
    if isinstance(left, float) or isinstance(right, float):
        return left / right if sign == "/" else None
    whole = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return whole if sign == "/" else left - whole * right


def _bounded(number: Any) -> Any:
    if isinstance(number, int) and abs(number) > LARGEST:
        raise BadExpression("a number is too large")
    return number


def _need_texts(name: str, text: Any, part: Any) -> None:
    for one in (text, part):
        if not isinstance(one, str):
            raise BadExpression(f"{name}() needs texts, not {kind(one)}")
