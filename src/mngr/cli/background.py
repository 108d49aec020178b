"""Work that goes on after a command has ended."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.world import World
    from mngr.fleet.report import Agent


def keep_bringing_to(world: World, agents: list[Agent]) -> None:
    """Leave a process for each agent that brings what waits in its outbox, as soon as that can be done."""
    if not agents:
        return
    from mngr.actions.delivery import keep_bringing
    from mngr.transports.run import leave

    world.stdout.flush()
    world.stderr.flush()
    for agent in agents:
        leave(lambda agent=agent: keep_bringing(world.fleet, agent))
