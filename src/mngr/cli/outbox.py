"""mngr outbox."""

from __future__ import annotations

from mngr.cli.complain import complain
from mngr.cli.spec import Command, Option
from mngr.cli.targets import AGENTS, FILTERS, has_filter, targets, worst
from mngr.output.emit import emit
from mngr.output.table import Column, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.outbox import Sent
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World

SHORTEST_ID = 12


def run(world: World, arguments: Arguments) -> int:
    """Show messages and what became of them."""
    from mngr.actions.outbox import sent

    everyone = not arguments["agents"] and not has_filter(arguments)
    chosen = targets(world, {**arguments, "all": everyone})
    agents = [target.agent for target in chosen if target.agent is not None]
    rows = [_row(each) for each in sent(world.fleet, agents, all=arguments["all"])]
    emit(world, rows, human=lambda: _table(world, rows))
    if not rows and agents and world.options.format == "human":
        world.note("no messages")
    errors = [target.error for target in chosen if target.error is not None]
    for error in errors:
        complain(world, error)
    return worst([error.exit_code for error in errors])


def _row(sent: Sent) -> dict[str, Any]:
    letter = sent.letter
    return {
        "agent": sent.agent.record.name,
        "id": letter.id,
        "time": letter.time,
        "state": letter.state,
        "changed_at": letter.changed_at,
        "why": letter.why,
        "from": letter.sender,
        "text": letter.text,
    }


def _table(world: World, rows: list[dict[str, Any]]) -> list[str]:
    from mngr.model.times import from_iso, short_duration

    def age(row: dict[str, Any]) -> str:
        return short_duration(world.now() - from_iso(row["time"]))

    columns = (
        Column("AGENT", rank=0),
        Column("ID", rank=2, least=SHORTEST_ID, text=lambda row: str(row["id"])[:SHORTEST_ID]),
        Column("AGE", rank=1, text=age),
        Column("STATE", rank=0),
        Column("WHY", rank=3),
        Column("TEXT", rank=0, text=lambda row: _short(row["text"])),
    )
    return table(world, columns, rows)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"


COMMAND = Command(
    name="outbox",
    summary="Show messages and what became of them",
    run=run,
    fields=("agent", "id", "time", "state", "changed_at", "why", "from", "text"),
    arguments=(AGENTS,),
    options=(Option(("--all", "-a"), "every message, not only the last ten of an agent"), *FILTERS),
    examples=(
        ("mngr outbox", "the last messages to all agents, and what waits"),
        ("mngr outbox fix-tests --all --format jsonl", "every message to one agent, for programs"),
    ),
    about=(
        "queued: it waits until it can be taken; typed: into a terminal, and no more is known; accepted: the agent's "
        "own record shows it; answered: and the turn that it began has ended; failed: it was not taken, and is not "
        "tried again. What is queued is delivered in order: by `mngr start`, after `mngr answer`, before any later "
        "message, and by itself while the one who queued it has a running system."
    ),
)
