"""Wait until agents are in a state."""

from __future__ import annotations

import time

from mngr.fleet.places import as_they_are
from mngr.fleet.report import AgentReport
from mngr.model.errors import NotFoundError, TimedOutError
from mngr.model.host import UNREACHABLE
from mngr.model.observation import UNKNOWN, Observation, Seen
from mngr.model.times import short_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 1.0


def wait_until(
    fleet: Fleet, agents: list[Agent], states: tuple[str, ...], timeout_seconds: float | None = None
) -> dict[str, AgentReport | None]:
    """Wait until every agent is in one of some states, and return each as seen then, by id; None for one that has gone.

    When time is up, what is returned is how they are then.
    """
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    pause = FIRST_PAUSE_SECONDS
    reached: dict[str, AgentReport | None] = {}
    waited = {agent.record.id for agent in agents}
    while True:
        seen = _look(fleet, agents)
        for agent_id in waited - reached.keys():
            report = seen.get(agent_id)
            if report is None or report.seen.state in states:
                reached[agent_id] = report
        if waited == reached.keys():
            return reached
        if deadline is not None and time.monotonic() + pause > deadline:
            left = max(0.0, deadline - time.monotonic())
            if left == 0.0 or pause > LONGEST_PAUSE_SECONDS:
                return {**{agent_id: seen.get(agent_id) for agent_id in waited}, **reached}
            time.sleep(left)
            pause = LONGEST_PAUSE_SECONDS * 2
            continue
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def check_reached(
    report: AgentReport | None, name: str, states: tuple[str, ...], timeout_seconds: float | None = None
) -> AgentReport:
    """Return the report of an agent that is in one of the states. Raises TimedOutError, or when it has gone."""
    if report is None:
        raise TimedOutError(f"'{name}' was destroyed while it was waited for")
    if report.seen.state not in states:
        seconds = timeout_seconds or 0
        after = short_duration(seconds) if seconds >= 1 else f"{seconds:g}s"
        wanted = " or ".join(states)
        raise TimedOutError(
            f"timed out after {after}: '{name}' is {report.seen.state}, not {wanted}", hint=f"see why: mngr why {name}"
        )
    return report


def _look(fleet: Fleet, agents: list[Agent]) -> dict[str, AgentReport]:
    if len(agents) == 1 and agents[0].host.transport.shares_files:
        try:
            return {agents[0].record.id: fleet.look_at(agents[0])}
        except NotFoundError:
            return {}
    # Hosts come and go, stop and start, meanwhile.
    hosts = as_they_are(fleet.places, (agent.host for agent in agents))
    seen = {report.observation.agent_id or "": report for report in fleet.look(hosts)}
    silent = [(host.name, host.provider) for host in hosts if host.state == UNREACHABLE]
    for agent in agents:
        id, host = agent.record.id, agent.host
        if id not in seen and (host.provider in fleet.places.silent or (host.name, host.provider) in silent):
            observed = Observation(time.time(), id, agent.record)  # it has not gone, as far as is known
            seen[id] = AgentReport(host, observed, Seen(UNKNOWN, reason="its host does not answer"), UNREACHABLE)
    fleet.places.look_again()
    return seen
