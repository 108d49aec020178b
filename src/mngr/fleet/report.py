"""What is shown of one agent: its record, its host, and its state now."""

from __future__ import annotations

from mngr.model.names import Address
from mngr.model.observation import UNKNOWN, Observation, Seen, Sign
from mngr.model.times import iso
from mngr.model.value import value
from mngr.observe.state import signs
from mngr.transports.quoting import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host

# All fields of a row, in the order in which they are documented.
FIELDS = (
    "id name type state reason question state_since exit_code host.id host.name host.provider host.state host.address "
    "work_dir branch base_branch project labels created_at started_at archived_at last_activity_at pid command url "
    "parent workspace session usage.input_tokens usage.output_tokens usage.cost_usd "
    "usage.cache_read_tokens usage.cache_write_tokens usage.unpriced plugin"
).split()

USAGE = tuple(name.partition(".")[2] for name in FIELDS if name.startswith("usage."))
_EMPTY: dict[str, Any] = dict.fromkeys(name.partition(".")[0] for name in FIELDS)


@value
class Agent:
    """An agent that was found: where it is, and what is written down about it."""

    host: Host
    record: AgentRecord

    @property
    def address(self) -> str:
        """Return an address that names this agent and no other."""
        return str(Address(self.record.name, self.host.name, self.host.provider))


@value
class AgentReport:
    """One agent as seen by a probe."""

    host: Host
    observation: Observation
    seen: Seen
    host_state: str = "running"
    usage: dict[str, Any] | None = None  # what it took of models; only read where it is asked for

    @property
    def record(self) -> AgentRecord | None:
        """Return what is written down about it, if it can be read."""
        return self.observation.record

    @property
    def name(self) -> str:
        """Return its name; of a session that mngr did not make, the session's; of a damaged record, its id."""
        if self.record is not None:
            return self.record.name
        pane = self.observation.pane
        if pane is not None and self.observation.agent_id is None:
            return pane.session.removeprefix(self.host.prefix)
        return self.observation.agent_id or "?"

    @property
    def signs(self) -> list[Sign]:
        """Return the signs of its state, strongest first; told only when asked for."""
        return [*self.seen.signs, *signs(self.observation)]

    def row(self) -> dict[str, Any]:
        """Return the fields of `list` for it, as plain values."""
        observed, seen, record = self.observation, self.seen, self.record
        pane = observed.pane
        row: dict[str, Any] = _EMPTY.copy()
        row.update(
            id=observed.agent_id,
            name=self.name,
            type="command",
            state=seen.state,
            reason=seen.reason,
            question=seen.question,
            state_since=_time(seen.since),
            exit_code=seen.exit_code,
            host=self._host(),
            labels={},
            usage={name: self.usage[name] for name in USAGE} if self.usage else dict.fromkeys(USAGE),
            plugin={},
        )
        if record is not None:
            row.update(_recorded(record))
        if pane is not None:
            row.update(session=pane.session, pid=None if pane.dead else pane.pid)
            row["created_at"] = row["created_at"] or _time(pane.created_at)
            row["last_activity_at"] = _time(max(pane.typed_at, pane.output_at))
            row["command"] = row["command"] or pane.program
        return row

    def _host(self) -> dict[str, Any]:
        host = self.host
        return {
            "id": host.id,
            "name": host.name,
            "provider": host.provider,
            "state": self.host_state,
            "address": host.address,
        }


def unknown(observation: Observation, reason: str) -> Seen:
    """Return the state of an agent of which nothing can be said."""
    return Seen(UNKNOWN, reason=reason, since=observation.now)


def _recorded(record: AgentRecord) -> dict[str, Any]:
    workspace = record.workspace
    return {
        "id": record.id,
        "type": record.type,
        "work_dir": workspace.folder,
        "branch": workspace.branch,
        "base_branch": workspace.base_branch,
        "project": record.project,
        "labels": record.labels,
        "created_at": record.created_at,
        "started_at": record.started_at,
        "archived_at": record.archived_at,
        "last_activity_at": record.started_at,
        "command": join(record.command) if record.command else None,
        "parent": record.parent,
        "workspace": workspace.mode,
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)
