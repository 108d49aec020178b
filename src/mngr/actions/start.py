"""Bring a stopped agent back."""

from __future__ import annotations

from mngr.fleet.program import launch_of
from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.hosts.session import TmuxSession
from mngr.model.errors import UserError
from mngr.model.host import OFF
from mngr.model.observation import DONE, FAILED
from mngr.model.times import iso
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet

LEFT_SECONDS = 3.0


def start(fleet: Fleet, agent: Agent) -> bool:
    """Start an agent's program again, in the same workspace; tell whether it had to be.

    A program that has ended is started anew; a host that does not run is started first. Raises StartError when that
    cannot be done.
    """
    if agent.host.state in OFF:
        from mngr.actions.host_life import Up

        with Up(fleet, agent.host) as started:
            return agent.record.name in started.agents or _start(fleet, agent)
    return _start(fleet, agent)


def _start(fleet: Fleet, agent: Agent) -> bool:
    report = fleet.look_at(agent)
    pane = report.observation.pane
    if pane is not None and (pane.dead or report.seen.state in (DONE, FAILED)):
        TmuxSession(agent.host, agent.record).stop(0)
    elif pane is not None:
        return False
    elif report.observation.exit is not None:  # on another tmux server its session may be left
        TmuxSession(agent.host, agent.record).stop(LEFT_SECONDS)
    elif report.observation.wanted:  # its terminal was killed: what outlived that would go on with the conversation
        TmuxSession(agent.host, agent.record).stop_what_is_left(LEFT_SECONDS)
    record, line = agent.record, records.record_line(agent.record)
    for _ in range(records.TRIES):
        record = replace(record, started_at=iso(fleet.now()), archived_at=None)
        launch = launch_of(fleet, record)
        try:
            TmuxSession(agent.host, record).start(launch, was=line)
        except records.Changed as meanwhile:
            record, line = meanwhile.record, meanwhile.line
        else:
            return True
    raise UserError(f"'{record.name}' is being changed by others all the time", hint="try again")


def was_running(fleet: Fleet) -> list[Agent]:
    """Return the agents that should run and have no session: after a reboot, all that ran before it."""
    return [
        Agent(report.host, report.record)
        for report in fleet.look()
        if report.record is not None and report.observation.wanted and report.observation.pane is None
    ]
