"""mngr stop."""

from __future__ import annotations

from mngr.cli.host_targets import FIELDS as HOST_FIELDS
from mngr.cli.host_targets import for_hosts, several, split
from mngr.cli.spec import Command, Option
from mngr.cli.targets import OUTCOME, TARGET_OPTIONS, TARGETS, targets, tell_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.transports.host import Host


def run(world: World, arguments: Arguments) -> int:
    """End the sessions of agents and keep everything else."""
    from mngr.actions.stop import stop
    from mngr.fleet.parallel import Outcome, for_each

    hosts, arguments = split(arguments)
    if hosts:
        code = _stop_hosts(world, hosts, dry_run=arguments["dry_run"])
        if not several(arguments):
            return code
    grace = arguments["grace"]
    seconds: float = world.settings.get("stop.grace_seconds") if grace is None else grace
    chosen = targets(world, arguments)
    if arguments["dry_run"]:
        return tell_each(
            world,
            [Outcome(target, error=target.error) for target in chosen],
            lambda outcome: ({"result": "would stop"}, f"would stop {outcome.target.text}"),
        )
    outcomes = list(for_each(chosen, lambda agent: stop(agent, seconds)))
    return tell_each(
        world,
        outcomes,
        lambda outcome: (
            {"result": "stopped" if outcome.result else "not running"},
            f"stopped {outcome.target.text}" if outcome.result else f"{outcome.target.text} was not running",
        ),
    )


def _stop_hosts(world: World, words: list[str], *, dry_run: bool) -> int:
    from mngr.actions.host_life import stop_host

    def work(host: Host) -> tuple[dict[str, Any], str]:
        if dry_run:
            return {"result": "would stop"}, f"would stop @{host.address}"
        if stop_host(world.fleet, host):
            return {"result": "stopped"}, f"stopped @{host.address} (mngr start @{host.address} brings it back)"
        return {"result": "not running"}, f"@{host.address} was not running"

    return for_hosts(world, words, work)


COMMAND = Command(
    name="stop",
    summary="End sessions and keep everything",
    run=run,
    fields=(*OUTCOME, *HOST_FIELDS),
    arguments=(TARGETS,),
    options=(
        *TARGET_OPTIONS,
        Option(("--grace",), "how long a program has to end before it is killed", "DURATION", kind="duration"),
        Option(("--dry-run", "-n"), "say what would be stopped, and stop nothing"),
    ),
    examples=(
        ("mngr stop @happy-fox.docker", "stop a whole host; its agents come back when it is started"),
        ("mngr stop fix-tests", "end its session; workspace, branch and record stay"),
        ("mngr stop --all", "end all sessions of all agents"),
        ("mngr stop --project shop --state waiting", "end those of a project that wait"),
    ),
    about=(
        "The program and everything it started gets TERM, a grace period, then KILL: also processes that left the "
        "session. What the terminal showed stays readable with mngr capture. mngr start brings the agent back in the "
        "same workspace."
    ),
)
