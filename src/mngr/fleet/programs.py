"""Which program a new agent gets when none is named, and what its host has of it."""

from __future__ import annotations

from mngr.hosts import programs
from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.hosts.programs import Found
    from mngr.transports.host import Host

IN_ORDER = ("claude", "codex", "opencode")


def program_types(fleet: Fleet) -> dict[str, Any]:
    """Return the agent types that are talked to and have a program of their own, in the order of preference."""
    found: dict[str, Any] = {}
    for name in IN_ORDER:
        try:
            kind = fleet.agent_type(name)
        except UserError:
            continue  # its settings are wrong, which matters to those alone who name it
        if hasattr(kind, "program"):
            found[name] = kind
    return found


def ready(fleet: Fleet, host: Host, path: str) -> tuple[str, Found] | None:
    """Return the first type whose program is on the host and logged in, and what the host has of it."""
    kinds = program_types(fleet)
    found = programs.look(host, [kind.program for kind in kinds.values()], path)
    return next(((name, one) for name, one in zip(kinds, found, strict=True) if one.file and one.login), None)
