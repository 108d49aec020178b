"""mngr transcript."""

from __future__ import annotations

from mngr.cli.entry_lines import FIELDS, WIDEST, Lines, row_of
from mngr.cli.spec import Argument, Command, Option
from mngr.model.conversation import ROLES
from mngr.model.errors import NotFoundError, UsageError, UserError
from mngr.output.emit import emit, emit_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent
    from mngr.model.conversation import Entry


def run(world: World, arguments: Arguments) -> int:
    """Show what was said between an agent and those who talk to it."""
    from mngr.actions import transcript as action
    from mngr.cli.moments import moment

    if arguments["head"] is not None and arguments["tail"] is not None:
        raise UsageError("--head and --tail exclude each other", hint="use one of them")
    if arguments["head"] is not None and arguments["follow"]:
        raise UsageError("--head and --follow exclude each other", hint="use --tail with --follow")
    wanted = action.Wanted(
        roles=tuple(arguments["role"]) or ROLES,
        subagents=arguments["subagents"] is not False,
        since=moment(world, arguments["since"]) or "",
    )
    agent = _find(world, arguments["agent"])
    lines = _lines(world, arguments)
    if arguments["follow"]:
        return _follow(world, action.follow(world.fleet, agent, wanted), arguments, lines)
    found = action.transcript(world.fleet, agent, wanted)
    if not found and world.options.format == "human":
        world.note(f"nothing was said yet with '{agent.record.name}'" if wanted == action.Wanted() else "nothing such")
    chosen = _chosen(found, arguments)
    emit(world, [row_of(entry) for entry in chosen], human=lambda: lines.of(chosen), fields=FIELDS)
    return 0


def _find(world: World, text: str) -> Agent:
    """Return the agent of that name, or else the one that was destroyed last. Raises NotFoundError, UsageError."""
    from mngr.actions import restore
    from mngr.fleet.report import Agent

    try:
        return world.fleet.readable(world.fleet.find(text))
    except NotFoundError as error:
        try:
            one = restore.choose(restore.destroyed(world.fleet), text)
        except UserError:
            raise error from None
        return Agent(one.host, one.record)


def _follow(world: World, parts: Iterator[list[Entry]], arguments: Arguments, lines: Lines) -> int:
    try:
        for number, found in enumerate(parts):
            for entry in _chosen(found, arguments) if number == 0 else found:
                emit_line(world, row_of(entry), human=lambda entry=entry: lines.of([entry]), fields=FIELDS)
            world.stdout.flush()
    except KeyboardInterrupt:
        return 0
    return 0


def _chosen(found: list[Entry], arguments: Arguments) -> list[Entry]:
    if arguments["head"] is not None:
        return found[: arguments["head"]]
    if arguments["tail"] is not None:
        return found[-arguments["tail"] :] if arguments["tail"] else []
    return found


def _lines(world: World, arguments: Arguments) -> Lines:
    from mngr.output.style import style_for

    style = style_for(is_terminal=world.is_terminal, environ=world.environ)
    return Lines(style, world.width if world.is_terminal else WIDEST, arguments["full"])


COMMAND = Command(
    name="transcript",
    summary="Show what was said with an agent",
    run=run,
    fields=FIELDS,
    arguments=(Argument("AGENT", "the agent", required=True, complete="agent"),),
    options=(
        Option(("--follow", "-f"), "go on, and show each part as it comes"),
        Option(
            ("--role",), f"only parts of a role: {', '.join(ROLES)}", "ROLE", kind="choice", choices=ROLES, many=True
        ),
        Option(("--head",), "the first so many", "NUMBER", kind="int"),
        Option(("--tail",), "the last so many", "NUMBER", kind="int"),
        Option(("--since",), "only from a time on: 2026-01-31T12:00:00Z, 2026-01-31, or as long ago as 2h", "TIME"),
        Option(("--subagents",), "what sub-agents said too (the default)", negatable=True),
        Option(("--full",), "all that tools were given and said, not just their first lines"),
    ),
    examples=(
        ("mngr transcript fix-tests", "the whole conversation"),
        ("mngr transcript fix-tests --follow", "live"),
        ("mngr transcript fix-tests --role assistant --tail 1", "its last answer"),
        ("mngr transcript fix-tests --format jsonl", "for programs; see mngr help transcripts"),
    ),
    about="It is read from the program's own record, in one form for all programs: see mngr help transcripts.",
)
