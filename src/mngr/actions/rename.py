"""Give an agent another name."""

from __future__ import annotations

from mngr.fleet import last_seen
from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.model.names import check_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet


def rename(fleet: Fleet, agent: Agent, name: str) -> Agent:
    """Rename an agent and its session; workspace and branch keep theirs. Raises UsageError, TakenError.

    With the name that it has, what an interrupted rename left undone is done.
    """
    check_name(name)
    renamed = Agent(agent.host, records.rename(agent.host, agent.record, name))
    last_seen.remember(fleet, renamed)
    return renamed
