"""mngr connect."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent


def run(world: World, arguments: Arguments) -> int:
    """Attach to an agent's session."""
    from mngr.actions.start import start
    from mngr.cli.attach import attach

    agent = world.fleet.find(arguments["agent"]) if arguments["agent"] is not None else _picked(world)
    if arguments["start"]:
        start(world.fleet, agent)
    return attach(world, agent, arguments["connect_command"])


def _picked(world: World) -> Agent:
    from mngr.fleet.report import Agent
    from mngr.output.prompts import choose

    live = [
        (Agent(report.host, report.record), report.seen.state)
        for report in world.fleet.look()
        if report.record is not None and report.observation.pane
    ]
    if not live:
        raise UsageError("no agent has a session", hint="make one: mngr create, or bring one back: mngr start")
    if len(live) == 1:
        return live[0][0]
    lines = [f"{agent.record.name:<24} {state}" for agent, state in live]
    return live[choose(world, "connect to", lines, "name one: mngr connect NAME")][0]


COMMAND = Command(
    name="connect",
    summary="Attach to an agent's session",
    run=run,
    arguments=(Argument("AGENT", "the agent; without it, pick from a list", complete="agent"),),
    options=(
        Option(("--start",), "start it first if it has no session"),
        Option(("--connect-command",), "a shell command that is run instead of attaching", "COMMAND"),
    ),
    examples=(
        ("mngr connect fix-tests", "attach; C-b d leaves it running"),
        ("mngr connect", "pick from a list"),
        (
            "mngr connect fix-tests --connect-command 'kitty sh -c \"$MNGR_ATTACH_COMMAND\"'",
            "in a window of its own",
        ),
    ),
    about=(
        "A link to another host that breaks is made again, until you leave. "
        "Inside mngr's own tmux the view switches to the agent; inside another tmux the session opens nested. A "
        "connect command gets MNGR_AGENT_NAME, MNGR_AGENT_ID, MNGR_AGENT_WORK_DIR, MNGR_SESSION_NAME, "
        "MNGR_TMUX_SOCKET, MNGR_HOST_NAME and MNGR_ATTACH_COMMAND (which attaches, wherever the agent is) in its "
        "environment; set it for good with: "
        "mngr config set commands.connect.connect_command COMMAND."
    ),
)
