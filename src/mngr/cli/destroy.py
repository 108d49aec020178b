"""mngr destroy."""

from __future__ import annotations

from mngr.cli.from_inside import outliving
from mngr.cli.host_targets import FIELDS as HOST_FIELDS
from mngr.cli.host_targets import for_hosts, several, split
from mngr.cli.spec import Command, Option
from mngr.cli.targets import AGENTS, OUTCOME, TARGET_OPTIONS, targets, tell_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.parallel import Outcome
    from mngr.transports.host import Host


def run(world: World, arguments: Arguments) -> int:
    """Remove agents; refuse where work would be lost."""
    from mngr.actions.destroy import HowToDestroy, destroy
    from mngr.fleet.parallel import for_each

    hosts, arguments = split(arguments)
    if hosts:
        code = _destroy_hosts(world, hosts, arguments)
        if not several(arguments):
            return code
    how = HowToDestroy(
        force=arguments["force"],
        remove_branch=arguments["remove_branch"],
        dry_run=arguments["dry_run"],
        grace_seconds=world.settings.get("stop.grace_seconds"),
    )
    chosen = targets(world, arguments)
    if len(chosen) > 1 and not arguments["force"] and not how.dry_run and (arguments["all"] or not arguments["agents"]):
        names = ", ".join(target.text for target in chosen[:8]) + (", ..." if len(chosen) > 8 else "")
        if not world.confirm(f"destroy {len(chosen)} agents ({names})?"):
            world.note("nothing was destroyed")
            return 0
    days = world.settings.get("destroyed.keep_days")

    def work() -> int:
        outcomes = list(for_each(chosen, lambda agent: destroy(agent, how)))
        return tell_each(world, outcomes, lambda outcome: _said(outcome, dry_run=how.dry_run, days=days))

    return work() if how.dry_run else outliving(world, chosen, work)


def _destroy_hosts(world: World, words: list[str], arguments: Arguments) -> int:
    from mngr.actions.host_life import destroy_host

    def work(host: Host) -> tuple[dict[str, Any], str]:
        if arguments["dry_run"]:
            return {"result": "would destroy"}, f"would destroy @{host.address}"
        agents = destroy_host(world.fleet, host, force=arguments["force"])
        return {"result": "destroyed", "agents": agents}, f"destroyed @{host.address}" + (
            f" with {', '.join(agents)}" if agents else ""
        )

    return for_hosts(world, words, work)


def _said(outcome: Outcome, *, dry_run: bool, days: float) -> tuple[dict[str, Any], str]:
    name = outcome.target.agent.record.name if outcome.target.agent else outcome.target.text
    risks = [risk.text for risk in outcome.result.risks]
    row = {"result": "would destroy" if dry_run else "destroyed", "at_risk": risks}
    if dry_run:
        return row, f"would destroy {name}" + (f" (only with --force: {'; '.join(risks)})" if risks else "")
    return row, f"destroyed {name}" + (f" (mngr restore {name} brings it back for {days:g} days)" if risks else "")


COMMAND = Command(
    name="destroy",
    summary="Remove agents; what they made can be restored",
    run=run,
    fields=(*OUTCOME, "at_risk", *HOST_FIELDS),
    arguments=(AGENTS,),
    options=(
        *TARGET_OPTIONS,
        Option(("--force", "-f"), "also where commits or changes exist nowhere else (they can be restored)"),
        Option(("--remove-branch",), "remove the agent's branch too"),
        Option(("--dry-run", "-n"), "say what would be removed, and remove nothing"),
    ),
    examples=(
        ("mngr destroy @happy-fox.docker", "take a host away with all that is on it"),
        ("mngr destroy fix-tests", "end it and remove its workspace; its branch stays if it has commits"),
        ("mngr destroy fix-tests --remove-branch", "remove its branch as well"),
        ("mngr destroy --all --state done", "remove all agents that are done"),
    ),
    about=(
        "Refuses with exit code 7 where the workspace holds commits or changes that exist nowhere else, and says what "
        "they are. What is removed, forced or not, can be restored for 30 days: mngr restore."
    ),
)
