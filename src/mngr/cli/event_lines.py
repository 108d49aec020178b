"""How an event is shown to people."""

from __future__ import annotations

from mngr.output.style import PLAIN, clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.output.style import Style

    Event = dict[str, Any]

SHOWN = ("time", "source", "type", "agent_id")
COLOURS = {
    "turn_begun": "green",
    "turn_ended": "yellow",
    "turn_interrupted": "yellow",
    "turn_failed": "red",
    "dialog_opened": "magenta",
    "dialog_closed": "green",
    "conversation": "dim",
}


def line_of(event: Event, agent: str = "", style: Style = PLAIN) -> str:
    """Return an event as a line for people; with the agent's name where there are several."""
    details = [f"{name}={item}" for name, item in event.items() if name not in SHOWN and item not in ("", None)]
    kind = clean(str(event.get("type", "?")))
    painted = style.paint(kind, COLOURS.get(kind, ""))
    words = [*([clean(agent)] if agent else []), clean(" ".join(details))]
    return "  ".join((clean(event["time"]), f"{clean(str(event.get('source', '?'))):<8} {painted}", *words)).rstrip()
