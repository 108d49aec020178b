"""Make another agent of an agent: its files, its branch, and its conversation up to now."""

from __future__ import annotations

from mngr.actions.create import NewAgent
from mngr.actions.provision import program_of
from mngr.fleet.program import conversational
from mngr.hosts.environment import environment_of
from mngr.hosts.takeover import Takeover
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.sync.job import WorkspaceWish

OF_ONE_AGENT = ("adopted", "cloned_from", "ports")  # what is the source's alone: its conversation, its ports


def clone_of(fleet: Fleet, source: Agent, wish: WorkspaceWish) -> NewAgent:
    """Return the agent that is wished when a clone is: like its source, which is only looked at and may run on."""
    record = source.record
    kind = conversational(fleet, record)
    return NewAgent(
        host=source.host,
        type=record.type,
        base=record.options.get("base", record.type),
        command=record.command,
        wish=replace(wish, source=record.workspace.folder),
        project=record.project,
        labels=record.labels,
        environment=environment_of(source.host, record),
        windows=record.windows,
        trusted=record.options.get("trusted") is True,
        program=program_of(fleet, source),
        conversation=None if kind is None else Takeover(agent=record.id),
        options={key: given for key, given in record.options.items() if key not in OF_ONE_AGENT},
    )
