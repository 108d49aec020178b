"""mngr open."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.model.errors import UserError
from mngr.output.emit import emit_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run(world: World, arguments: Arguments) -> int:
    """Open what an agent serves, forwarding its port where that is on another host."""
    from mngr.actions.open import Way, find_door

    agent = world.fleet.find(arguments["agent"])
    door = find_door(agent, arguments["port"])
    way = Way(agent, door)
    try:
        with way as port:
            url = f"http://127.0.0.1:{port}{door.path}"
            row = {"agent": agent.record.name, "url": url, "port": port, "host_port": door.port}
            emit_line(world, {**row, "listening": door.is_served}, human=lambda: [url])
            if door.is_served is False:
                world.note(f"nobody listens at port {door.port} of {agent.host.address} yet")
            if _opens(world, arguments):
                _browse(world, url)
            if way.is_forwarded:
                world.note(f"it leads to port {door.port} of {agent.host.address} until this ends (Ctrl-C)")
            way.wait()
    except KeyboardInterrupt:
        if not way.is_forwarded:
            raise
    return 0


def _opens(world: World, arguments: Arguments) -> bool:
    if arguments["browser"] is not None:
        return arguments["browser"]
    return world.is_terminal and world.options.format == "human" and not world.environ.get("MNGR_HEADLESS")


def _browse(world: World, url: str) -> None:
    """Show a URL in the user's browser, which is left to itself; say so where there is none."""
    from mngr.transports.run import leave, run

    command = _browser(world)
    if command is None:
        world.note("no browser was found (BROWSER, xdg-open, open)")
        return
    words = [word.replace("%s", url) for word in command]
    argv = words if words != command else [*command, url]
    world.stdout.flush()
    world.stderr.flush()

    def show() -> None:
        try:
            run(argv, check=False)
        except UserError:
            return

    leave(show)


def _browser(world: World) -> list[str] | None:
    """Return the command of the user's browser, as words."""
    import shlex
    import shutil

    for text in (*world.environ.get("BROWSER", "").split(":"), "xdg-open", "open"):
        try:
            words = shlex.split(text)
        except ValueError:
            continue
        if words and shutil.which(words[0]):
            return words
    return None


COMMAND = Command(
    name="open",
    summary="Open what an agent serves, forwarding its port",
    run=run,
    fields=("agent", "url", "port", "host_port", "listening"),
    arguments=(
        Argument("AGENT", "the agent", required=True, complete="agent"),
        Argument("PORT", "a port of its host, or the name that the agent gave one", written="PORT|NAME"),
    ),
    options=(
        Option(
            ("--browser",),
            "show it in your browser, or only print the URL (the default: on a terminal)",
            negatable=True,
        ),
    ),
    examples=(
        ("mngr open shop", "what it serves: the first port that it named, else the lowest of its own that is served"),
        ("mngr open shop 5173", "a port of its host"),
        ("mngr open shop docs", "a port by the name that the agent gave it"),
        ("mngr open shop --no-browser", "print the URL, and lead there until Ctrl-C"),
    ),
    about=(
        "On another host the port is reached over the connection that mngr has there anyway: also in a container "
        "without a network. Only this machine can use it (127.0.0.1), and it ends with this command. Of an agent on "
        "this machine the URL is all there is to it. Where nobody listens yet it is said so, and the way is open for "
        "when somebody does.\n\n"
        "Each agent has 16 ports of its own, from MNGR_PORT_BASE on: mngr help environment. An agent names ports by "
        "lines NAME PORT, or NAME PORT/PATH, in $MNGR_AGENT_STATE_DIR/ports. The browser is BROWSER, xdg-open or open."
    ),
)
