"""What `mngr` alone shows: what is running, and what to do next."""

from __future__ import annotations

from mngr.cli.help import steps, title_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.world import World

    Row = dict[str, Any]

MOST_ROWS = 15
NEEDS_SOMEBODY = ("blocked", "waiting", "failed", "running")


def home(world: World) -> int:
    """Show the agents there are and three next steps."""
    from mngr.output.emit import emit

    reports = world.fleet.look()
    for problem in world.fleet.problems:
        world.warn(problem)
    rows = [report.row() for report in reports if report.record is None or not report.record.archived_at]
    rows.sort(key=_urgency)
    emit(world, rows, human=lambda: _page(world, rows))
    return 0


def _page(world: World, rows: list[Row]) -> list[str]:
    if not rows:
        return [title_line(world), *steps(world, _first_steps())]
    from mngr.cli.columns import table_of

    shown = table_of(world, rows[:MOST_ROWS], world.settings.get("list.fields"))
    more = [f"... and {len(rows) - MOST_ROWS} more: mngr list"] if len(rows) > MOST_ROWS else []
    return [*shown, *more, *steps(world, _next_steps(rows[0]))]


def _urgency(row: Row) -> tuple[int, str]:
    state = row["state"]
    return NEEDS_SOMEBODY.index(state) if state in NEEDS_SOMEBODY else len(NEEDS_SOMEBODY), row["name"]


def _first_steps() -> list[tuple[str, str]]:
    return [
        ("mngr create", "make an agent for the project you are in"),
        ("mngr create try -- bash", "the same, named, with a program of your own"),
        ("mngr help", "all commands and topics"),
    ]


def _next_steps(row: Row) -> list[tuple[str, str]]:
    name, state = row["name"], row["state"]
    first = {
        "blocked": (f"mngr connect {name}", "it stopped for an answer of yours"),
        "waiting": (f"mngr connect {name}", "it waits for you"),
        "running": (f"mngr connect {name}", "see it at work"),
        "starting": (f"mngr connect {name}", "see it start"),
        "stopped": (f"mngr start {name}", "bring it back"),
    }.get(state, (f"mngr capture {name}", "see what it said last"))
    return [first, ("mngr create", "make another agent"), ("mngr help", "all commands and topics")]
