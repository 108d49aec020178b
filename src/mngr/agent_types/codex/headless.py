"""Codex without a screen: `codex exec`, whose events are told as text."""

from __future__ import annotations

from mngr.model.conversation import Headless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord


def headless(record: AgentRecord) -> Headless:
    """Return the command, which reads the message from standard input, and what its lines say."""
    words = ["sh", "-c", 'exec sh "$MNGR_AGENT_STATE_DIR/launch.sh" "$@"', "codex", "--headless", *record.command]
    return Headless(words, told)


def told(line: bytes) -> str:
    """Return what a line of output says to people: messages and errors."""
    import json

    try:
        event = json.loads(line)
        return _told(event)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


def _told(event: dict[str, Any]) -> str:
    kind = event["type"]
    if kind == "item.completed" and event["item"]["type"] == "agent_message":
        return f"{event['item']['text']}\n"
    if kind == "turn.failed":
        from mngr.agent_types.codex.ending import told as told_of

        return f"error: {told_of(event['error'])[0]}\n"
    return ""
