"""What OpenCode asks, and what its errors say, in mngr's words."""

from __future__ import annotations

from mngr.model.conversation import ERROR, LIMIT, LOGIN, PERMISSION, QUESTION, Dialog
from mngr.model.data import is_list, is_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

REPLIES = {"Allow once": "once", "Allow always": "always", "Reject": "reject"}
LIMITS = ("rate limit", "rate_limit", "too many requests", "quota", "usage limit", "overloaded", "429")


def payload(text: str | None) -> dict[str, Any]:
    """Return what the plugin wrote about a question or an error; what is damaged says nothing."""
    import json

    try:
        return table(json.loads(text or ""))
    except ValueError:
        return {}


def table(given: object) -> dict[str, Any]:
    """Return data that should be a table; an empty one where it is not."""
    return given if is_table(given) else {}


def items(given: object) -> list[Any]:
    """Return data that should be a list; an empty one where it is not."""
    return given if is_list(given) else []


def dialog(asked: dict[str, Any]) -> Dialog:
    """Return a question as people are shown it."""
    if asked.get("type") == "permission":
        return Dialog(PERMISSION, _permission(asked), list(REPLIES), 0)
    questions, answered = items(asked.get("questions")) or [{}], len(items(asked.get("answers")))
    now = table(questions[min(answered, len(questions) - 1)])
    choices = [str(table(option).get("label", "")) for option in items(now.get("options"))]
    return Dialog(QUESTION, str(now.get("question", "")), choices, takes_text=now.get("custom") is not False)


def _permission(asked: dict[str, Any]) -> str:
    metadata = table(asked.get("metadata"))
    details = metadata.get("command") or metadata.get("filepath") or metadata.get("url")
    return f"{asked.get('permission')}: {details or ', '.join(map(str, items(asked.get('patterns'))))}"


def trouble(asked: dict[str, Any]) -> tuple[str, str]:
    """Return the reason and the text of an error that ended a turn, or makes it try again."""
    if asked.get("type") == "retry":
        text = str(asked.get("message"))
        return _reason(None, text), f"retrying, attempt {asked.get('attempt')}: {text}"
    error = table(asked.get("error"))
    data = table(error.get("data"))
    text = str(data.get("message") or error.get("message") or error.get("name") or "a turn failed")
    if error.get("name") == "ProviderAuthError":
        return LOGIN, text
    return _reason(data.get("statusCode"), text), text


def _reason(status: object, text: str) -> str:
    if status in (401, 403):
        return LOGIN
    if status == 429 or any(word in text.casefold() for word in LIMITS):
        return LIMIT
    return ERROR
