"""mngr list."""

from __future__ import annotations

from mngr.cli.columns import known_fields, table_of
from mngr.cli.complain import complain_of_each
from mngr.cli.spec import Command, Option
from mngr.cli.targets import AGENTS, FILTERS, check_places, has_filter, look, name_each, wanted
from mngr.model.errors import UsageError
from mngr.model.observation import BLOCKED, RUNNING, STOPPED, WAITING
from mngr.output.emit import emit
from mngr.output.structured import NAMES, check_format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.fleet import Target

    Row = dict[str, Any]

HOST_FIELDS = (
    *("id", "name", "provider", "state", "reason", "address", "agents", "with_session", "folder", "network"),
    *("idle.mode", "idle.timeout_seconds", "idle.last_activity_at", "idle.source", "idle.deadline_at"),
)
OF_AGENTS = ("include", "exclude", "project", "label", "type", "state", "running", "waiting", "blocked", "stopped")
BY_STATE = {"running": RUNNING, "waiting": WAITING, "blocked": BLOCKED, "stopped": STOPPED}


def run(world: World, arguments: Arguments) -> int:
    """Show agents and what they are doing."""
    world.fields = HOST_FIELDS if arguments["hosts"] else known_fields()
    if world.options.format not in NAMES:
        check_format(world.options.format, world.fields)
    if arguments["hosts"]:
        from mngr.cli.list_hosts import show_hosts

        return show_hosts(world, _of_hosts(arguments))
    states = [state for key, state in BY_STATE.items() if arguments[key]]
    arguments = {**arguments, "state": [*arguments["state"], *states]}
    fields, sort = _columns(world, arguments), _sort(world, arguments)
    arguments["looked_at"] = _looked_at(world, arguments, fields, sort)
    named = _named(world, arguments)
    if arguments["watch"]:
        from mngr.cli.watch import watch

        def again() -> list[Row]:
            world.fleet.places.look_again()
            return rows(world, arguments, sort)[0]

        return watch(world, again, fields)
    found, archived = rows(world, arguments, sort)
    show(world, arguments, found, fields)
    if archived and world.options.format == "human" and not any(arguments[way] for way in ("ids", "names", "addrs")):
        world.note(f"{archived} archived (mngr list --archived)")
    return complain_of_each(world, [target.error for target in named if target.error is not None])


def _of_hosts(arguments: Arguments) -> Arguments:
    """Return what chooses hosts. Raises UsageError for what chooses agents."""
    given = [f"--{key}" for key in OF_AGENTS if arguments[key]]
    if given or arguments["agents"]:
        what = given[0] if given else f"'{arguments['agents'][0]}'"
        raise UsageError(f"{what} chooses agents, not hosts", hint="choose hosts by --host or --provider")
    return arguments


def _named(world: World, arguments: Arguments) -> list[Target]:
    """Return what was named, its ids and hosts kept in the arguments: None when nothing was."""
    names = name_each(world, arguments["agents"])
    named = world.fleet.find_all(names) if names else []
    found = [target.agent for target in named if target.agent is not None]
    arguments["of_ids"] = frozenset(agent.record.id for agent in found) if names else None
    if names:
        arguments["of_hosts"] = [agent.host for agent in found]
    return named


def rows(world: World, arguments: Arguments, sort: list[tuple[str, bool]]) -> tuple[list[Row], int]:
    """Return the rows that were asked for, in order, and how many others are hidden for being archived."""
    check_places(world, arguments)
    test = wanted(arguments)
    reports = look(world, arguments, arguments["looked_at"])
    for problem in world.fleet.problems:
        world.warn(problem)
    ids: frozenset[str] | None = arguments["of_ids"]
    meant = [report for report in reports if (ids is None or report.observation.agent_id in ids) and test(report)]
    hides = not arguments["archived"] and ids is None
    found = [
        report.row() for report in meant if not (hides and report.record is not None and report.record.archived_at)
    ]
    for name, reverse in reversed(sort):
        found.sort(key=lambda row: _key(row, name), reverse=reverse)
    return found if arguments["limit"] is None else found[: arguments["limit"]], len(meant) - len(found)


