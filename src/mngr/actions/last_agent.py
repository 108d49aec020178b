"""A host that mngr made goes with the last agent on it; what can be restored there is saved before."""

from __future__ import annotations

from mngr.hosts import records
from mngr.hosts.lock import HeldFile
from mngr.model.errors import UserError
from mngr.model.host import OFF
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.model.host import Snapshot
    from mngr.transports.host import Host

WAIT_SECONDS = 10
KEPT = "kept-"  # begins the names of snapshots that are made here; users' own cannot


@value
class Gone:
    """A host that went, or stays because what it holds could not be saved.

    `names` are the destroyed agents that are in the snapshot, or whose work is why the host stays.
    """

    host: Host
    names: list[str]
    snapshot: Snapshot | None = None
    stays: bool = False


def kept_name(host_name: str) -> str:
    """Return the name of a snapshot that keeps what the last agents of a host left."""
    return f"{KEPT}{host_name}"


def goes_with(fleet: Fleet, host: Host, ids: set[str]) -> bool:
    """Tell whether a host goes with some agents, by id: mngr made it, and it has no others."""
    provider: Any = fleet.places.provider(host.provider)
    return hasattr(provider, "create") and host.state not in OFF and set(_agents(host)) <= ids


def take_empty(fleet: Fleet, host: Host, *, save: bool = True) -> Gone | None:
    """Take a host away if mngr made it and no agent is there, or is being made; None where it stays as it is.

    Destroyed agents, which can be restored, are saved before, unless they may go for good (`save`).

    While that is found out and done, no agent can be begun there: the gate is held that a host which stops itself
    holds (see `watchdog.sh`).
    """
    provider: Any = fleet.places.provider(host.provider)
    if not hasattr(provider, "create") or host.state in OFF:
        return None
    gate = HeldFile(host, f"{host.paths.folder}/stopping.lock", WAIT_SECONDS)
    with gate:
        if _agents(host):
            return None
        names = _destroyed(host) if save else []
        if not hasattr(provider, "snapshot"):
            if save and (held := with_work(host)):
                return Gone(host, held, stays=True)
            names = []
        snapshot = provider.snapshot(host, kept_name(host.name)) if names else None
        gate.may_be_lost = True
        provider.destroy(host)
    return Gone(host, names, snapshot)


def _agents(host: Host) -> list[str]:
    return host.run(["ls", host.paths.agents], check=False).text.split()


def _destroyed(host: Host) -> list[str]:
    """Return the names of the agents of a host that can be restored."""
    return sorted({record.name for _, record in records.destroyed(host)})


def with_work(host: Host) -> list[str]:
    """Return the destroyed agents of a host that held work which exists nowhere else."""
    folder = host.paths.destroyed
    marks = host.run(["find", folder, "-mindepth", "2", "-maxdepth", "2", "-name", "at_risk"], check=False).text.split()
    ids = {mark.split("/")[-2] for mark in marks}
    try:
        names = {record.id: record.name for _, record in records.destroyed(host)}
    except UserError:
        names = {}
    return sorted(names.get(agent_id, agent_id) for agent_id in ids)
