"""Tell what agents took of models: tokens and money."""

from __future__ import annotations

from mngr.fleet.report import Agent, AgentReport
from mngr.fleet.usage import Total, prices_of, spent, total
from mngr.hosts import records
from mngr.model.observation import Observation, Seen
from mngr.model.value import replace, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from mngr.fleet.fleet import Fleet
    from mngr.observe.usage import Answer

    Key = tuple[str | None, ...]

AGENT, PROJECT, DAY, MODEL, MESSAGE, TOTAL = "agent", "project", "day", "model", "message", "total"
WAYS = (AGENT, PROJECT, DAY, MODEL, MESSAGE, TOTAL)


@value
class Spent:
    """A line of a reckoning: what is added up in it, and the sum. What differs within it is None."""

    total: Total
    agent: str | None = None
    agent_id: str | None = None
    project: str | None = None
    day: str | None = None  # in UTC
    model: str | None = None
    time: str | None = None
    message: str | None = None


@value
class Reckoning:
    """Lines, and the sum of them all."""

    lines: list[Spent]
    total: Total


def known(fleet: Fleet, destroyed: bool) -> list[AgentReport]:
    """Return the agents of all hosts; those that were destroyed, and can be restored, as well."""
    found = {report.record.id: report for report in fleet.look() if report.record is not None}
    if destroyed:
        for host in fleet.hosts():
            for at, record in records.destroyed(host):
                gone = AgentReport(host, Observation(at, record.id, record), Seen("destroyed", since=at))
                found.setdefault(record.id, gone)
    return list(found.values())


def usage(
    fleet: Fleet, agents: list[Agent], chosen: Collection[str], by: list[str], when: tuple[str | None, str | None]
) -> Reckoning:
    """Return what the chosen of all agents (by id) took, added up by one or several of WAYS, within times.

    All agents are looked at, so that an answer which several records hold is counted once: with the oldest.
    """
    prices = prices_of(fleet)
    found = spent(fleet, agents)
    groups: dict[Key, list[Answer]] = {}
    first: dict[Key, Spent] = {}
    for agent in agents:
        if agent.record.id not in chosen or agent.record.id not in found:
            continue
        if by == [AGENT]:
            _group(groups, first, _of_agent(agent))
        for answer in found[agent.record.id]:
            if _is_within(answer, when):
                _group(groups, first, _line(agent, answer, by)).append(answer)
    lines = [_with_total(first[key], total(prices, groups[key])) for key in sorted(groups, key=_sortable)]
    return Reckoning(lines, total(prices, (answer for group in groups.values() for answer in group)))


def _group(groups: dict[Key, list[Answer]], first: dict[Key, Spent], line: Spent) -> list[Answer]:
    key = (line.day, line.time, line.project, line.agent, line.agent_id, line.model, line.message)
    first.setdefault(key, line)
    return groups.setdefault(key, [])


def _line(agent: Agent, answer: Answer, by: list[str]) -> Spent:
    each = MESSAGE in by
    is_agent = each or AGENT in by
    return Spent(
        Total(),
        agent=agent.record.name if is_agent else None,
        agent_id=agent.record.id if is_agent else None,
        project=agent.record.project if is_agent or PROJECT in by else None,
        day=(answer.time or "")[:10] or "unknown" if each or DAY in by else None,
        model=answer.model or "unknown" if each or MODEL in by else None,
        time=answer.time if each else None,
        message=answer.id if each else None,
    )


def _of_agent(agent: Agent) -> Spent:
    return Spent(Total(), agent=agent.record.name, agent_id=agent.record.id, project=agent.record.project)


def _with_total(line: Spent, sum_of_it: Total) -> Spent:
    return replace(line, total=sum_of_it)


def _sortable(key: Key) -> tuple[str, ...]:
    return tuple(part or "" for part in key)


def _is_within(answer: Answer, when: tuple[str | None, str | None]) -> bool:
    since, until = when
    time = answer.time or ""
    return (since is None or time >= since) and (until is None or (bool(time) and time < until))
