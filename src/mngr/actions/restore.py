"""Bring back what was destroyed: agent, branch and files."""

from __future__ import annotations

from mngr.fleet import last_seen
from mngr.fleet.parallel import on_each_host
from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.model.agent import AgentRecord
from mngr.model.errors import NotFoundError, UnreachableError, UsageError, UserError
from mngr.model.host import OFF
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


@value
class Remains:
    """All that was destroyed and can be restored, the latest last, and the hosts that could not be asked for it."""

    found: list[Destroyed]
    off: list[Host]
    silent: list[Host]


def destroyed(fleet: Fleet) -> Remains:
    """Return what can be restored."""
    hosts = fleet.hosts()
    answers = on_each_host([host for host in hosts if host.state not in OFF], records.destroyed)
    silent = [host for host, there in answers if isinstance(there, UserError)]
    found = [Destroyed(host, record, at) for host, there in answers if host not in silent for at, record in there]
    # When it was is known to a second.
    found.sort(key=lambda one: (one.at, one.record.created_at))
    return Remains(found, [host for host in hosts if host.state in OFF], silent)


def choose(remains: Remains, text: str) -> Destroyed:
    """Return the one that a name (the latest of that name) or an id means.

    Raises NotFoundError, UsageError; UnreachableError where it may be on a host that does not answer.
    """
    found = remains.found
    digits = id_digits(text)
    by_id = [one for one in found if digits is not None and one.record.id.removeprefix("agent-").startswith(digits)]
    by_name = [one for one in found if one.record.name == text]
    if len(by_id) > 1:
        raise UsageError(f"{shown(text)} begins several ids: {', '.join(one.record.id for one in by_id)}")
    if by_id or by_name:
        return (by_id or by_name)[-1]
    close = nearest(text, [one.record.name for one in found])
    hint = f"did you mean {' or '.join(close)}?" if close else "mngr restore lists what can be restored"
    if not close and remains.off:
        hint = f"it may be on a host that does not run: mngr start @{remains.off[0].address}"
    elif not close:
        hint += "; what went with its host is in a snapshot: mngr snapshot list"
    if remains.silent:
        asked = ", ".join(host.address for host in remains.silent)
        raise UnreachableError(f"no agent {shown(text)} was destroyed on a host that answers; not asked: {asked}", hint)
    raise NotFoundError(f"no agent {shown(text)} was destroyed", hint)


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
