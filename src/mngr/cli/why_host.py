"""`mngr why @HOST`: a host's state, and how it is watched for idleness."""

from __future__ import annotations

from mngr.model.names import parse_address
from mngr.model.times import iso, short_duration
from mngr.output.emit import emit_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.idle import Idleness
    from mngr.cli.world import World
    from mngr.hosts.watchdog import Ending
    from mngr.transports.host import Host

FIELDS = ("host", "state", "reason", "idle", "stopped")
SOURCES = {
    "lock": "somebody was creating, starting or changing an agent",
    "start": "an agent was started",
    "user": "a person typed",
    "message": "an agent got a message",
    "output": "an agent wrote to its terminal",
    "file": "an agent touched its activity file",
    "cpu": "an agent kept a processor busy",
    "run": "an agent was at work",
    "ssh": "somebody was logged in",
    "boot": "the host was started",
    "create": "the host was made",
    "clock": "the clock was changed, or the machine slept",
    "settings": "how it is watched was changed",
    "watch": "watching began",
}


def why_host(world: World, text: str) -> int:
    """Tell a host's state, why it is in that, and how it is watched."""
    from mngr.actions.idle import of

    address = parse_address(text)
    host = world.fleet.host(address.host, address.provider)
    world.fleet.look([host])
    for problem in world.fleet.problems:
        world.warn(problem)
    idleness = of(world.fleet, host)
    ending = idleness.ending or (idleness.watch.last_stop if idleness.watch is not None else None)
    row = {
        "host": host.address,
        "state": host.state,
        "reason": idleness.reason or host.reason or None,
        "idle": idleness.row(),
        "stopped": None if ending is None else _stopped(ending),
    }
    emit_one(world, row, human=lambda: _lines(world, host, idleness, ending))
    return 0


def _stopped(ending: Ending) -> dict[str, Any]:
    return {
        "why": ending.why,
        "at": iso(ending.at),
        "source": ending.source,
        "last_activity_at": iso(ending.last_activity),
        "mode": ending.mode,
        "timeout_seconds": ending.timeout,
    }


def _lines(world: World, host: Host, idleness: Idleness, ending: Ending | None) -> list[str]:
    reason = idleness.reason or host.reason
    lines = [f"{host.address} is {host.state}" + (f": {reason}" if reason else "")]
    idle = idleness.row()
    watch = idleness.watch
    if watch is not None and watch.timeout is not None and watch.deadline is not None and idle["source"]:
        lines.append(f"  it stops itself after {short_duration(watch.timeout)} without activity (mode {watch.mode})")
        lines.append(f"  last: {_activity(world, watch.source, watch.last_activity)}")
        lines.append(f"  {short_duration(watch.deadline - watch.now)} are left")
        if watch.stop_failed is not None:
            lines.append("  it was to stop, and still runs")
    elif watch is not None:
        lines.append("  it is not watched for idleness (mngr limit changes that)")
    if ending is not None:
        ago = short_duration(world.now() - ending.at)
        lines.append(f"  it stopped itself {ago} ago (mode {ending.mode}, {ending.why})")
        lines.append(f"  before that: {_activity(world, ending.source, ending.last_activity)}")
    return lines


def _activity(world: World, source: str | None, at: float | None) -> str:
    said = SOURCES.get(source or "", source or "?")
    return said if at is None else f"{said} ({short_duration(world.now() - at)} ago)"
