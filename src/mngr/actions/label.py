"""Set and remove labels."""

from __future__ import annotations

from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.agent import AgentRecord


def label(agent: Agent, wanted: dict[str, str], unwanted: list[str]) -> Agent:
    """Set labels, and remove some; others stay."""

    def changed(record: AgentRecord) -> AgentRecord:
        kept = {key: text for key, text in record.labels.items() if key not in unwanted}
        return replace(record, labels={**kept, **wanted})

    return Agent(agent.host, records.amend(agent.host, agent.record, changed))
