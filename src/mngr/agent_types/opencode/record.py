"""OpenCode's record: rows of its database, as `read.js` prints them, in the one form for all programs."""

from __future__ import annotations

from mngr.agent_types.opencode.questions import table
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
from mngr.model.data import is_table
from mngr.model.times import iso
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

UNENDED = ("tool-calls", "unknown")  # why an answer finished that the turn goes on after
STARTED = ("running", "completed", "error")
# What stands in the place of a tool's result where the user's answer ended the turn.
REFUSED = ("The user rejected permission to use this specific tool call", "The user dismissed this question")


class Rows:
    """Reads rows; what was told already is not told again, however often its row is shown."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def read(self, path: str, lines: bytes) -> list[Entry]:
        """Return the entries that further rows tell; what is damaged tells none."""
        import json

        found: list[Entry] = []
        rows: list[dict[str, Any]] = []
        for line in lines.split(b"\n"):
            try:
                row = table(json.loads(line))
            except ValueError:
                continue
            if not is_table(row.get("info")):
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
            if is_table(data):
                found += [entry for key, entry in _of_part(row, data) if self._is_new(f"{row.get('part')} {key}")]
        found += [entry for key, entry in _of_end(rows) if self._is_new(f"{rows[0].get('message')} {key}")]
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
        yield "text", _entry(row, ASSISTANT, text=text, time=_iso(_time(data, "start")) or _created(info))


def _of_tool(row: dict[str, Any], data: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    state = data.get("state")
    if not is_table(state) or state.get("status") not in STARTED:
        return
    told = {"tool": str(data.get("tool", "")), "call_id": str(data.get("callID", ""))}
    began = _iso(_time(state, "start")) or _created(row["info"])
    yield "call", _entry(row, TOOL_CALL, input=table(state.get("input")), time=began, **told)
    if state["status"] != "running":
        failed = state["status"] == "error"
        text = str(state.get("error" if failed else "output") or "")
        yield "result", _entry(row, TOOL_RESULT, text=text, failed=failed, time=_iso(_time(state, "end")), **told)


def _of_end(rows: list[dict[str, Any]]) -> Iterator[tuple[str, Entry]]:
    """Yield how an answer ended, where a turn or a conversation changed with it."""
    row, info = rows[0], rows[0]["info"]
    if info.get("role") != ASSISTANT or not _is_over(info):
        return
    time = _iso(_time(info, "completed"))
    error = info.get("error")
    if is_table(error) and error.get("name") == "MessageAbortedError":
        yield "end", _entry(row, SYSTEM, kind=INTERRUPTED, time=time)
    elif is_table(error):
        text = str(table(error.get("data")).get("message") or error.get("name"))
        yield "end", _entry(row, SYSTEM, kind=ERROR, text=text, time=time)
    elif info.get("summary"):
        yield "end", _entry(row, SYSTEM, kind=COMPACTED, time=time)
    elif info.get("finish") is None:  # cut off before the model said anything
        yield "end", _entry(row, SYSTEM, kind=INTERRUPTED, time=time)
    elif info["finish"] not in UNENDED or any(_is_refused(each.get("data")) for each in rows):
        yield "end", _entry(row, SYSTEM, kind=TURN_ENDED, time=time)


def _is_refused(data: Any) -> bool:
    return str(table(table(data).get("state")).get("error", "")).startswith(REFUSED)


def _is_over(info: dict[str, Any]) -> bool:
    return _time(info, "completed") is not None or is_table(info.get("error"))


def _entry(row: dict[str, Any], role: str, **more: Any) -> Entry:
    info = row["info"]
    model = info.get("modelID") if role in (ASSISTANT, TOOL_CALL) else None
    subagent = row.get("session") if row.get("parent") else None
    usual = Entry(
        role, id=row.get("message"), conversation=row.get("root"), subagent=subagent, model=model, time=_created(info)
    )
    answers = info.get("parentID")
    usual = replace(usual, answers=answers if isinstance(answers, str) else None)
    return replace(usual, **{name: given for name, given in more.items() if given is not None})


def _created(info: dict[str, Any]) -> str | None:
    return _iso(_time(info, "created"))


def _usage(info: dict[str, Any]) -> Usage | None:
    tokens = info.get("tokens")
    if info.get("role") != ASSISTANT or not _is_over(info) or not is_table(tokens):
        return None
    cache = table(tokens.get("cache"))
    written = _count(tokens, "output") + _count(tokens, "reasoning")
    counts = (_count(tokens, "input"), written, _count(cache, "read"), _count(cache, "write"))
    cost = info.get("cost")  # 0 where OpenCode knows no price
    return Usage(*counts, cost_usd=cost if isinstance(cost, (int, float)) and cost else None) if any(counts) else None


def _count(tokens: dict[str, Any], name: str) -> int:
    found = tokens.get(name)
    return found if isinstance(found, int) else 0


def _time(data: dict[str, Any], name: str) -> float | None:
    found = table(data.get("time")).get(name)
    return found / 1000 if isinstance(found, (int, float)) else None


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)


def told(line: bytes) -> str:
    """Return what a line of a headless run says to people: the answer as it comes, and what went wrong."""
    import json

    try:
        event = table(json.loads(line))
    except ValueError:
        return line.decode("utf-8", "replace")
    if event.get("type") == "text":
        return str(table(event.get("part")).get("text", "")) + "\n"
    if event.get("type") == "error":
        error = table(event.get("error"))
        return f"error: {table(error.get('data')).get('message') or error.get('name')}\n"
    return ""
