"""mngr archive."""

from __future__ import annotations

from mngr.cli.from_inside import outliving
from mngr.cli.spec import Command, Option
from mngr.cli.targets import AGENTS, OUTCOME, TARGET_OPTIONS, targets, tell_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run(world: World, arguments: Arguments) -> int:
    """Put agents out of sight, or bring them back into it."""
    from mngr.actions.archive import archive, unarchive
    from mngr.fleet.parallel import Outcome, for_each

    done = "unarchived" if arguments["undo"] else "archived"
    chosen = targets(world, arguments)
    if arguments["dry_run"]:
        outcomes = [Outcome(target, error=target.error) for target in chosen]
        return tell_each(
            world, outcomes, lambda outcome: ({"result": f"would be {done}"}, f"{outcome.target.text} would be {done}")
        )

    def work() -> int:
        outcomes = list(
            for_each(chosen, lambda agent: unarchive(agent) if arguments["undo"] else archive(world.fleet, agent))
        )
        return tell_each(world, outcomes, lambda outcome: ({"result": done}, f"{done} {outcome.target.text}"))

    return work() if arguments["undo"] else outliving(world, chosen, work)


COMMAND = Command(
    name="archive",
    summary="Put agents out of sight",
    run=run,
    fields=OUTCOME,
    arguments=(AGENTS,),
    options=(
        *TARGET_OPTIONS,
        Option(("--undo",), "show them in mngr list again"),
        Option(("--dry-run", "-n"), "say what would be archived, and do nothing"),
    ),
    examples=(
        ("mngr archive fix-tests", "stop it and hide it from mngr list; everything is kept"),
        ("mngr list --archived", "show archived agents as well"),
        ("mngr archive --undo fix-tests", "show it again; mngr start does that too"),
    ),
)
