"""How an event is shown to people."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Event = dict[str, Any]


def line_of(event: Event) -> str:
    """Return an event as a line for people."""
    from mngr.output.style import clean

    rest = [
        f"{name}={item}"
        for name, item in event.items()
        if name not in ("time", "source", "type", "agent_id") and item != ""
    ]
    return clean(f"{event['time']}  {event.get('source', '?'):<6} {event.get('type', '?')}  {' '.join(rest)}".rstrip())
