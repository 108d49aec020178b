"""mngr usage."""

from __future__ import annotations

from mngr.cli.columns import money
from mngr.cli.spec import Command, Option
from mngr.cli.targets import AGENTS, FILTERS, check_places, name_each, wanted, worst
from mngr.model.value import as_dict
from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.usage import Reckoning, Spent
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import AgentReport
    from mngr.fleet.usage import Total

    Row = dict[str, Any]

WAYS = ("agent", "project", "day", "model", "message", "total")
SUMS = ("answers", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd", "unpriced")
FIELDS = ("agent", "agent_id", "project", "day", "model", "time", "message", *SUMS)


def run(world: World, arguments: Arguments) -> int:
    """Show tokens and money."""
    from mngr.actions import usage as action
    from mngr.cli.moments import moment
    from mngr.fleet.report import Agent

    when = (moment(world, arguments["since"]), moment(world, arguments["until"]))
    check_places(world, arguments)
    reports = action.known(world.fleet, arguments["destroyed"])
    agents = [Agent(report.host, report.record) for report in reports if report.record is not None]
    chosen, errors = _chosen(world, arguments, reports)
    by = arguments["by"] or ["agent"]
    found = action.usage(world.fleet, agents, chosen, by, when)
    rows = [_row(line) for line in found.lines]
    if not rows and world.options.format == "human":
        world.note("no agent here has been answered by a model" if not errors else "nothing to count")
    emit(world, rows, human=lambda: _table(world, rows, found), fields=FIELDS)
    world.stdout.flush()
    if found.total.unpriced:
        world.note(_unpriced(found.total))
    return worst(errors)


def _chosen(world: World, arguments: Arguments, reports: list[AgentReport]) -> tuple[set[str], list[int]]:
    """Return the ids that a command line means, and the exit codes of what it names wrongly."""
    from mngr.cli.complain import complain

    test = wanted(arguments)
    meant = {report.record.id: report.record.name for report in reports if report.record is not None and test(report)}
    names = name_each(world, arguments["agents"])
    if not names:
        return set(meant), []
    chosen: set[str] = set()
    codes: list[int] = []
    for target in world.fleet.find_all(names):
        alike = {each for each, name in meant.items() if arguments["destroyed"] and target.text in (each, name)}
        if target.agent is not None:
            chosen.add(target.agent.record.id)
        elif target.error is not None and not alike:
            complain(world, target.error)
            codes.append(target.error.exit_code)
        chosen |= alike
    return chosen & set(meant), codes


def _row(line: Spent) -> Row:
    fields = as_dict(line)
    sums: Total = fields.pop("total")
    return {**{name: fields[name] for name in FIELDS if name in fields}, **sums.fields}


def _table(world: World, rows: list[Row], found: Reckoning) -> list[str]:
    from mngr.output.table import Column, table

    keys = [name for name in ("agent", "project", "day", "model", "time") if any(row[name] for row in rows)]
    keys = [name for name in keys if not (name == "day" and "time" in keys)]
    last: Row = {**dict.fromkeys(FIELDS), **found.total.fields}
    shown = [*rows, {**last, keys[0]: "total"}] if keys and len(rows) > 1 else rows
    columns = [Column(name.upper(), name, rank=0 if name == keys[0] else 2) for name in keys]
    columns += [
        Column(title, name, rank=rank, right=True, text=lambda row, name=name: f"{row[name]:,}")
        for title, name, rank in (
            ("ANSWERS", "answers", 6),
            ("INPUT", "input_tokens", 1),
            ("OUTPUT", "output_tokens", 1),
            ("CACHE-READ", "cache_read_tokens", 3),
            ("CACHE-WRITE", "cache_write_tokens", 3),
        )
    ]
    return table(world, [*columns, Column("USD", "cost_usd", rank=0, right=True, text=money)], shown)


def _unpriced(total: Total) -> str:
    key = f'prices."{total.unpriced[0]}"'
    return (
        f"no price is known of {', '.join(total.unpriced)}; to set one: mngr config set '{key}.input' USD, and .output"
    )


COMMAND = Command(
    name="usage",
    summary="Show tokens and money",
    run=run,
    fields=FIELDS,
    arguments=(AGENTS,),
    options=(
        Option(
            ("--by",), f"add up by: {', '.join(WAYS)}; several may be given", "WAY", "choice", choices=WAYS, many=True
        ),
        Option(("--since",), "only from a time on: 2026-01-31T12:00:00Z, 2026-01-31, or as long ago as 7d", "TIME"),
        Option(("--until",), "only before a time", "TIME"),
        Option(("--destroyed",), "those that were destroyed, and can be restored, as well"),
        *FILTERS,
    ),
    examples=(
        ("mngr usage", "what each agent took"),
        ("mngr usage --by day --since 7d", "the last week, day by day (days in UTC)"),
        ("mngr usage --by project --by model", "who used what"),
        ("mngr usage --by total --format '{cost_usd}'", "one number, in US dollars"),
        ("mngr usage fix-tests --by message", "each answer"),
    ),
    about="""Tokens are read from the programs' own records. An answer that several records hold, because an agent was
copied, is counted once, with the oldest agent. Input does not include what came from a cache, or went there.

Costs are US dollars at list prices, whatever was agreed with the vendor: your own price of a model (setting prices)
comes first, then what the program reckoned itself, then the table of mngr. A model without a price is never guessed:
it is named, the cost of a sum is then that of the others (shown with ≥), or null (?).""",
)
