"""mngr list --watch."""

from __future__ import annotations

import time

from mngr.output.emit import emit_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.cli.world import World

    Row = dict[str, Any]

UNSTEADY = ("last_activity_at",)  # changes all the time, and tells nothing new


def watch(world: World, look: Callable[[], list[Row]], fields: list[str]) -> int:
    """Show rows again and again: redrawn in place on a terminal, else changes as JSON lines. Ends with Ctrl-C."""
    interval: float = world.settings.get("watch.interval_seconds")
    try:
        if world.is_terminal and world.options.format == "human":
            _redraw(world, look, fields, interval)
        else:
            _changes(world, look, interval)
    except KeyboardInterrupt:
        return 0
    return 0


def _redraw(world: World, look: Callable[[], list[Row]], fields: list[str], interval: float) -> None:
    from mngr.cli.columns import table_of

    memory: dict[str, int] = {}
    world.stdout.write("\x1b[?1049h\x1b[?25l")
    try:
        while True:
            found = look()
            world.forget_width()
            lines = table_of(world, found, fields, memory) or ["no agents; make one: mngr create"]
            _draw(world, [*_fitting(world, lines), "", _summary(found)])
            time.sleep(interval)
    finally:
        world.stdout.write("\x1b[?25h\x1b[?1049l")
        world.stdout.flush()


def _draw(world: World, lines: list[str]) -> None:
    world.stdout.write("\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines).removesuffix("\n") + "\x1b[J")
    world.stdout.flush()


def _fitting(world: World, lines: list[str]) -> list[str]:
    room = max(world.height - 3, 2)
    if len(lines) <= room:
        return lines
    return [*lines[: room - 1], f"... and {len(lines) - room + 1} more"]


def _summary(found: list[Row]) -> str:
    counts: dict[str, int] = {}
    for row in found:
        counts[row["state"]] = counts.get(row["state"], 0) + 1
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"{time.strftime('%H:%M:%S')}  {told or 'nothing'}   (Ctrl-C ends)"


def _changes(world: World, look: Callable[[], list[Row]], interval: float) -> None:
    before: dict[str, Row] = {}
    while True:
        after = {row["id"] or row["session"]: row for row in look()}
        for key, row in after.items():
            if key not in before:
                _tell(world, {"change": "added", "agent": row})
            elif _steady(row) != _steady(before[key]):
                _tell(world, {"change": "changed", "agent": row})
        for key in before.keys() - after.keys():
            _tell(world, {"change": "removed", "agent": before[key]})
        before = after
        time.sleep(interval)


def _steady(row: Row) -> Row:
    return {name: item for name, item in row.items() if name not in UNSTEADY}


def _tell(world: World, change: dict[str, Any]) -> None:
    from mngr.output.structured import to_json

    if world.options.format in ("human", "json", "jsonl"):
        world.stdout.write(to_json(change) + "\n")
        world.stdout.flush()
    else:
        emit_line(world, change["agent"], human=list)
