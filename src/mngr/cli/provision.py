"""mngr provision."""

from __future__ import annotations

from mngr.cli.create_options import OPTIONS
from mngr.cli.spec import Command
from mngr.cli.targets import AGENTS, OUTCOME, TARGET_OPTIONS, targets, tell_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.fleet import Target
    from mngr.fleet.report import Agent
    from mngr.hosts.ways import Way
    from mngr.transports.host import Host


def run(world: World, arguments: Arguments) -> int:
    """Bring agents again what they need before a start."""
    from mngr.actions.provision import Provisioning, provision_again
    from mngr.cli.new_agent import upload_of
    from mngr.fleet.parallel import for_each
    from mngr.output.progress import Progress

    wanted = Provisioning(
        [upload_of(world, text) for text in arguments["upload_file"]],
        arguments["extra_provision_command"],
        world.settings.get("provision.timeout_seconds"),
    )
    chosen = targets(world, arguments)
    ways = _ways(world, chosen)
    with Progress(world) as progress:

        def work(agent: Agent) -> bool:
            return provision_again(agent, ways.get(agent.record.id), wanted, progress.step)

        outcomes = list(for_each(chosen, work))
    return tell_each(
        world,
        outcomes,
        lambda outcome: (
            {"result": "provisioned" if outcome.result else "nothing to do"},
            f"provisioned {outcome.target.text}" if outcome.result else f"{outcome.target.text} has all it needs",
        ),
    )


def _ways(world: World, chosen: list[Target]) -> dict[str, Way]:
    """Return, by agent, how programs that are missing come, each asked about once. Raises UserError."""
    from mngr.actions.provision import program_of
    from mngr.cli.making import agree_to_install

    ways: dict[str, Way] = {}
    agreed: list[tuple[Host, Way]] = []
    for agent in (target.agent for target in chosen if target.agent is not None):
        found = program_of(world.fleet, agent)
        if found is None or found.file is not None:
            continue
        way = next((way for host, way in agreed if (host, way.program) == (agent.host, found.program)), None)
        if way is None and (way := agree_to_install(world, agent.host, found)) is not None:
            agreed.append((agent.host, way))
        if way is not None:
            ways[agent.record.id] = way
    return ways


COMMAND = Command(
    name="provision",
    summary="Bring agents again what they need before a start",
    run=run,
    fields=OUTCOME,
    arguments=(AGENTS,),
    options=(
        *TARGET_OPTIONS,
        *(option for option in OPTIONS if option.key in ("upload_file", "extra_provision_command")),
    ),
    examples=(
        ("mngr provision fix", "install the program of its type, if it is missing"),
        ("mngr provision fix --extra-provision-command 'make deps'", "and run a command in its workspace"),
    ),
    about=(
        "Installs the program of an agent's type when it is missing on the agent's host, after asking (or with --yes), "
        "as create does, copies files, and runs commands in the workspace, with the agent's environment. A program "
        "that is there is left as it is: mngr upgrades nothing."
    ),
)
