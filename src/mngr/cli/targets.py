"""Which agents a command is for, and how what became of each is told."""

from __future__ import annotations

from mngr.cli.spec import Argument, Option
from mngr.model.errors import NotFoundError, UsageError
from mngr.model.names import parse_address
from mngr.model.observation import STATES
from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from mngr.cli.world import World
    from mngr.fleet.fleet import Target
    from mngr.fleet.parallel import Outcome
    from mngr.fleet.report import Agent, AgentReport
    from mngr.transports.host import Host

    Arguments = dict[str, Any]

AGENTS = Argument("AGENTS", "names, ids or addresses; - reads them from standard input", many=True, complete="agent")
TARGETS = Argument(
    "AGENTS",
    "names, ids or addresses, or hosts as @HOST; - reads them from standard input",
    many=True,
    complete="target",
)

FILTERS = (
    Option(("--include",), "only those for which a CEL expression is true", "EXPR", many=True, group="Which agents"),
    Option(("--exclude",), "not those for which a CEL expression is true", "EXPR", many=True, group="Which agents"),
    Option(("--project",), "only those of a project", "PROJECT", many=True, group="Which agents"),
    Option(("--label",), "only those with a label", "KEY[=VALUE]", many=True, group="Which agents"),
    Option(("--provider",), "only those of a provider", "NAME", many=True, complete="provider", group="Which agents"),
    Option(("--host",), "only those on a host", "NAME", many=True, complete="host", group="Which agents"),
    Option(("--type",), "only those of an agent type", "TYPE", many=True, complete="type", group="Which agents"),
    Option(
        ("--state",),
        "only those in a state",
        "STATE",
        kind="choice",
        choices=STATES,
        many=True,
        complete="state",
        group="Which agents",
    ),
)
ALL = Option(("--all", "-a"), "all agents", group="Which agents")
TARGET_OPTIONS = (ALL, *FILTERS)

# What is told of each target: its name, what became of it, or the error.
OUTCOME = ("agent", "result", "error", "hint", "exit_code")

# Of several failures, the exit code that says most: the first of these that occurred.
SEVERITY = (70, 1, 4, 2, 3, 7, 6, 5, 124)


def has_filter(arguments: Arguments) -> bool:
    """Tell whether agents are chosen by what they are, rather than by name."""
    return any(arguments[option.names[0].removeprefix("--")] for option in FILTERS)


def wanted(arguments: Arguments) -> Callable[[AgentReport], bool]:
    """Return the test that the filter options say. Raises UsageError."""
    if not has_filter(arguments):
        return lambda _: True
    from mngr.fleet.filters import Filter

    test = Filter(
        include=tuple(arguments["include"]),
        exclude=tuple(arguments["exclude"]),
        projects=tuple(arguments["project"]),
        labels=tuple(arguments["label"]),
        providers=tuple(arguments["provider"]),
        hosts=tuple(arguments["host"]),
        types=tuple(arguments["type"]),
        states=tuple(arguments["state"]),
    ).test()
    return lambda report: test(report.row())


def look(world: World, arguments: Arguments, shown: Sequence[str] = ()) -> list[AgentReport]:
    """Look at all agents there can be among those that are meant.

    What they took of models is read only when shown, or chosen by, as it costs more.
    """
    reports = world.fleet.look(hosts_meant(world, arguments))
    chosen_by = [*arguments["include"], *arguments["exclude"]]
    if any("usage" in text for text in chosen_by) or any(name.partition(".")[0] == "usage" for name in shown):
        from mngr.fleet.usage import with_usage

        return with_usage(world.fleet, reports)
    return reports


def hosts_meant(world: World, arguments: Arguments) -> list[Host] | None:
    """Return the hosts that are chosen by --provider and --host, or those of what was named; None for all."""
    if "of_hosts" in arguments:
        from mngr.fleet.places import as_they_are

        return as_they_are(world.fleet.places, arguments["of_hosts"])
    providers, names = arguments["provider"], arguments["host"]
    if not providers and not names:
        return None
    places = world.fleet.places
    said = [parse_address(f"@{name}").provider for name in names]
    if not providers and all(name is not None and places.provider_of(name) for name in said):
        providers = said
    hosts = [host for provider in dict.fromkeys(providers or [None]) for host in places.hosts(provider=provider)]
    return [host for host in hosts if not names or not {host.name, host.id, host.address}.isdisjoint(names)]


