"""Claude without a screen: `claude -p`, whose events are told as text."""

from __future__ import annotations

from mngr.model.conversation import Headless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord


def headless(record: AgentRecord) -> Headless:
    """Return the command, which reads the message from standard input, and what its lines say."""
    words = ["sh", "-c", 'exec sh "$MNGR_AGENT_STATE_DIR/launch.sh" "$@"', "claude", "--headless", *record.command]
    return Headless(words, told)


def told(line: bytes) -> str:
    """Return what a line of output says to people: the texts of its answers, and an error at the end."""
    import json

    try:
        return _told(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


def _told(event: dict[str, Any]) -> str:
    if event["type"] == "assistant" and event.get("parent_tool_use_id") is None:
        blocks = event["message"]["content"]
        return "".join(f"{block['text']}\n" for block in blocks if block["type"] == "text")
    if event["type"] == "result" and event.get("subtype") != "success":
        return f"error: {event.get('subtype')}\n"
    return ""
