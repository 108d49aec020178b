"""Show what was said between an agent and those who talk to it."""

from __future__ import annotations

import time

from mngr.fleet.program import conversational
from mngr.model.conversation import ROLES
from mngr.model.errors import UserError
from mngr.model.value import value
from mngr.observe.transcript import Follower

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.model.conversation import Entry

PAUSE_SECONDS = 0.3


@value
class Wanted:
    """Which parts of a conversation are asked for. `since` is ISO 8601 UTC."""

    roles: tuple[str, ...] = ROLES
    subagents: bool = True
    since: str = ""

    def has(self, entry: Entry) -> bool:
        """Tell whether an entry is asked for."""
        return (
            entry.role in self.roles
            and (self.subagents or entry.subagent is None)
            and (not self.since or (entry.time or "") >= self.since)
        )


def transcript(fleet: Fleet, agent: Agent, wanted: Wanted) -> list[Entry]:
    """Return what was said. Raises UserError where the program is not talked to."""
    return [entry for entry in _follower(fleet, agent).read(to_the_end=True) if wanted.has(entry)]


def follow(fleet: Fleet, agent: Agent, wanted: Wanted) -> Iterator[list[Entry]]:
    """Yield what was said, then what comes to it, until the agent is destroyed; none twice, none left out."""
    follower = _follower(fleet, agent)
    first = True
    while True:
        found = [entry for entry in follower.read() if wanted.has(entry)]
        if found or first:
            yield found
        first = False
        if follower.gone:
            return
        time.sleep(PAUSE_SECONDS)


def _follower(fleet: Fleet, agent: Agent) -> Follower:
    kind = conversational(fleet, agent.record)
    if kind is None:
        name = agent.record.name
        raise UserError(
            f"'{name}' runs a plain {agent.record.type}, which keeps no record of a conversation",
            hint=f"what its terminal shows: mngr capture {name}",
        )
    return Follower(agent.host, agent.record, kind)
