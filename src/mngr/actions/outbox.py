"""Show the messages to agents and what became of them."""

from __future__ import annotations

from mngr.hosts import outbox
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.hosts.outbox import Letter

RECENT = 10


@value
class Sent:
    """A message to an agent."""

    agent: Agent
    letter: Letter


def sent(fleet: Fleet, agents: list[Agent], *, all: bool = False) -> list[Sent]:
    """Return the messages to agents, by agent and in order: those without an end, and the last few; or all."""
    found: list[Sent] = []
    for host in {id(agent.host): agent.host for agent in agents}.values():
        here = [agent for agent in agents if agent.host is host]
        boxes = outbox.show(host, [agent.record.id for agent in here])
        for agent in here:
            letters = boxes.get(agent.record.id, [])
            recent = letters if all else letters[-RECENT:]
            found += [Sent(agent, letter) for letter in letters if letter.is_open or letter in recent]
    return found
