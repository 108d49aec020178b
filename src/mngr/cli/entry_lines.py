"""How what was said is shown: to people, and to programs."""

from __future__ import annotations

from mngr.model.conversation import ASSISTANT, NOTE, SYSTEM, TOOL_CALL, TOOL_RESULT, USER, Usage
from mngr.model.value import as_dict
from mngr.output.style import PLAIN, clean, cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.conversation import Entry
    from mngr.output.style import Style

    Row = dict[str, Any]

USAGE = tuple(f"usage.{name}" for name in Usage.__annotations__)
FIELDS = (
    *("role", "text", "kind", "time", "id", "conversation", "answers", "subagent", "model", "usage", *USAGE),
    *("tool", "call_id", "input", "failed"),
)
COLOURS = {USER: "green", ASSISTANT: "cyan", TOOL_CALL: "yellow", TOOL_RESULT: "dim", SYSTEM: "magenta"}
SPOKEN = (USER, ASSISTANT)
WIDEST = 160  # of what is shortened, where there is no terminal


def row_of(entry: Entry) -> Row:
    """Return an entry as plain values, by the one schema that all programs' records are shown in."""
    return {**as_dict(entry), "usage": None if entry.usage is None else as_dict(entry.usage)}


class Lines:
    """Writes entries for people: what was said as it is, what tools did on a line each."""

    def __init__(self, style: Style = PLAIN, width: int = WIDEST, full: bool = False) -> None:
        self._style = style
        self._width = width
        self._full = full
        self._last: str | None = None  # the role before, so that blocks stand apart

    def of(self, entries: list[Entry]) -> list[str]:
        """Return the lines of entries, which may follow others."""
        return [line for entry in entries for line in self._entry(entry)]

    def _entry(self, entry: Entry) -> list[str]:
        if entry.kind == NOTE and not entry.text:
            return []  # it is there for its usage alone
        apart = [""] if self._last is not None and (entry.role in SPOKEN or self._last in SPOKEN) else []
        self._last = entry.role
        if entry.role in SPOKEN:
            text = clean(entry.text, keep="\n\t").rstrip("\n ")
            return [*apart, self._heading(entry), *(text.split("\n") if text else [])]
        return [*apart, *self._told(entry)]

    def _heading(self, entry: Entry) -> str:
        who = self._style.paint(entry.role, COLOURS[entry.role], "bold")
        about = [_time(entry), *([f"sub-agent {entry.subagent}"] if entry.subagent else []), entry.model or ""]
        return f"{who}  {self._style.paint(clean('  '.join(word for word in about if word)), 'dim')}".rstrip()

    def _told(self, entry: Entry) -> list[str]:
        mark, told = _told(entry)
        colour = "red" if entry.failed else COLOURS.get(entry.role, "dim")
        start = "  ".join(word for word in (_time(entry), _short(entry.subagent)) if word)
        lines = [line for line in clean(told, keep="\n\t").split("\n") if line.strip()] or [""]
        if self._full:
            shown = [f"{mark} {lines[0]}", *(f"    {line}" for line in lines[1:])]
        else:
            more = f" (+{len(lines) - 1} lines)" if lines[1:] else ""
            room = max(self._width - len(start) - len(more) - 2, 20)
            shown = [cut(f"{mark} {lines[0].strip()}", room) + more]
        painted = [self._style.paint(line.rstrip(), colour) for line in shown]
        return [f"{self._style.paint(clean(start), 'dim')}  {painted[0]}".rstrip(), *painted[1:]]


def _told(entry: Entry) -> tuple[str, str]:
    """Return the mark and the text of what was not spoken."""
    if entry.role == TOOL_CALL:
        return "->", f"{entry.tool or 'tool'}: {_input(entry)}" if entry.input else entry.tool or entry.text
    if entry.role == TOOL_RESULT:
        return ("!!" if entry.failed else "<-"), entry.text
    return "--", ": ".join(word for word in (entry.kind or entry.role, entry.text) if word)


def _input(entry: Entry) -> str:
    """Return what a tool was called with: the one text it got, else all by name."""
    given = entry.input or {}
    first = next(iter(given.values()), None)
    if len(given) == 1 and isinstance(first, str):
        return first
    for name in ("command", "file_path", "filePath", "path", "pattern", "prompt"):
        if isinstance(given.get(name), str):
            return str(given[name])
    from mngr.output.structured import to_json

    return to_json(given)


def _short(subagent: str | None) -> str:
    return f"[{subagent[-8:]}]" if subagent else ""


def _time(entry: Entry) -> str:
    return f"{entry.time[:19]}Z" if entry.time and len(entry.time) > 19 else entry.time or ""
