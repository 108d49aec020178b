"""Give an agent another name."""

from __future__ import annotations

from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.model.names import check_name


def rename(agent: Agent, name: str) -> Agent:
    """Rename an agent and its session; workspace and branch keep theirs. Raises UsageError, TakenError.

    With the name that it has, what an interrupted rename left undone is done.
    """
    check_name(name)
    return Agent(agent.host, records.rename(agent.host, agent.record, name))
