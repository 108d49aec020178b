"""mngr list --hosts."""

from __future__ import annotations

from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.world import World


def show_hosts(world: World) -> int:
    """Show the hosts, and how many agents each has."""
    reports = world.fleet.look()
    for problem in world.fleet.problems:
        world.warn(problem)
    rows: list[dict[str, Any]] = [
        {
            "id": host.id,
            "name": host.name,
            "provider": host.provider,
            "state": host.state,
            "address": host.address,
            "agents": sum(report.host is host for report in reports),
            "with_session": sum(report.host is host and report.observation.pane is not None for report in reports),
            "folder": host.known_folder,
            "network": host.network,
        }
        for host in world.fleet.hosts()
    ]

    def human() -> list[str]:
        from mngr.output.style import short_path
        from mngr.output.table import Column, table

        return table(
            world,
            [
                Column("HOST", "name", rank=0),
                Column("PROVIDER", "provider"),
                Column("STATE", "state", rank=0),
                Column("AGENTS", "agents", right=True),
                Column("WITH-SESSION", "with_session", right=True, rank=2),
                *([Column("NETWORK", "network", rank=4)] if any(row["network"] for row in rows) else []),
                Column("FOLDER", rank=3, text=lambda row: short_path(row["folder"] or "", world.environ)),
            ],
            rows,
        )

    emit(world, rows, human=human)
    return 0
