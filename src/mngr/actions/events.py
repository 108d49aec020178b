"""What happened to an agent, as written down when it happened."""

from __future__ import annotations

import time

from mngr.hosts import records
from mngr.model.host import OFF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.transports.host import Host

    Event = dict[str, Any]

PAUSE_SECONDS = 0.2
GONE = 66


def happened(agent: Agent) -> list[Event]:
    """Return an agent's events, the oldest first; damaged lines are left out."""
    return [event for event, _ in _read(agent.host, agent.record.id, 0)[0]]


def of_host(fleet: Fleet, host: Host) -> list[Event]:
    """Return the events of a host, and of all agents there, in order of time; the `agent_id` of its own is None.

    Of a host that does not run, those of agents that were destroyed there are left out.
    """
    if host.state in OFF:
        from mngr.fleet import off

        lines = off.events_of(fleet.places.provider(host.provider), host)
    else:
        lines = host.script(["hosts/events.sh", host.paths.folder, "all"]).out
    events = [event for event, _ in _parsed(lines, None)]
    return sorted(events, key=lambda event: str(event.get("time")))


def names(fleet: Fleet, host: Host) -> dict[str, str]:
    """Return the names of a host's agents by id, of those that were destroyed too."""
    gone = records.destroyed(host) if host.state not in OFF else []
    known = {record.id: record.name for _, record in gone}
    seen = {report.record.id: report.name for report in fleet.look([host]) if report.record is not None}
    return {**known, **seen}


def follow(agent: Agent, events: list[Event]) -> Iterator[Event]:
    """Yield events as they are written, after those known, until the agent is destroyed; none twice, none left out."""
    offset = 0
    skip = len(events)
    while True:
        found, end = _read(agent.host, agent.record.id, offset)
        for event, _ in found[skip:]:
            yield event
        skip = 0
        if end < 0:
            return
        offset = end
        time.sleep(PAUSE_SECONDS)


def _read(host: Host, agent_id: str, offset: int) -> tuple[list[tuple[Event, int]], int]:
    """Return (event, end) for every whole line from an offset on, and where to go on; -1 when the agent is gone."""
    result = host.script(["hosts/events.sh", host.paths.folder, agent_id, str(offset + 1)], check=False)
    whole = result.out[: result.out.rfind(b"\n") + 1]
    return _parsed(whole, agent_id), -1 if result.code == GONE else offset + len(whole)


def _parsed(lines: bytes, agent_id: str | None) -> list[tuple[Event, int]]:
    found: list[tuple[Event, int]] = []
    end = 0
    owner = agent_id
    for line in lines.split(b"\n"):
        end += len(line) + 1
        if line.startswith(b"==> "):
            owner = line[4:].decode("ascii", "replace") if line != b"==> -" else None
            continue
        event = _event(line)
        if event is not None:
            found.append(({**event, "agent_id": owner}, end))
    return found


def _event(line: bytes) -> Event | None:
    import json

    try:
        event: Event = json.loads(line)
        moment = event["time"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    return event if isinstance(moment, str) else None
