"""mngr rename."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.cli.targets import one_target
from mngr.model.names import check_name, parse_address
from mngr.output.emit import emit_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run(world: World, arguments: Arguments) -> int:
    """Give an agent another name, or a host."""
    from mngr.actions.rename import rename

    if arguments["old"].startswith("@"):
        return _rename_host(world, arguments)
    new = check_name(arguments["new"])
    agent = one_target(world, arguments["old"])
    old = agent.record.name
    if not arguments["dry_run"]:
        agent = rename(world.fleet, agent, new)
    done = "would rename" if arguments["dry_run"] else "renamed"
    row = {"agent": new, "id": agent.record.id, "old": old}
    emit_one(world, row, human=lambda: [f"{done} {old} to {new}"])
    return 0


def _rename_host(world: World, arguments: Arguments) -> int:
    from mngr.actions.host_life import rename_host

    new = check_name(arguments["new"].removeprefix("@"), "host name")
    address = parse_address(arguments["old"])
    host = world.fleet.host(address.host, address.provider)
    old, dry_run = host.address, arguments["dry_run"]
    host = rename_host(world.fleet, host, new, dry_run=dry_run)
    row = {"host": new, "id": host.id, "old": old}
    done = "would rename" if dry_run else "renamed"
    emit_one(world, row, human=lambda: [f"{done} @{old} to @{new}.{host.provider}"])
    return 0


COMMAND = Command(
    name="rename",
    summary="Give an agent another name",
    run=run,
    fields=("agent", "host", "id", "old"),
    arguments=(
        Argument("OLD", "the agent, or a host as @HOST", required=True, complete="target"),
        Argument("NEW", "its new name", required=True),
    ),
    options=(Option(("--dry-run", "-n"), "check, and change nothing"),),
    examples=(
        ("mngr rename fix-tests fix-login", "the session is renamed too; workspace and branch keep their names"),
        ("mngr rename @happy-fox.docker build-box", "a host that mngr made; its agents run on"),
    ),
)
