"""Times are UTC, in seconds inside and ISO 8601 with `Z` outside; durations are seconds inside, `1h30m` outside."""

from __future__ import annotations

import time

from mngr.model.errors import UsageError

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DIGITS = str.maketrans("123456789", "000000000")
MOST_REMEMBERED = 10_000
_WRITTEN: dict[int, str] = {}  # a thousand agents share few seconds
LONGEST_SECONDS = 1000 * 365 * 86400


def iso(seconds: float) -> str:
    """Return a time as `2026-01-31T12:00:00.000Z`."""
    whole = int(seconds // 1)
    if whole not in _WRITTEN:
        if len(_WRITTEN) > MOST_REMEMBERED:
            _WRITTEN.clear()
        _WRITTEN[whole] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{_WRITTEN[whole]}.{int((seconds - whole) * 1000):03d}Z"


def is_iso(text: str) -> bool:
    """Tell whether text has the form that `iso` writes."""
    return text.translate(_DIGITS) == "0000-00-00T00:00:00.000Z"


def from_iso(text: str) -> float:
    """Return the seconds since 1970 of a time written by `iso`, or by a person in the same form. Raises UsageError."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(f"'{text[:40]}' is not a time", hint="write it as 2026-01-31T12:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def parse_duration(text: str) -> float:
    """Return the seconds of `90`, `90s`, `1h30m`, `7d`. Raises UsageError."""
    total, number = 0.0, ""
    for character in text.strip().lower() + " ":
        if character in "0123456789.":
            number += character
        elif number.count(".") <= 1 and number.strip(".") and (character in UNITS or (character == " " and total == 0)):
            total += float(number) * UNITS.get(character, 1)
            number = ""
        elif character != " " or number:
            number = "?"
            break
    has_digits = text.isascii() and any(character.isdigit() for character in text)
    if number or not has_digits or total > LONGEST_SECONDS:
        from mngr.model.names import shown

        raise UsageError(f"{shown(text, 40)} is not a duration", hint="write it as 90s, 5m, 1h30m or 7d")
    return total


def short_duration(seconds: float) -> str:
    """Return a duration in at most two units that a person reads at a glance: `3d`, `1h20m`, `45s`."""
    rest = max(0, int(seconds))
    for unit, below, divisor in (("d", "h", 86400), ("h", "m", 3600), ("m", "s", 60)):
        if rest >= divisor:
            whole, left = divmod(rest, divisor)
            part = left // UNITS[below]
            return f"{whole}{unit}{part}{below}" if part and whole < 10 else f"{whole}{unit}"
    return f"{rest}s"
