"""What was seen of hosts when they last answered: for when they do not. It may be deleted at any time."""

from __future__ import annotations

import os

from mngr.config import atomic
from mngr.config.paths import UserPaths, host_dir
from mngr.fleet.report import AgentReport
from mngr.model.agent import RecordError, from_json, to_json
from mngr.model.host import UNREACHABLE
from mngr.model.names import means
from mngr.model.observation import UNKNOWN, Observation, Seen
from mngr.model.times import short_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host

SEEN, NEW = "hosts", "new"  # folders of the cache: what hosts had when they were looked at, and what came since


def keep(cache: str, host: Host, reports: list[AgentReport]) -> None:
    """Remember what was seen of a host now. What cannot be written is not remembered."""
    path = _path(cache, host)
    content = b"".join(
        f"{report.seen.state}\n".encode() + to_json(report.record) for report in reports if report.record is not None
    )
    content = f"{host.id or '-'}\n".encode() + content
    try:
        _forget(_path(cache, host, NEW))
        if _read(path) == content:
            os.utime(path)
            return
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        atomic.write(path, content, lasting=False)
    except OSError:
        return


def recall(cache: str, host: Host) -> list[AgentReport]:
    """Return the agents that a host had when it last answered; their states are unknown now."""
    path = _path(cache, host)
    try:
        at, content = os.stat(path).st_mtime, _read(path)
    except OSError:
        return []
    heading = content.partition(b"\n")[0]
    host.id = heading.decode("ascii", "replace") if heading != b"-" else None
    now = _now()
    found: list[AgentReport] = []
    for state, record in _records(content):
        reason = f"{state.decode('ascii', 'replace')} {short_duration(max(0.0, now - at))} ago"
        observed = Observation(now, record.id, record)
        found.append(AgentReport(host, observed, Seen(UNKNOWN, reason=reason, since=at), UNREACHABLE))
    return found


def had(cache: str, host: Host, word: str) -> bool:
    """Tell whether a host had an agent of a name or id, or whose id begins so, when it last answered."""
    return any(_names(_read(_path(cache, host, kind)), word) for kind in (SEEN, NEW))


def remember(fleet: Fleet, agent: Agent) -> None:
    """Remember an agent that came to be, so that its name is known from then on, where that is not on this machine."""
    if not agent.host.transport.shares_files:
        note(UserPaths(host_dir(fleet.environ)).cache, agent.host, agent.record)


def note(cache: str, host: Host, record: AgentRecord) -> None:
    """Remember an agent that came to be on a host, until that is looked at, as far as that can be written."""
    path = _path(cache, host, NEW)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        atomic.write(path, (_read(path) or b"-\n") + b"new\n" + to_json(record), lasting=False)
    except OSError:
        return


def was_elsewhere(cache: str, word: str) -> bool:
    """Tell whether a host other than this machine was last seen to have an agent of a name or id."""
    found = (each for kind in (SEEN, NEW) for each in _files(f"{cache}/{kind}"))
    return any(_names(_read(path), word) for path in found)


def names(cache: str) -> list[str]:
    """Return the names of all agents that hosts other than this machine were last seen to have."""
    found = (each for kind in (SEEN, NEW) for each in _files(f"{cache}/{kind}"))
    return [record.name for path in found for _, record in _records(_read(path))]


def prune(cache: str, provider: str, hosts: list[Host]) -> None:
    """Forget the hosts of a provider that are no more."""
    there = {host.name for host in hosts}
    for kind in (SEEN, NEW):
        for name in _listed(f"{cache}/{kind}/{provider}"):
            if name not in there:
                _forget(f"{cache}/{kind}/{provider}/{name}")


def _names(content: bytes, word: str) -> bool:
    # What does not hold the word at all need not be read as records.
    if word.removeprefix("agent-").encode("utf-8", "surrogateescape") not in content:
        return False
    return any(means(word, record.name, record.id) for _, record in _records(content))


def _records(content: bytes) -> Iterator[tuple[bytes, AgentRecord]]:
    _, *lines = content.split(b"\n")
    for state, line in zip(lines[::2], lines[1::2], strict=False):
        try:
            yield state, from_json(line)
        except RecordError:
            continue


def _path(cache: str, host: Host, kind: str = SEEN) -> str:
    return f"{cache}/{kind}/{host.provider}/{host.name}"


def _files(folder: str) -> list[str]:
    providers = (f"{folder}/{name}" for name in _listed(folder))
    return [f"{provider}/{name}" for provider in providers for name in _listed(provider)]


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _now() -> float:
    import time

    return time.time()
