"""An agent's program: what starts it, and whether it is talked to."""

from __future__ import annotations

from mngr.hosts.session import Launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.model.agent import AgentRecord
    from mngr.model.protocols import Converses


def launch_of(fleet: Fleet, record: AgentRecord, environment: dict[str, str] | None = None) -> Launch:
    """Return what starts an agent's program; without an environment it keeps the one it has."""
    kind = fleet.type_of(record)
    files = getattr(kind, "files", None)
    history_limit = fleet.settings.get("tmux.history_limit")
    return Launch(kind.launch(record), environment, history_limit, files(record) if files else {})


def conversational(fleet: Fleet, record: AgentRecord) -> Converses | None:
    """Return the type of an agent whose program is talked to, None for any other program."""
    kind: Any = fleet.type_of(record)
    return kind if hasattr(kind, "deliver") else None
