"""mngr destroy."""

from __future__ import annotations

from mngr.cli.complain import complain
from mngr.cli.from_inside import outliving
from mngr.cli.host_targets import FIELDS as HOST_FIELDS
from mngr.cli.host_targets import for_hosts, several, split
from mngr.cli.spec import Command, Option
from mngr.cli.targets import OUTCOME, TARGET_OPTIONS, TARGETS, targets, tell_each, worst
from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.last_agent import Gone
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.parallel import Outcome
    from mngr.model.host import Snapshot
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
    by_what_they_are = arguments["all"] or not arguments["agents"]
    asks = world.in_is_terminal or not arguments["force"]  # a script that forces it has nobody to ask
    if len(chosen) > 1 and asks and not how.dry_run and by_what_they_are:
        names = ", ".join(target.text for target in chosen[:8]) + (", ..." if len(chosen) > 8 else "")
        if not world.confirm(f"destroy {len(chosen)} agents ({names})?"):
            world.note("nothing was destroyed")
            return 0
    days = world.settings.get("destroyed.keep_days")

    def work() -> int:
        outcomes = list(for_each(chosen, lambda agent: destroy(world.fleet, agent, how)))
        gone, failures = ([], []) if arguments["keep_host"] else _take_hosts(world, outcomes, arguments)
        went = [each.host for each in gone if not each.stays]
        code = tell_each(world, outcomes, lambda outcome: _said(outcome, went, dry_run=how.dry_run, days=days))
        for each in gone:
            world.note(_said_of_host(each))
        for error in failures:
            complain(world, error)
        return worst([code, *(error.exit_code for error in failures)]) if failures else code

    return work() if how.dry_run else outliving(world, chosen, work)


def _take_hosts(world: World, outcomes: list[Outcome], arguments: Arguments) -> tuple[list[Gone], list[UserError]]:
    """Take away the hosts that mngr made and whose last agent was destroyed; return them, and failures."""
    from mngr.actions.last_agent import goes_with, take_empty

    ids: dict[Host, set[str]] = {}
    for outcome in outcomes:
        agent = outcome.target.agent
        if outcome.error is None and agent is not None:
            ids.setdefault(agent.host, set()).add(agent.record.id)
    found: list[Gone] = []
    failures: list[UserError] = []
    for host in ids:
        try:
            if arguments["dry_run"]:
                if goes_with(world.fleet, host, ids[host]):
                    world.note(f"would take @{host.address} with it, where no other agent is")
            elif (gone := take_empty(world.fleet, host, save=arguments["snapshot"] is not False)) is not None:
                found.append(gone)
        except UserError as error:
            failures.append(error)
    return found, failures


def _said_of_host(gone: Gone) -> str:
    place, names = f"@{gone.host.address}", " and ".join(gone.names)
    if gone.stays:
        return f"{place} stays: work of {names} that can be restored exists nowhere else (mngr destroy {place} --force)"
    if gone.snapshot is None:
        return f"took {place} with it, where no other agent was"
    return (
        f"took {place} with it, where no other agent was; it is saved with {names}\n"
        f"to bring that back: {_again(gone.snapshot)}; then: mngr restore {gone.names[0]}"
    )


def _again(snapshot: Snapshot) -> str:
    """Return what makes a host again from what it was saved as."""
    from mngr.actions.snapshot import short_id

    return f"mngr create NAME@.{snapshot.provider} --snapshot {short_id(snapshot)}"


def _destroy_hosts(world: World, words: list[str], arguments: Arguments) -> int:
    from mngr.actions.host_life import destroy_host

    def work(host: Host) -> tuple[dict[str, Any], str]:
        dry_run: bool = arguments["dry_run"]
        save = arguments["snapshot"] is not False
        done = destroy_host(world.fleet, host, force=arguments["force"], save=save, dry_run=dry_run)
        if done.is_only_forgotten:
            result, said = ("would forget", "would forget") if dry_run else ("forgotten", "forgot")
            return {"result": result, "agents": []}, f"{said} @{host.address}; nothing there was changed"
        if dry_run:
            said = f"would destroy @{host.address}" + (f" with {', '.join(done.agents)}" if done.agents else "")
            row = {"result": "would destroy", "agents": done.agents, "at_risk": done.risks}
            return row, said + (f" (only with --force: {'; '.join(done.risks)})" if done.risks else "")
        row = {"result": "destroyed", "agents": done.agents, "snapshot": done.snapshot and done.snapshot.id}
        said = f"destroyed @{host.address}" + (f" with {', '.join(done.agents)}" if done.agents else "")
        return row, said + (f"; it is saved: {_again(done.snapshot)}" if done.snapshot is not None else "")

    return for_hosts(world, words, work)


def _said(outcome: Outcome, went: list[Host], *, dry_run: bool, days: float) -> tuple[dict[str, Any], str]:
    name = outcome.target.agent.record.name if outcome.target.agent else outcome.target.text
    risks = [risk.text for risk in outcome.result.risks]
    row = {"result": "would destroy" if dry_run else "destroyed", "at_risk": risks}
    if dry_run:
        return row, f"would destroy {name}" + (f" (only with --force: {'; '.join(risks)})" if risks else "")
    stays = outcome.target.agent is None or outcome.target.agent.host not in went
    hint = f" (mngr restore {name} brings it back for {days:g} days)" if risks and stays else ""
    return row, f"destroyed {name}{hint}"


COMMAND = Command(
    name="destroy",
    summary="Remove agents; what they made can be restored",
    run=run,
    fields=(*OUTCOME, "at_risk", *HOST_FIELDS, "snapshot"),
    arguments=(TARGETS,),
    options=(
        *TARGET_OPTIONS,
        Option(("--force", "-f"), "also where commits or changes exist nowhere else (they can be restored)"),
        Option(("--remove-branch",), "remove the agent's branch too"),
        Option(
            ("--snapshot",),
            "save a host before it goes with its last agent (the default)",
            negatable=True,
        ),
        Option(("--keep-host",), "leave a host that mngr made, also when its last agent goes"),
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
        "they are. What is removed, forced or not, can be restored for 30 days: mngr restore.\n\n"
        "A host that mngr made goes with the last agent on it. It is saved before, as a snapshot (--no-snapshot saves "
        "nothing): mngr create --snapshot makes it again, and mngr restore brings its agents back there. @HOST of a "
        "machine that ssh reaches is only forgotten."
    ),
)
