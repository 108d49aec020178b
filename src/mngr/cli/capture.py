"""mngr capture."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.output.emit import emit_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run(world: World, arguments: Arguments) -> int:
    """Print an agent's screen."""
    from mngr.actions.capture import capture
    from mngr.output.style import clean

    agent = world.fleet.find(arguments["agent"])
    screen = clean(capture(agent, arguments["all"]), keep="\n\t")
    emit_one(
        world,
        {"agent": agent.record.name, "screen": screen},
        human=lambda: [screen] if screen else [],
    )
    return 0


COMMAND = Command(
    name="capture",
    summary="Print an agent's screen",
    run=run,
    fields=("agent", "screen"),
    arguments=(Argument("AGENT", "the agent", required=True, complete="agent"),),
    options=(Option(("--all", "--history"), "the whole history, not just the screen"),),
    examples=(
        ("mngr capture fix-tests", "what its terminal shows, or showed when it was stopped"),
        ("mngr capture fix-tests --all | grep FAILED", "everything that is remembered"),
    ),
)
