"""Give an agent another name."""

from __future__ import annotations

from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.model.names import check_name


def rename(agent: Agent, name: str) -> Agent:
    """Rename an agent and its session; workspace and branch keep theirs. Raises UsageError, TakenError."""
    check_name(name)
    if name == agent.record.name:
        return agent
    return Agent(agent.host, records.rename(agent.host, agent.record, name))
