"""mngr events."""

from __future__ import annotations

from mngr.cli.event_lines import line_of
from mngr.cli.spec import Argument, Command, Option
from mngr.model.errors import UsageError
from mngr.model.host import OFF
from mngr.model.names import parse_address
from mngr.output.emit import emit, emit_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.output.style import Style

    Event = dict[str, Any]


def run(world: World, arguments: Arguments) -> int:
    """Show what happened to an agent, or to all agents of a host."""
    from mngr.actions import events as action

    address = parse_address(arguments["agent"])
    if arguments["head"] is not None and arguments["tail"] is not None:
        raise UsageError("--head and --tail exclude each other", hint="use one of them")
    if address.name is None:
        if arguments["follow"]:
            raise UsageError("--follow needs an agent", hint="mngr events NAME --follow")
        host = world.fleet.host(address.host, address.provider)
        _show(world, _chosen(action.of_host(world.fleet, host), arguments), action.names(world.fleet, host))
        if host.state in OFF:
            world.note(f"{host.address} is {host.state}: what was destroyed there is not shown")
        return 0
    agent = world.fleet.readable(world.fleet.find(arguments["agent"]))
    world.fleet.look_at(agent)  # an end that tmux missed is noticed, and written down, by looking
    known = action.happened(agent)
    _show(world, _chosen(known, arguments))
    if arguments["follow"]:
        style = _style(world)
        world.stdout.flush()
        try:
            for event in action.follow(agent, known):
                if _wanted(event, arguments):
                    emit_line(world, event, human=lambda event=event: [line_of(event, style=style)])
        except KeyboardInterrupt:
            return 0
    return 0


def _style(world: World) -> Style:
    from mngr.output.style import style_for

    return style_for(is_terminal=world.is_terminal, environ=world.environ)


def _show(world: World, chosen: list[Event], names: dict[str, str] | None = None) -> None:
    """Show events; those of several agents with their names, by id."""

    style = _style(world)

    def human() -> list[str]:
        if names is None:
            return [line_of(event, style=style) for event in chosen]
        return [line_of(event, _whose(event, names), style) for event in chosen]

    emit(world, chosen, human=human)


def _whose(event: Event, names: dict[str, str]) -> str:
    owner = event["agent_id"]
    return "the host" if owner is None else names.get(str(owner), str(owner))


def _chosen(known: list[Event], arguments: Arguments) -> list[Event]:
    found = [event for event in known if _wanted(event, arguments)]
    if arguments["head"] is not None:
        return found[: arguments["head"]]
    if arguments["tail"] is not None:
        return found[-arguments["tail"] :] if arguments["tail"] else []
    return found


def _wanted(event: Event, arguments: Arguments) -> bool:
    sources, types = arguments["source"], arguments["include"]
    return (not sources or event.get("source") in sources) and (not types or event.get("type") in types)


COMMAND = Command(
    name="events",
    summary="Show what happened to an agent",
    run=run,
    fields=("time", "source", "type", "agent_id", "status", "signal", "from", "to", "why"),
    arguments=(
        Argument("AGENT", "the agent, or @HOST for a host and all agents there", required=True, complete="target"),
    ),
    options=(
        Option(("--follow", "-f"), "go on, and show each as it comes, across restarts"),
        Option(("--source",), "only those from a source: mngr, tmux, or an agent's program", "SOURCE", many=True),
        Option(
            ("--include",),
            "only those of a type: created, started, exited, stopped, message, turn_begun, dialog_opened ...",
            "TYPE",
            many=True,
        ),
        Option(("--head",), "the first so many", "NUMBER", kind="int"),
        Option(("--tail",), "the last so many", "NUMBER", kind="int"),
    ),
    examples=(
        ("mngr events fix-tests", "when it was created, started, stopped, how it ended"),
        ("mngr events fix-tests --follow --format jsonl", "live, for programs"),
        ("mngr events fix-tests -f --include turn_ended --include dialog_opened", "each time it needs you"),
        ("mngr events @local --tail 20", "of all agents of this machine, destroyed ones too"),
    ),
    about="""Programs that are talked to tell of their turns: turn_begun, turn_ended, turn_interrupted, turn_failed; of
dialogs: dialog_opened, dialog_closed; of conversations that begin, or are carried on: conversation; and of their end:
program_closed. A host tells that it stopped itself: host_stopped.""",
)