def show(world: World, arguments: Arguments, found: list[Row], fields: list[str]) -> None:
    """Write rows as was asked for."""
    for option, name in (("ids", "id"), ("names", "name"), ("addrs", "address")):
        if arguments[option]:
            world.stdout.write("".join(f"{_plain(row, name)}\n" for row in found if _plain(row, name)))
            return
    if not found and world.options.format == "human" and arguments["of_ids"] != frozenset():
        world.note("no agent matches" if has_filter(arguments) else "no agents; make one: mngr create")
    emit(world, found, human=lambda: table_of(world, found, fields), fields=known_fields())


def _plain(row: Row, name: str) -> str | None:
    if name == "address":
        return f"{row['name']}@{row['host']['name']}.{row['host']['provider']}"
    return row[name]


def _columns(world: World, arguments: Arguments) -> list[str]:
    given = arguments["fields"]
    names = [name.strip() for name in given.split(",") if name.strip()] if given else world.settings.get("list.fields")
    for name in names:
        _check_field(name)
    if not names:
        raise UsageError("--fields names no field", hint="such as --fields name,state,branch")
    return names


def _looked_at(world: World, arguments: Arguments, fields: list[str], sort: list[tuple[str, bool]]) -> list[str]:
    """Return the fields that were asked for: JSON has all, but asks for those that are named."""
    from mngr.output.structured import parse_template

    names = [name for name, _ in sort]
    if world.options.format == "human" or arguments["fields"]:
        return [*names, *fields]
    return names if world.options.format in NAMES else [*names, *parse_template(world.options.format).names]


def _sort(world: World, arguments: Arguments) -> list[tuple[str, bool]]:
    text = arguments["sort"] if arguments["sort"] is not None else world.settings.get("list.sort")
    chosen: list[tuple[str, bool]] = []
    for name in (part.strip() for part in text.split(",")):
        _check_field(name.removeprefix("-"))
        chosen.append((name.removeprefix("-"), name.startswith("-")))
    return chosen


def _check_field(name: str) -> None:
    from mngr.output.structured import is_field, unknown_field

    if not is_field(name, known_fields()):
        raise unknown_field(name, known_fields())


def _key(row: Row, name: str) -> tuple[bool, Any]:
    from mngr.output.structured import look_up

    found = look_up(row, name)
    if isinstance(found, int | float):
        return (False, (float(found), ""))
    return (found is None, (0.0, "" if found is None else str(found)))


COMMAND = Command(
    name="list",
    summary="Show agents and what they are doing",
    run=run,
    arguments=(AGENTS,),
    options=(
        Option(("--watch", "-w"), "keep showing: redrawn in place, or JSON lines of changes when piped"),
        Option(("--running",), "only those at work", group="Which agents"),
        Option(("--waiting",), "only those that wait for you", group="Which agents"),
        Option(("--blocked",), "only those that stopped for an answer", group="Which agents"),
        Option(("--stopped",), "only those without a session", group="Which agents"),
        Option(("--archived", "--all", "-a"), "archived ones as well", group="Which agents"),
        *FILTERS,
        Option(("--fields",), "the columns, as name,state,host.name", "FIELDS", complete="field"),
        Option(("--sort",), "the fields to sort by; -FIELD sorts downwards", "FIELDS", complete="field"),
        Option(("--limit",), "at most so many", "NUMBER", kind="int"),
        Option(("--ids",), "only ids, a line each"),
        Option(("--names",), "only names, a line each"),
        Option(("--addrs",), "only full addresses, a line each"),
        Option(("--hosts",), "the hosts instead of the agents; --host and --provider choose some"),
    ),
    fields=(*known_fields(), *HOST_FIELDS),
    examples=(
        ("mngr list", "all agents"),
        ("mngr list fix-tests docs", "these two"),
        ("mngr list --watch", "all agents, live"),
        ("mngr list --waiting --names", "the names of those that wait for you"),
        ('mngr list --include \'labels.team == "web" && state != "done"\'', "by a CEL expression"),
        ("mngr list --format '{name} {state}'", "by a template"),
        ("mngr list --fields name,usage.cost_usd --sort -usage.cost_usd", "the dearest first"),
    ),
    about="""States are derived from what is seen now: see mngr help states. Fields are listed in mngr help formats.

What agents took of models (usage.*) is read only where it is asked for: by --fields, --sort, a template, --include or
--exclude. Elsewhere, in JSON too, it is null.""",
)
