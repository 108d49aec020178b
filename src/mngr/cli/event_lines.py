"""How an event is shown to people."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Event = dict[str, Any]

SHOWN = ("time", "source", "type", "agent_id")


def line_of(event: Event, agent: str = "") -> str:
    """Return an event as a line for people; with the agent's name where there are several."""
    from mngr.output.style import clean

    details = [f"{name}={item}" for name, item in event.items() if name not in SHOWN and item != ""]
    words = [f"{event.get('source', '?'):<6} {event.get('type', '?')}", *([agent] if agent else []), " ".join(details)]
    return clean("  ".join((event["time"], *words)).rstrip())
