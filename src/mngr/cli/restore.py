"""mngr restore."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.model.names import check_name
from mngr.model.times import iso, short_duration
from mngr.output.emit import emit, emit_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.restore import Destroyed, Remains
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run(world: World, arguments: Arguments) -> int:
    """List what was destroyed, or bring an agent back."""
    from mngr.actions import restore as action
    from mngr.actions.start import start

    found = action.destroyed(world.fleet)
    for problem in world.fleet.places.problems:
        world.warn(problem)
    if arguments["agent"] is None:
        return _list(world, found)
    if arguments["name"] is not None:
        check_name(arguments["name"])
    one = action.choose(found, arguments["agent"])
    if arguments["dry_run"]:
        world.note(f"would restore {one.record.name} to {one.record.workspace.folder}")
        return 0
    agent = action.restore(world.fleet, one, arguments["name"])
    if arguments["start"]:
        start(world.fleet, agent)
    name = agent.record.name
    emit_one(
        world,
        {"agent": name, "id": agent.record.id, "work_dir": agent.record.workspace.folder},
        human=lambda: [f"restored {name}" + ("" if arguments["start"] else f"; start it with: mngr start {name}")],
    )
    return 0


def _list(world: World, remains: Remains) -> int:
    found = remains.found
    rows = [_row(world, one) for one in found]
    for host in remains.silent:
        world.warn(f"{host.address} does not answer: what was destroyed there is not shown")
    if remains.off:
        names = ", ".join(host.address for host in remains.off[:5]) + (", ..." if len(remains.off) > 5 else "")
        world.note(f"not shown: what was destroyed on hosts that do not run ({names})")

    def human() -> list[str]:
        from mngr.output.table import Column, table

        columns = [
            Column("NAME", "name", rank=0),
            Column("DESTROYED", rank=0, text=lambda row: f"{row['ago']} ago"),
            Column("TYPE", "type", rank=2),
            Column("PROJECT", "project", rank=2),
            Column("BRANCH", "branch", rank=3),
            Column("ID", rank=1, text=lambda row: row["id"][:14]),
        ]
        return table(world, columns, rows)

    if not found and world.options.format == "human":
        world.note("nothing was destroyed that could be restored")
    emit(world, rows, human=human, fields=("id", "name", "type", "project", "branch", "destroyed_at"))
    return 0


def _row(world: World, one: Destroyed) -> dict[str, Any]:
    return {
        "id": one.record.id,
        "name": one.record.name,
        "type": one.record.type,
        "project": one.record.project,
        "branch": one.record.workspace.branch,
        "work_dir": one.record.workspace.folder,
        "destroyed_at": iso(one.at),
        "ago": short_duration(world.now() - one.at),
    }


COMMAND = Command(
    name="restore",
    summary="Bring back what was destroyed",
    run=run,
    fields=("id", "name", "type", "project", "branch", "work_dir", "destroyed_at", "ago", "agent"),
    arguments=(
        Argument(
            "AGENT",
            "its name (the latest of that name) or id; without it, all that can be restored",
            complete="destroyed",
        ),
    ),
    options=(
        Option(("--name",), "bring it back under another name", "NAME"),
        Option(("--start",), "start it as well"),
        Option(("--dry-run", "-n"), "say what would be done, and do nothing"),
    ),
    examples=(
        ("mngr restore", "list what was destroyed"),
        ("mngr restore fix-tests", "bring the agent, its branch and its files back"),
        ("mngr restore agent-1f0c9d2e --name fix-again", "an older one, under another name"),
    ),
)
