"""Showing an agent's session on this terminal."""

from __future__ import annotations

from mngr.model.errors import UsageError, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent
    from mngr.hosts.session import TmuxSession


LINK_BROKE = 255  # what ssh ends with
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0


def connects(world: World, arguments: Arguments) -> bool:
    """Tell whether `create` attaches: asked to, or on a terminal for a person."""
    if arguments["connect"] is not None:
        return arguments["connect"]
    headless = bool(world.environ.get("MNGR_HEADLESS")) or world.options.quiet or world.options.format != "human"
    return world.in_is_terminal and world.is_terminal and not headless


def attach(world: World, agent: Agent, command: str | None = None) -> int:  # noqa: RET503 - some ways do not return
    """Show an agent's session on this terminal, or run the command that does so instead."""
    from mngr.hosts.session import TmuxSession
    from mngr.transports.quoting import join
    from mngr.transports.run import call, environment

    session = TmuxSession(agent.host, agent.record)
    variables = environment()
    if command:
        session.exists()
        variables.update(_named(session), MNGR_ATTACH_COMMAND=join(session.attach_command()))
        world.become(["sh", "-c", command], variables)
    if not (world.in_is_terminal and world.is_terminal):
        raise UsageError(
            f"connect needs a terminal; '{agent.record.name}' is in tmux session {session.name}",
            hint=f"in a terminal: mngr connect {agent.record.name}; without one: mngr capture {agent.record.name}",
        )
    if not session.exists():
        raise UserError(f"'{agent.record.name}' has no session", hint=f"mngr start {agent.record.name}")
    if _inside(world, session):
        return call([*session.place.tmux, "switch-client", "-t", session.place.target])
    variables.pop("TMUX", None)  # a tmux in a tmux is what was asked for
    if not agent.host.transport.shares_files:
        return _attach_again_and_again(world, session, variables)
    world.become(session.attach_command(), variables)


def _attach_again_and_again(world: World, session: TmuxSession, variables: dict[str, str]) -> int:
    """Show a session on another host, and connect again whenever the link breaks, until it is left or has ended."""
    from mngr.transports.run import call

    name = session.record.name
    while True:
        code = call(session.attach_command(), env=variables)
        if code != LINK_BROKE:
            return code
        world.tell(f"mngr: the link to '{name}' broke; it goes on there, and is connected to again (Ctrl-C ends this)")
        try:
            if not _comes_back(session):
                raise UserError(f"'{name}' has no session any more", hint=f"mngr why {name}")
        except KeyboardInterrupt:
            return LINK_BROKE


def _comes_back(session: TmuxSession) -> bool:
    """Wait until the host answers again; tell whether the session is still there."""
    import time

    from mngr.model.errors import UnreachableError

    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return session.exists()
        except UnreachableError:
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _inside(world: World, session: TmuxSession) -> bool:
    """Tell whether this terminal already shows the session's own tmux server."""
    socket, _, _ = world.environ.get("TMUX", "").partition(",")
    return session.host.transport.shares_files and bool(socket) and socket == session.place.tmux[-1]


def _named(session: TmuxSession) -> dict[str, str]:
    record = session.record
    return {
        "MNGR_AGENT_ID": record.id,
        "MNGR_AGENT_NAME": record.name,
        "MNGR_AGENT_WORK_DIR": record.workspace.folder,
        "MNGR_SESSION_NAME": session.place.name,
        "MNGR_TMUX_SOCKET": session.place.tmux[-1].rpartition("/")[2],
        "MNGR_HOST_NAME": session.host.name,
    }
