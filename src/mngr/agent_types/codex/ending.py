"""How the last turn of a conversation ended, by the end of Codex's record."""

from __future__ import annotations

import json
from typing import Any

from mngr.model.conversation import ERROR, LIMIT, LOGIN
from mngr.model.errors import UserError
from mngr.model.times import from_iso
from mngr.model.value import value

LIMITS, LOGINS = (429,), (401, 403)


@value
class Turn:
    """A turn: whether it ended, when (seconds since 1970), and with which error and reason."""

    ended: bool
    at: float | None = None
    error: str | None = None
    reason: str | None = None


def last_turn(record_end: bytes) -> Turn | None:
    """Return the last turn that the end of a record tells of; damaged lines tell nothing."""
    for raw in reversed(record_end.split(b"\n")):
        if b'"event_msg"' not in raw:
            continue
        try:
            line = json.loads(raw)
            payload, kind = line["payload"], line["payload"]["type"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if kind == "task_started":
            return Turn(ended=False)
        if kind in ("task_complete", "turn_aborted"):
            at = _at(line.get("timestamp"))
            error, reason = told(payload.get("error"))
            return Turn(ended=True, at=at, error=error, reason=reason)
    return None


def _at(time: object) -> float | None:
    try:
        return from_iso(time) if type(time) is str else None
    except UserError:
        return None


def told(error: Any) -> tuple[str | None, str | None]:
    """Return what an error of Codex says, and the reason that it is for a block."""
    if not isinstance(error, dict):
        return None, None
    text, info = _text(error.get("message")), error.get("codex_error_info")  # pyright: ignore
    shown = json.dumps(info) if info else ""
    if any(str(status) in shown for status in LIMITS) or "limit" in shown or "429 Too Many" in text:
        return text, LIMIT
    if any(str(status) in shown for status in LOGINS) or "unauthorized" in shown or "401 Unauthorized" in text:
        return text, LOGIN
    return text, ERROR


def _text(message: object) -> str:
    """Return the words of an error; servers answer with JSON."""
    if type(message) is not str:
        return "an error that says nothing"
    try:
        return str(json.loads(message)["error"]["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return message
