"""Bring back what was destroyed: agent, branch and files."""

from __future__ import annotations

from mngr.fleet import last_seen
from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.model.agent import AgentRecord
from mngr.model.errors import NotFoundError, UsageError, UserError
from mngr.model.names import id_digits, nearest, shown
from mngr.model.value import replace, value
from mngr.sync import vault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.transports.host import Host


@value
class Destroyed:
    """An agent that was destroyed and can be restored. `at` is in seconds since 1970."""

    host: Host
    record: AgentRecord
    at: float


def destroyed(fleet: Fleet) -> list[Destroyed]:
    """Return what can be restored, the latest last."""
    found = [
        Destroyed(host, record, at) for host, there in fleet.places.on_all(records.destroyed) for at, record in there
    ]
    return sorted(found, key=lambda one: (one.at, one.record.created_at))  # when it was is known to a second


def choose(found: list[Destroyed], text: str) -> Destroyed:
    """Return the one that a name (the latest of that name) or an id means. Raises NotFoundError, UsageError."""
    digits = id_digits(text)
    by_id = [one for one in found if digits is not None and one.record.id.removeprefix("agent-").startswith(digits)]
    by_name = [one for one in found if one.record.name == text]
    if len(by_id) > 1:
        raise UsageError(f"{shown(text)} begins several ids: {', '.join(one.record.id for one in by_id)}")
    if by_id or by_name:
        return (by_id or by_name)[-1]
    close = nearest(text, [one.record.name for one in found])
    raise NotFoundError(
        f"no agent {shown(text)} was destroyed",
        hint=f"did you mean {' or '.join(close)}?" if close else "mngr restore lists what can be restored",
    )


def restore(fleet: Fleet, one: Destroyed, name: str | None = None) -> Agent:
    """Bring a destroyed agent back, stopped, under its own name or another. Raises UserError when the name is taken."""
    host = one.host
    record = replace(one.record, name=name or one.record.name)
    taken = host.script(
        ["hosts/unbury.sh", host.paths.folder, record.id, record.name], records.record_line(record)
    ).text.strip()
    if taken != "ready":
        raise UserError(
            f"there is an agent '{record.name}' by now", hint=f"mngr restore {one.record.id[:14]} --name OTHER"
        )
    workspace = vault.bring_back(host, record.workspace, host.paths.agent(record.id), record.id)
    restored = records.amend(host, record, lambda now: replace(now, workspace=workspace))
    host.run(
        ["rm", "-f", *(f"{host.paths.agent(record.id)}/{mark}" for mark in ("destroyed_at", "destroying", "at_risk"))]
    )
    last_seen.remember(fleet, Agent(host, restored))
    return Agent(host, restored)
