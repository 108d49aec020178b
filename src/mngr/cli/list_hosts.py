"""mngr list --hosts."""

from __future__ import annotations

from mngr.model.times import short_duration
from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World

    Row = dict[str, Any]


def show_hosts(world: World, arguments: Arguments) -> int:
    """Show the hosts, or those that were chosen by name or provider, and how many agents each has."""
    from mngr.actions.idle import Idleness, seen
    from mngr.cli.targets import check_places, hosts_meant

    check_places(world, arguments)

    meant = hosts_meant(world, arguments)
    reports = world.fleet.look(meant)
    for problem in world.fleet.problems:
        world.warn(problem)
    hosts = world.fleet.hosts() if meant is None else meant
    hosts = sorted(hosts, key=lambda host: (host.provider != "local", host.provider, host.name))
    known = seen(world.fleet, hosts)
    rows: list[Row] = []
    for host in hosts:
        idleness = known.get(host) or Idleness()
        rows.append(
            {
                "id": host.id,
                "name": host.name,
                "provider": host.provider,
                "state": host.state,
                "reason": idleness.reason or host.reason or None,
                "address": host.address,
                "agents": sum(report.host is host for report in reports),
                "with_session": sum(report.host is host and report.observation.pane is not None for report in reports),
                "folder": host.known_folder,
                "network": host.network,
                "idle": idleness.row(),
            }
        )
    emit(world, rows, human=lambda: _table(world, rows))
    return 0


def _table(world: World, rows: list[Row]) -> list[str]:
    from mngr.output.style import short_path
    from mngr.output.table import Column, table

    watched = any(row["idle"]["mode"] not in (None, "disabled") for row in rows)
    return table(
        world,
        [
            Column("HOST", "name", rank=0),
            Column("PROVIDER", "provider"),
            Column("STATE", "state", rank=0, text=_state),
            Column("AGENTS", "agents", right=True),
            Column("WITH-SESSION", "with_session", right=True, rank=3),
            *([Column("IDLE", rank=1, text=lambda row: _idle(world, row["idle"]))] if watched else []),
            *([Column("NETWORK", "network", rank=2)] if any(row["network"] for row in rows) else []),
            Column("FOLDER", rank=4, text=lambda row: short_path(row["folder"] or "", world.environ)),
        ],
        rows,
    )


def _state(row: Row) -> str:
    return f"{row['state']} ({row['reason']})" if row["reason"] else row["state"]


def _idle(world: World, idle: Row) -> str:
    """Return how a host is watched, and how long it has left."""
    if idle["mode"] is None:
        return ""
    if idle["timeout_seconds"] is None or idle["mode"] == "disabled":
        return idle["mode"]
    text = f"{idle['mode'].replace(' ', '+')} {short_duration(idle['timeout_seconds'])}"
    if idle["deadline_at"] is None:
        return text
    from mngr.cli.columns import seconds_of

    return f"{text}, {short_duration(seconds_of(idle['deadline_at']) - world.now())} left"
