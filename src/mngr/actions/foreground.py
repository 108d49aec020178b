"""Run a program as an agent without a session: output streamed, exit code passed on, agent removed."""

from __future__ import annotations

import os

from mngr.actions.create import NewAgent, Telling, create
from mngr.actions.destroy import HowToDestroy, destroy
from mngr.fleet.program import conversational
from mngr.model.errors import UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent


@value
class Exchange:
    """A message for a program that answers once, and who hears the answer. `as_written`: the program's own lines."""

    message: bytes
    out: Callable[[bytes], None]
    err: Callable[[bytes], None]
    as_written: bool = False


def run_in_foreground(fleet: Fleet, new: NewAgent, telling: Telling) -> int:
    """Run a new agent's program on our own standard streams and return its exit code; what it left is put away."""
    agent = create(fleet, new, telling, headless=True)
    try:
        return agent.host.call(_command(agent))
    finally:
        _remove(fleet, agent, telling)


def answer_in_foreground(fleet: Fleet, new: NewAgent, telling: Telling, exchange: Exchange) -> int:
    """Give a new agent's program a message, hand over its answer as it comes, and return its exit code.

    The agent is put away, whatever happens.
    """
    agent = create(fleet, new, telling, headless=True)
    try:
        kind = conversational(fleet, agent.record)
        told = None if kind is None or exchange.as_written else kind.headless(agent.record).told
        return _answered(agent, exchange, told)
    finally:
        _remove(fleet, agent, telling)


def _answered(agent: Agent, exchange: Exchange, told: Callable[[bytes], str] | None) -> int:
    begun = b""

    def take(part: bytes) -> None:
        nonlocal begun
        *lines, begun = (begun + part).split(b"\n")
        for line in lines:
            hear(line + b"\n")

    def hear(line: bytes) -> None:
        exchange.out(line if told is None else told(line).encode("utf-8", "surrogateescape"))

    with agent.host.spawn(_command(agent)) as process:
        process.take, process.take_errors = take, exchange.err
        code = process.result(exchange.message, check=False).code
    if begun:
        hear(begun)
    return code if code >= 0 else 128 - code


def _command(agent: Agent) -> list[str]:
    host, record = agent.host, agent.record
    scrubbed = ["env", "-i", f"TERM={os.environ.get('TERM', 'dumb')}"]
    script = ["hosts/foreground.sh", host.paths.folder, record.id, record.workspace.folder]
    return [*scrubbed, *host.script_command(script)]


def _remove(fleet: Fleet, agent: Agent, telling: Telling) -> None:
    name = agent.record.name
    try:
        gone = destroy(fleet, agent, HowToDestroy(force=True, grace_seconds=1))
    except UserError as error:
        telling.note(f"agent '{name}' could not be removed: {error.message}")
        return
    if gone.risks:
        telling.note(f"{'; '.join(risk.text for risk in gone.risks)}: mngr restore {name} brings it back")
