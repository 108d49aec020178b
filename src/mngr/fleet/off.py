"""Hosts that do not run: their agents as their records tell, and their files as their provider still reads them."""

from __future__ import annotations

import os

from mngr.fleet.report import Agent, AgentReport
from mngr.model.agent import RecordError, from_json
from mngr.model.errors import NotFoundError, UnreachableError
from mngr.model.names import means
from mngr.model.observation import STOPPED, Observation, Seen
from mngr.transports.host import Host
from mngr.transports.local import LocalTransport
from mngr.transports.run import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord


def records_of(provider: Any, host: Host) -> list[AgentRecord]:
    """Return the records of a stopped host's agents that can be read; none where its provider cannot read it."""
    if not hasattr(provider, "agent_records"):
        return []
    found: list[AgentRecord] = []
    for line in provider.agent_records(host):
        try:
            found.append(from_json(line))
        except RecordError:
            continue
    return found


def look(provider: Any, host: Host, now: float) -> list[AgentReport]:
    """Return the agents of a stopped host, by name: stopped, as it is."""
    return [
        AgentReport(host, Observation(now, record.id, record), Seen(STOPPED, reason=f"host {host.state}"), host.state)
        for record in sorted(records_of(provider, host), key=lambda record: record.name)
    ]


def find(provider: Any, host: Host, words: list[str]) -> list[tuple[str, str, AgentRecord]]:
    """Return (word, id, record) for every agent of a stopped host that a name, an id or its start names."""
    return [
        (word, record.id, record)
        for record in records_of(provider, host)
        for word in words
        if means(word, record.name, record.id)
    ]


def events_of(provider: Any, host: Host) -> bytes:
    """Return the events of a stopped host and its agents, in the form of `hosts/events.sh`.

    Raises UnreachableError where its provider cannot read it.
    """
    _expect_archive(provider, host)
    headings = {host.paths.agent(record.id): record.id for record in records_of(provider, host)}
    found = b""
    for folder, heading in {**headings, host.paths.folder: "-"}.items():
        try:
            packed = provider.archive(host, f"{folder}/events.jsonl")
        except NotFoundError:
            continue  # nothing happened yet
        found += f"==> {heading}\n".encode() + run(["tar", "-x", "-O", "-f", "-"], packed).out
    return found


def _expect_archive(provider: Any, host: Host) -> None:
    if not hasattr(provider, "archive"):
        raise UnreachableError(f"{host.address} is {host.state}", hint=f"mngr start @{host.address}")


def archived(provider: Any, agent: Agent, cache: str) -> Agent:
    """Return an agent of a stopped host as its folder says, read here: nothing can be changed there, nor started.

    Raises UnreachableError where its provider cannot read it.
    """
    host, agent_id = agent.host, agent.record.id
    _expect_archive(provider, host)
    folder = f"{cache}/off/{host.provider}-{host.name}"
    content = provider.archive(host, host.paths.agent(agent_id))
    place = f"{folder}/agents"
    run(["rm", "-rf", "--", f"{place}/{agent_id}"])
    os.makedirs(place, mode=0o700, exist_ok=True)
    # What is secret stays there; and links could lead anywhere here.
    run(["tar", "-x", "-o", "-C", place, "--exclude=*/env", "-f", "-"], content)
    run(["find", place, "-type", "l", "-delete"])
    here = Host(host.name, host.provider, LocalTransport(), folder, host.prefix)
    here.id = host.id
    return Agent(here, agent.record)
