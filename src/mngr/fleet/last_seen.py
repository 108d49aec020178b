"""What was seen of hosts when they last answered: for when they do not. It may be deleted at any time."""

from __future__ import annotations

import os

from mngr.config import atomic
from mngr.fleet.report import AgentReport
from mngr.model.agent import RecordError, from_json, to_json
from mngr.model.host import UNREACHABLE
from mngr.model.names import means
from mngr.model.observation import UNKNOWN, Observation, Seen
from mngr.model.times import short_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host


def keep(cache: str, host: Host, reports: list[AgentReport]) -> None:
    """Remember what was seen of a host now. What cannot be written is not remembered."""
    path = _path(cache, host)
    content = b"".join(
        f"{report.seen.state}\n".encode() + to_json(report.record) for report in reports if report.record is not None
    )
    content = f"{host.id or '-'}\n".encode() + content
    try:
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
    heading, *lines = content.split(b"\n")
    host.id = heading.decode("ascii", "replace") if heading != b"-" else None
    now = _now()
    found: list[AgentReport] = []
    for state, line in zip(lines[::2], lines[1::2], strict=False):
        try:
            record = from_json(line)
        except RecordError:
            continue
        reason = f"{state.decode('ascii', 'replace')} {short_duration(max(0.0, now - at))} ago"
        observed = Observation(now, record.id, record)
        found.append(AgentReport(host, observed, Seen(UNKNOWN, reason=reason, since=at), UNREACHABLE))
    return found


def had(cache: str, host: Host, word: str) -> bool:
    """Tell whether a host had an agent of a name or id, or whose id begins so, when it last answered."""
    records = [report.record for report in recall(cache, host) if report.record is not None]
    return any(means(word, record.name, record.id) for record in records)


def _path(cache: str, host: Host) -> str:
    return f"{cache}/hosts/{host.provider}/{host.name}"


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _now() -> float:
    import time

    return time.time()
