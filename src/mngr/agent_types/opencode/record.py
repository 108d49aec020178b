"""OpenCode's record: rows of its database, as `read.js` prints them, in the one form for all programs."""

from __future__ import annotations

from mngr.model.conversation import (
    ASSISTANT,
    COMPACTED,
    ERROR,
    INTERRUPTED,
    NOTE,
    SYSTEM,
    TOOL_CALL,
    TOOL_RESULT,
    TURN_ENDED,
    USER,
    Entry,
    Usage,
)
from mngr.model.times import iso
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

UNENDED = ("tool-calls", "unknown")  # why an answer finished that the turn goes on after
STARTED = ("running", "completed", "error")


class Rows:
    """Reads rows; what was told already is not told again, however often its row is shown."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def read(self, path: str, lines: bytes) -> list[Entry]:
        """Return the entries that further rows tell; what is damaged tells none."""
        import json

        found: list[Entry] = []
        rows: list[dict[str, Any]] = []
        for line in lines.splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if not (isinstance(row, dict) and isinstance(row.get("info"), dict)):
                continue
            if rows and rows[0].get("message") != row.get("message"):
                found += self._message(rows)
                rows = []
            rows.append(row)
        return found + (self._message(rows) if rows else [])

    def _message(self, rows: list[dict[str, Any]]) -> list[Entry]:
        """Return what is new of one message, its parts in order."""
        found: list[Entry] = []
        for row in rows:
            data = row.get("data")
            if isinstance(data, dict):
                found += [entry for key, entry in _of_part(row, data) if self._is_new(f"{row.get('part')} {key}")]
        found += [entry for key, entry in _of_end(rows[0]) if self._is_new(f"{rows[0].get('message')} {key}")]
        return self._with_usage(rows[0], found)

    def _with_usage(self, row: dict[str, Any], found: list[Entry]) -> list[Entry]:
        usage = _usage(row["info"])
        if usage is None or not self._is_new(f"{row.get('message')} usage"):
            return found
        for place in range(len(found) - 1, -1, -1):
            if found[place].role in (ASSISTANT, TOOL_CALL):
                found[place] = replace(found[place], usage=usage)
                return found
        # Its parts were told before it was known what they cost.
        return [*found, replace(_entry(row, ASSISTANT), usage=usage)]

    def _is_new(self, key: str) -> bool:
        if key in self._told:
            return False
        self._told.add(key)
        return True


def _of_part(row: dict[str, Any], data: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    kind = data.get("type")
    if kind == "text":
        yield from _of_text(row, data)
    elif kind == "tool":
        yield from _of_tool(row, data)


def _of_text(row: dict[str, Any], data: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    info, text = row["info"], str(data.get("text", ""))
    if info.get("role") == USER:
        role = SYSTEM if data.get("synthetic") or data.get("ignored") else USER
        yield "text", _entry(row, role, text=text, kind=NOTE if role == SYSTEM else None)
    elif text and not info.get("summary") and (_time(data, "end") is not None or _is_over(info)):
        yield "text", _entry(row, ASSISTANT, text=text, time=_iso(_time(data, "start")) or _entry(row, "").time)


def _of_tool(row: dict[str, Any], data: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    state = data.get("state")
    if not isinstance(state, dict) or state.get("status") not in STARTED:
        return
    given = state.get("input")
    told = {"tool": str(data.get("tool", "")), "call_id": str(data.get("callID", ""))}
    began = _iso(_time(state, "start")) or _entry(row, "").time
    yield "call", _entry(row, TOOL_CALL, input=given if isinstance(given, dict) else {}, time=began, **told)
    if state["status"] != "running":
        failed = state["status"] == "error"
        text = str(state.get("error" if failed else "output") or "")
        yield "result", _entry(row, TOOL_RESULT, text=text, failed=failed, time=_iso(_time(state, "end")), **told)


def _of_end(row: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    """Yield how an answer ended, where a turn or a conversation changed with it."""
    info = row["info"]
    if info.get("role") != ASSISTANT or not _is_over(info):
        return
    time = _iso(_time(info, "completed"))
    error = info.get("error")
    if isinstance(error, dict) and error.get("name") == "MessageAbortedError":
        yield "end", _entry(row, SYSTEM, kind=INTERRUPTED, time=time)
    elif isinstance(error, dict):
        text = str((error.get("data") or {}).get("message") or error.get("name"))
        yield "end", _entry(row, SYSTEM, kind=ERROR, text=text, time=time)
    elif info.get("summary"):
        yield "end", _entry(row, SYSTEM, kind=COMPACTED, time=time)
    elif info.get("finish") is None:  # cut off before the model said anything
        yield "end", _entry(row, SYSTEM, kind=INTERRUPTED, time=time)
    elif info["finish"] not in UNENDED:
        yield "end", _entry(row, SYSTEM, kind=TURN_ENDED, time=time)


def _is_over(info: dict[str, Any]) -> bool:
    return _time(info, "completed") is not None or isinstance(info.get("error"), dict)


def _entry(row: dict[str, Any], role: str, **more: Any) -> Entry:
    info = row["info"]
    model = info.get("modelID") if role in (ASSISTANT, TOOL_CALL) else None
    usual = {"time": _iso(_time(info, "created")), "id": row.get("message"), "conversation": row.get("root")}
    told = {name: text for name, text in more.items() if text is not None}
    return Entry(
        role, **{**usual, "subagent": row.get("session") if row.get("parent") else None, "model": model, **told}
    )


def _usage(info: dict[str, Any]) -> Usage | None:
    tokens = info.get("tokens")
    if info.get("role") != ASSISTANT or not _is_over(info) or not isinstance(tokens, dict):
        return None
    cache = tokens.get("cache") or {}
    numbers = [tokens.get("input"), tokens.get("output"), cache.get("read"), cache.get("write")]
    counts = [number if isinstance(number, int) else 0 for number in numbers]
    counts[1] += tokens["reasoning"] if isinstance(tokens.get("reasoning"), int) else 0
    cost = info.get("cost")
    return Usage(*counts, cost if isinstance(cost, (int, float)) else None) if any(counts) else None


def _time(data: dict[str, Any], name: str) -> float | None:
    times = data.get("time")
    found = times.get(name) if isinstance(times, dict) else None
    return found / 1000 if isinstance(found, (int, float)) else None


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)


def told(line: bytes) -> str:
    """Return what a line of a headless run says to people: the answer as it comes, and what went wrong."""
    import json

    try:
        event = json.loads(line)
    except ValueError:
        return line.decode("utf-8", "replace")
    if not isinstance(event, dict):
        return ""
    if event.get("type") == "text":
        return str((event.get("part") or {}).get("text", "")) + "\n"
    if event.get("type") == "error":
        error = event.get("error") or {}
        return f"error: {(error.get('data') or {}).get('message') or error.get('name')}\n"
    return ""
