"""Tell what agents took of models: tokens and money."""

from __future__ import annotations

from mngr.fleet.report import Agent, AgentReport
from mngr.fleet.usage import Total, prices_of, spent, total, whole
from mngr.hosts import records
from mngr.model.observation import Observation, Seen
from mngr.model.value import value

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
    day: str | None = None  # in UTC
    time: str | None = None
    project: str | None = None
    agent: str | None = None
    agent_id: str | None = None
    model: str | None = None
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
        for host, found_there in fleet.places.on_all(records.destroyed):
            for at, record in found_there:
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
    for agent in agents:
        if agent.record.id not in chosen or agent.record.id not in found:
            continue
        if by == [AGENT]:
            groups[_key(agent, None, by)] = []
        for answer in found[agent.record.id]:
            if _is_within(answer, when):
                groups.setdefault(_key(agent, answer, by), []).append(answer)
    lines = [Spent(total(prices, groups[key]), *key) for key in sorted(groups, key=_sortable)]
    return Reckoning(lines, whole(line.total for line in lines))


def _key(agent: Agent, answer: Answer | None, by: list[str]) -> Key:
    """Return what is the same in all of a line: the fields of `Spent`, in their order."""
    each = MESSAGE in by
    is_agent = each or AGENT in by
    of_agent = (agent.record.name, agent.record.id) if is_agent else (None, None)
    project = agent.record.project if is_agent or PROJECT in by else None
    if answer is None:
        return (None, None, project, *of_agent, None, None)
    return (
        (answer.time or "")[:10] or "unknown" if each or DAY in by else None,
        answer.time if each else None,
        project,
        *of_agent,
        answer.model or "unknown" if each or MODEL in by else None,
        answer.id if each else None,
    )


def _sortable(key: Key) -> tuple[str, ...]:
    return tuple(part or "" for part in key)


def _is_within(answer: Answer, when: tuple[str | None, str | None]) -> bool:
    since, until = when
    time = answer.time or ""
    return (since is None or time >= since) and (until is None or (bool(time) and time < until))
