"""Show the messages to agents and what became of them."""

from __future__ import annotations

from mngr.actions.reply import Listener, reply_to
from mngr.fleet.program import conversational
from mngr.hosts import outbox
from mngr.model.conversation import ACCEPTED, ANSWERED, TURN_ENDED
from mngr.model.times import iso
from mngr.model.value import replace, value

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
            shown = [letter for letter in letters if letter.is_open or letter in recent]
            found += [Sent(agent, letter) for letter in with_answers(fleet, agent, shown)]
    return found


def with_answers(fleet: Fleet, agent: Agent, letters: list[Letter]) -> list[Letter]:
    """Return messages with what the agent's record tells of those that were accepted; what is new is written down."""
    accepted = [letter for letter in letters if letter.state == ACCEPTED and letter.typed is not None]
    kind = conversational(fleet, agent.record)
    if not accepted or kind is None or accepted[0].typed is None:
        return letters
    entries = Listener(agent, kind, accepted[0].typed.offsets).listen()
    replies = [(letter.id, reply_to(letter.text, entries)) for letter in accepted]
    answered = {each: iso(fleet.now()) for each, reply in replies if reply is not None and reply.how == TURN_ENDED}
    if answered:
        outbox.note(agent.host, agent.record, list(answered.items()))
    return [
        replace(letter, state=ANSWERED, changed_at=answered[letter.id]) if letter.id in answered else letter
        for letter in letters
    ]
