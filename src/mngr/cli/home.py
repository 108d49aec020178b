"""What `mngr` alone shows."""

from __future__ import annotations

from mngr.cli.help import opening

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.world import World


def home(world: World) -> int:
    """Show where to begin."""
    world.stdout.write("".join(f"{line}\n" for line in opening(world)))
    return 0
