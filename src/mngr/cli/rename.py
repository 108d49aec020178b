"""mngr rename."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.cli.targets import one_target
from mngr.model.names import check_name
from mngr.output.emit import emit_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run(world: World, arguments: Arguments) -> int:
    """Give an agent another name."""
    from mngr.actions.rename import rename

    new = check_name(arguments["new"])
    agent = one_target(world, arguments["old"])
    old = agent.record.name
    if not arguments["dry_run"]:
        agent = rename(agent, new)
    done = "would rename" if arguments["dry_run"] else "renamed"
    row = {"agent": new, "id": agent.record.id, "old": old}
    emit_one(world, row, human=lambda: [f"{done} {old} to {new}"])
    return 0


COMMAND = Command(
    name="rename",
    summary="Give an agent another name",
    run=run,
    fields=("agent", "id", "old"),
    arguments=(
        Argument("OLD", "the agent", required=True, complete="agent"),
        Argument("NEW", "its new name", required=True),
    ),
    options=(Option(("--dry-run", "-n"), "check, and change nothing"),),
    examples=(
        ("mngr rename fix-tests fix-login", "the session is renamed too; workspace and branch keep their names"),
    ),
)
