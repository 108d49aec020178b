"""mngr start."""

from __future__ import annotations

from mngr.cli.host_targets import FIELDS as HOST_FIELDS
from mngr.cli.host_targets import for_hosts, several, split
from mngr.cli.spec import Command, Option
from mngr.cli.targets import FILTERS, OUTCOME, TARGETS, has_filter, targets, tell_each
from mngr.model.errors import BlockedError, NotAcceptedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.fleet import Target
    from mngr.fleet.parallel import Outcome
    from mngr.fleet.report import Agent
    from mngr.transports.host import Host


def run(world: World, arguments: Arguments) -> int:
    """Bring stopped agents back, in the workspaces they had."""
    from mngr.actions.delivery import bring_after_start
    from mngr.actions.start import start
    from mngr.cli.background import keep_bringing_to
    from mngr.fleet.parallel import Outcome, for_each

    hosts, arguments = split(arguments)
    if hosts:
        code = _start_hosts(world, hosts, dry_run=arguments["dry_run"])
        if not several(arguments):
            return code
    chosen = _targets(world, arguments)
    if arguments["dry_run"]:
        return tell_each(
            world,
            [Outcome(target, error=target.error) for target in chosen],
            lambda outcome: ({"result": "would start"}, f"would start {outcome.target.text}"),
        )
    late: list[Agent] = []

    def work(agent: Agent) -> tuple[bool, int]:
        started = start(world.fleet, agent)
        try:
            return started, len(bring_after_start(world.fleet, agent))
        except (BlockedError, NotAcceptedError) as error:
            world.note(f"what is queued for {agent.record.name} waits: {error.message}")
            late.append(agent)
            return started, 0

    outcomes = list(for_each(chosen, work))
    code = tell_each(world, outcomes, _told)
    keep_bringing_to(world, late)
    return code


def _start_hosts(world: World, words: list[str], *, dry_run: bool) -> int:
    from mngr.actions.host_life import start_host
    from mngr.cli.complain import complain

    def work(host: Host) -> tuple[dict[str, Any], str]:
        if dry_run:
            return {"result": "would start"}, f"would start @{host.address}"
        started = start_host(world.fleet, host)
        for failure in started.failures:
            complain(world, failure)
        back = f" with {', '.join(started.agents)}" if started.agents else ""
        said = f"started @{host.address}{back}" if started.was_off or back else f"@{host.address} runs already"
        return {"result": "started" if started.was_off else "running", "agents": started.agents}, said

    return for_hosts(world, words, work)


def _told(outcome: Outcome) -> tuple[dict[str, Any], str]:
    (started, delivered), name = outcome.result, outcome.target.text
    row = {"result": "started" if started else "running"}
    queued = f" and delivered {delivered} queued" if delivered else ""
    return (row | {"delivered": delivered} if delivered else row), (
        f"started {name}{queued}" if started else f"{name} runs already{queued and ',' + queued}"
    )


def _targets(world: World, arguments: Arguments) -> list[Target]:
    if arguments["all"] and not arguments["agents"] and not has_filter(arguments):
        from mngr.actions.start import was_running
        from mngr.fleet.fleet import Target

        found = [Target(agent.record.name, agent) for agent in was_running(world.fleet)]
        if not found:
            world.note(_nothing_to_start(world))
        return found
    return targets(world, arguments)


def _nothing_to_start(world: World) -> str:
    from mngr.model.observation import STOPPED

    reports = [report for report in world.fleet.look() if report.record is not None and not report.record.archived_at]
    stopped = sum(report.seen.state == STOPPED for report in reports)
    if not reports:
        return "no agents"
    was = "1 was" if stopped == 1 else f"{stopped} were"
    others = f"; {was} stopped: name {'it' if stopped == 1 else 'them'} to start {'it' if stopped == 1 else 'them'}"
    return "every agent that should run does" + (others if stopped else "")


ALL = Option(
    ("--all", "-a"),
    "every agent that ran when its session was lost, as by a reboot; with a filter: all that match",
    group="Which agents",
)

COMMAND = Command(
    name="start",
    summary="Bring stopped agents back",
    run=run,
    fields=(*OUTCOME, "delivered", *HOST_FIELDS),
    arguments=(TARGETS,),
    options=(ALL, *FILTERS, Option(("--dry-run", "-n"), "say what would be started, and start nothing")),
    examples=(
        ("mngr start @happy-fox.docker", "start a host, and the agents that ran when it stopped"),
        ("mngr start fix-tests", "run its program again, in the same workspace"),
        ("mngr start --all", "after a reboot: bring back every agent that was running"),
    ),
    about=(
        "An agent whose program has ended is started anew; one that runs is left alone. --all alone means every agent "
        "that was running when its session was lost, not those that were stopped or had ended. What waits in an "
        "agent's outbox is delivered once its program is ready."
    ),
)
