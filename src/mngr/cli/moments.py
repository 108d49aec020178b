"""Times as people give them: a moment, a day, or how long ago."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.model.times import from_iso, iso, parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.world import World


def moment(world: World, text: str | None) -> str | None:
    """Return a time as ISO 8601 UTC: a time, a day (its beginning), or how long ago. Raises UsageError."""
    if text is None:
        return None
    if len(text) >= 10 and text[4:5] == "-":
        return iso(from_iso(text))
    try:
        return iso(world.now() - parse_duration(text))
    except UsageError:
        hint = "write it as 2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 2h, 7d"
        raise UsageError(f"'{text[:40]}' is not a time", hint) from None
