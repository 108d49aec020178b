"""Set and remove labels."""

from __future__ import annotations

from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.model.value import replace


def label(agent: Agent, wanted: dict[str, str], unwanted: list[str]) -> Agent:
    """Set labels, and remove some; others stay."""
    kept = {key: text for key, text in agent.record.labels.items() if key not in unwanted}
    record = replace(agent.record, labels={**kept, **wanted})
    if record.labels != agent.record.labels:
        records.save(agent.host, record)
    return Agent(agent.host, record)
