"""Which conversation `--adopt` means, and what program it is one of."""

from __future__ import annotations

from mngr.model.errors import NotFoundError, UsageError, UserError
from mngr.model.names import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.hosts.takeover import Session, Takeover
    from mngr.transports.host import Host

LEAST = 6


def adopted(world: World, arguments: Arguments, host: Host) -> tuple[str, Takeover]:
    """Return the agent type of a conversation that was begun without mngr, and where it is. Raises UserError."""
    from mngr.hosts.takeover import Takeover

    text: str = arguments["adopt"]
    if len(text) < LEAST or not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
        raise UsageError(
            f"{shown(text)} is not the id of a conversation", hint=f"the id, or its first {LEAST} letters or more"
        )
    kinds = _kinds(world, arguments)
    found = _found(kinds, host, text, world.fleet.places.environ_on(host).get("PATH", ""))
    if not found:
        raise NotFoundError(
            f"{' or '.join(kinds)} has no conversation {shown(text)} here", hint="claude --resume, codex resume: lists"
        )
    if len(found) > 1:
        each = ", ".join(f"{session.id} ({name})" for name, session in found[:5])
        raise UsageError(f"{shown(text)} names several conversations: {each}", hint="the whole id, and --type")
    name, session = found[0]
    if session.process is not None:
        raise UserError(
            f"the conversation {session.id} is open in {name} (process {session.process})",
            hint="end that one first: two at once would split it",
        )
    return name, Takeover(where=session.where)


def _kinds(world: World, arguments: Arguments) -> dict[str, Any]:
    named = arguments["type"] if arguments["type"] is not None else arguments["agent_type"]
    if named is None:
        from mngr.fleet.programs import program_types

        return program_types(world.fleet)
    kind = world.fleet.agent_type(named)
    if not hasattr(kind, "program"):
        raise UsageError(f"agents of type {shown(named)} have no conversations", hint="--type claude, for example")
    return {named: kind}


def _found(kinds: dict[str, Any], host: Host, text: str, path: str) -> list[tuple[str, Session]]:
    from mngr.hosts.takeover import find

    every = [(name, session) for name, kind in kinds.items() for session in find(host, kind.program, text, path)]
    exact = [(name, session) for name, session in every if session.id == text]
    return exact or every
