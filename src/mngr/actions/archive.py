"""Put an agent out of sight, with everything kept."""

from __future__ import annotations

from mngr.actions.stop import stop
from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.model.times import iso
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet


def archive(fleet: Fleet, agent: Agent) -> Agent:
    """Stop an agent and hide it from `list`."""
    stop(agent, fleet.settings.get("stop.grace_seconds"))
    return _save(agent, agent.record.archived_at or iso(fleet.now()))


def unarchive(agent: Agent) -> Agent:
    """Show an archived agent again; it stays stopped."""
    return _save(agent, None)


def _save(agent: Agent, archived_at: str | None) -> Agent:
    return Agent(agent.host, records.amend(agent.host, agent.record, lambda now: replace(now, archived_at=archived_at)))
