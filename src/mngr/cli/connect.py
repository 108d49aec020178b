"""mngr connect."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.model.errors import UsageError, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent


def run(world: World, arguments: Arguments) -> int:
    """Attach to an agent's session."""
    from mngr.actions.start import start

    agent = world.fleet.find(arguments["agent"]) if arguments["agent"] is not None else _picked(world)
    if arguments["start"]:
        start(world.fleet, agent)
    return attach(world, agent, arguments["connect_command"])


def connects(world: World, arguments: Arguments) -> bool:
    """Tell whether `create` attaches: asked to, or on a terminal for a person."""
    if arguments["connect"] is not None:
        return arguments["connect"]
    headless = bool(world.environ.get("MNGR_HEADLESS")) or world.options.quiet or world.options.format != "human"
    return world.in_is_terminal and world.is_terminal and not headless


def attach(world: World, agent: Agent, command: str | None = None) -> int:
    """Show an agent's session on this terminal, or run the command that does so instead."""
    from mngr.hosts.session import TmuxSession
    from mngr.transports.run import call, environment

    session = TmuxSession(agent.host, agent.record)
    variables = environment()
    if command:
        world.settings.require_trust()
        variables.update(_named(agent, session))
        world.become(["sh", "-c", command], variables)
    if not (world.in_is_terminal and world.is_terminal):
        raise UsageError(
            f"connect needs a terminal; '{agent.record.name}' is in tmux session {session.name}",
            hint=f"in a terminal: mngr connect {agent.record.name}; without one: mngr capture {agent.record.name}",
        )
    if not session.exists():
        raise UserError(f"'{agent.record.name}' has no session", hint=f"mngr start {agent.record.name}")
    if _inside(world, agent):
        return call(agent.host.tmux("switch-client", "-t", f"={session.name}"))
    variables.pop("TMUX", None)  # a tmux in a tmux is what was asked for
    world.become(session.attach_command(), variables)


def _inside(world: World, agent: Agent) -> bool:
    """Tell whether this terminal already shows mngr's own tmux server."""
    socket, _, _ = world.environ.get("TMUX", "").partition(",")
    return socket.rsplit("/", 1)[-1] == agent.host.tmux_socket


def _named(agent: Agent, session: object) -> dict[str, str]:
    record = agent.record
    return {
        "MNGR_AGENT_ID": record.id,
        "MNGR_AGENT_NAME": record.name,
        "MNGR_AGENT_WORK_DIR": record.workspace.folder,
        "MNGR_SESSION_NAME": agent.host.prefix + record.name,
        "MNGR_TMUX_SOCKET": agent.host.tmux_socket,
        "MNGR_HOST_NAME": agent.host.name,
    }


def _picked(world: World) -> Agent:
    from mngr.fleet.report import Agent
    from mngr.output.prompts import choose

    reports = [report for report in world.fleet.look() if report.record is not None and report.observation.pane]
    if not reports:
        raise UsageError("no agent has a session", hint="make one: mngr create, or bring one back: mngr start")
    if len(reports) == 1:
        picked = 0
    else:
        lines = [f"{report.name:<24} {report.seen.state}" for report in reports]
        picked = choose(world, "connect to", lines, "name one: mngr connect NAME")
    report = reports[picked]
    return Agent(report.host, report.record)


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
        ("mngr connect fix-tests --connect-command 'kitty tmux -L $MNGR_TMUX_SOCKET attach -t =$MNGR_SESSION_NAME'", "in a window of its own"),
    ),
    about=(
        "Inside mngr's own tmux the view switches to the agent; inside another tmux the session opens nested. A connect "
        "command gets MNGR_AGENT_NAME, MNGR_AGENT_ID, MNGR_AGENT_WORK_DIR, MNGR_SESSION_NAME, MNGR_TMUX_SOCKET and "
        "MNGR_HOST_NAME in its environment; set it for good with: mngr config set commands.connect.connect_command COMMAND."
    ),
)
