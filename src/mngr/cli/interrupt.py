"""mngr interrupt."""

from __future__ import annotations

from mngr.cli.spec import Command
from mngr.cli.targets import AGENTS, OUTCOME, TARGET_OPTIONS, targets, tell_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.parallel import Outcome


def run(world: World, arguments: Arguments) -> int:
    """End agents' turns."""
    from mngr.actions.interrupt import interrupt
    from mngr.fleet.parallel import for_each

    outcomes = list(for_each(targets(world, arguments), lambda agent: interrupt(world.fleet, agent)))
    return tell_each(world, outcomes, _told)


def _told(outcome: Outcome) -> tuple[dict[str, Any], str]:
    from mngr.actions.interrupt import IDLE, SENT

    done, name = outcome.result, outcome.target.text
    row = {"result": done.result, "question": done.question}
    if done.result == IDLE:
        return row, f"{name} has no turn under way"
    if done.result == SENT:
        return row, f"{SENT} to {name}"
    return row, f"interrupted {name}" + (", and what it asked is rejected" if done.question else "")


COMMAND = Command(
    name="interrupt",
    summary="End the turns of agents",
    run=run,
    fields=(*OUTCOME, "question"),
    arguments=(AGENTS,),
    options=TARGET_OPTIONS,
    examples=(
        ("mngr interrupt fix-tests", "stop what it does; it waits for a message then"),
        ("mngr interrupt --all --state running", "all that are at work"),
    ),
    about=(
        "Succeeds when the turn was seen to end. A question that was open in it is rejected, and it says so; where no "
        "turn is under way nothing is done. To a command or shell agent C-c is sent, as if it was typed."
    ),
)