def check_places(world: World, arguments: Arguments) -> None:
    """Check that the providers and hosts to choose by are there. Raises UsageError, NotFoundError."""
    for provider in arguments["provider"]:
        world.fleet.places.provider(provider)
    arguments["host"] = [host.removeprefix("@") for host in arguments["host"]]
    for host in arguments["host"]:
        address = parse_address(f"@{host}")
        world.fleet.host(address.host, address.provider)


def targets(world: World, arguments: Arguments) -> list[Target]:
    """Return what a command line names: by name, from standard input, all, or by what they are."""
    check_places(world, arguments)
    named = name_each(world, arguments["agents"])
    by_filter = arguments["all"] or has_filter(arguments)
    if not named and not by_filter:
        raise UsageError("no agent was named", hint="name one or several, or add --all, or a filter such as --project")
    if not by_filter:
        return world.fleet.find_all(named)
    test = wanted(arguments)
    found = chosen(world, test, named, look(world, arguments))
    if not found:
        world.note("no agent matches" if has_filter(arguments) else "no agents")
    return found


def certain(found: list[Target], line: list[str], what: str) -> list[Target]:
    """Return targets of which each is an agent, where names may be words of a text that was not quoted.

    `line` is the command line so far: `mngr`, the command, names, and the text last. Raises NotFoundError.
    """
    wrong = next((target for target in found if target.error is not None), None)
    if wrong is None or wrong.error is None:
        return found
    if len(line) < 4 or not isinstance(wrong.error, NotFoundError):
        raise wrong.error
    from mngr.transports.quoting import join

    place = line.index(wrong.text, 2) if wrong.text in line[2:] else len(line)
    names, text = line[2:place], " ".join(line[place:])
    hint = f"quote the {what}: {join([*line[:2], *(names or ['NAME']), text])}" if text else wrong.error.hint
    if not names and wrong.error.hint and wrong.error.hint.startswith("did you mean"):
        hint = wrong.error.hint
    elif what == "command" and text:
        hint = f"{hint}, or: {join([*line[:2], *(names or ['NAME']), '--', *line[place:]])}"
    raise NotFoundError(f"{wrong.error.message}; nothing was done", hint)


def chosen(
    world: World, test: Callable[[AgentReport], bool], named: list[str], reports: list[AgentReport] | None = None
) -> list[Target]:
    """Return the agents that pass a test; when some were named, only of those."""
    from mngr.fleet.fleet import Target
    from mngr.fleet.report import Agent

    found = [
        Target(report.name, Agent(report.host, report.record))
        for report in (world.fleet.look() if reports is None else reports)
        if report.record is not None and test(report)
    ]
    if not named:
        return found
    ids = {target.agent.record.id for target in found if target.agent is not None}
    return [target for target in world.fleet.find_all(named) if target.agent is None or target.agent.record.id in ids]


def one_target(world: World, text: str) -> Agent:
    """Return the one agent that an address names. Raises NotFoundError, UsageError."""
    return world.fleet.find(text)


def name_each(world: World, words: list[str]) -> list[str]:
    """Return the names that words give, each once; `-` gives those on standard input."""
    names: list[str] = []
    for word in words:
        names += world.stdin.read().split() if word == "-" else [word]
    return list(dict.fromkeys(names))


def tell_each(world: World, outcomes: list[Outcome], said: Callable[[Outcome], tuple[dict[str, Any], str]]) -> int:
    """Write what became of each target, errors to standard error, and return the worst outcome's exit code.

    `said` gives, for one that went well, the fields of its result and the line for people.
    """
    from mngr.cli.complain import complain_of_each

    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for outcome in outcomes:
        if outcome.error is None:
            row, line = said(outcome)
            lines += [line] if line else []
        else:
            row = {"error": outcome.error.message, "hint": outcome.error.hint, "exit_code": outcome.error.exit_code}
        rows.append({"agent": _name(outcome), **row})
    emit(world, rows, human=lambda: lines, fields=("agent", "error"))
    world.stdout.flush()
    return complain_of_each(world, [outcome.error for outcome in outcomes if outcome.error is not None])


def worst(codes: list[int]) -> int:
    """Return the exit code that says most of those that occurred."""
    return next((code for code in SEVERITY if code in codes), codes[0] if codes else 0)


def _name(outcome: Outcome) -> str:
    agent = outcome.target.agent
    return agent.record.name if agent is not None else outcome.target.text
