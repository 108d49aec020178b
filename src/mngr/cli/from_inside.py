"""Commands that end the very agent in whose terminal they were typed, and still have something to do after that."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.cli.world import World
    from mngr.fleet.fleet import Target


def outliving(world: World, chosen: list[Target], work: Callable[[], int]) -> int:
    """Do work and return its exit code, apart from the agents it ends where we run inside of one of them."""
    from mngr.actions.inside import surrounding

    around = surrounding(target.agent for target in chosen if target.agent is not None)
    if not around:
        return work()
    from mngr.transports.run import apart

    names = " and ".join(f"'{agent.record.name}'" for agent in around)
    world.note(f"this is the terminal of {names}: once its program is ended, nothing more is said here")
    return apart(work)
