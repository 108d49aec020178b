"""mngr gc."""

from __future__ import annotations

from mngr.cli.complain import complain
from mngr.cli.spec import Command, Option
from mngr.model.errors import UserError
from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.garbage import Garbage
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World

    Row = dict[str, Any]


def run(world: World, arguments: Arguments) -> int:
    """Remove what belongs to no agent."""
    from mngr.actions.gc import find_garbage

    found = find_garbage(world.fleet)
    for problem in world.fleet.problems:
        world.warn(problem)
    rows: list[Row] = []
    code = 0
    for garbage in found:
        row: Row = {"kind": garbage.kind, "name": garbage.name, "host": garbage.host, "text": garbage.text}
        try:
            row["result"] = _result(garbage, dry_run=arguments["dry_run"])
        except UserError as error:
            row["result"] = "failed"
            complain(world, error)
            code = 1
        rows.append(row)
    if not rows and world.options.format == "human":
        world.note("nothing to remove")
    emit(world, rows, human=lambda: [_line(row) for row in rows], fields=("kind", "name", "host", "text", "result"))
    return code


def _result(garbage: Garbage, *, dry_run: bool) -> str:
    from mngr.actions.gc import clear

    if garbage.remove is None:
        return "left alone"
    if dry_run:
        return "would be removed"
    return "removed" if clear(garbage) else "in use"


def _line(row: Row) -> str:
    return f"{row['result']}: {row['kind']} {row['name']} ({row['text']})"


COMMAND = Command(
    name="gc",
    summary="Remove what belongs to no agent",
    run=run,
    fields=("kind", "name", "host", "text", "result"),
    options=(Option(("--dry-run", "-n"), "say what would be removed, and remove nothing"),),
    examples=(
        ("mngr gc --dry-run", "what there is to remove"),
        ("mngr gc", "remove it"),
    ),
    about=(
        "Removes what interrupted commands left: agents never finished, destroys never finished, sessions and names "
        "without an agent; what was destroyed longer ago than destroyed.keep_days, and the snapshots that destroy made "
        "of hosts then; and images, older than that, which were built for one host that is no more. What might hold "
        "work is named and left alone, and so are hosts without agents."
    ),
)
