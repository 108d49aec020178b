"""Save whole hosts, and find what was saved."""

from __future__ import annotations

from mngr.actions.last_agent import KEPT
from mngr.model.errors import NotFoundError, UsageError, UserError
from mngr.model.names import nearest, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.fleet.places import Places
    from mngr.model.host import Snapshot
    from mngr.transports.host import Host

SHORTEST = 8  # digits of an id
KIND = "snapshot-"


def take(fleet: Fleet, host: Host, name: str | None) -> Snapshot:
    """Save a host with all that is on it; what runs there is halted for the moment. Raises UsageError."""
    if name is not None and name.startswith(KEPT):
        raise UsageError(f"names of snapshots that begin with {KEPT} are mngr's own", hint="choose another name")
    provider: Any = fleet.places.provider(host.provider)
    if not hasattr(provider, "snapshot"):
        raise UsageError(
            f"provider {host.provider} saves no hosts: {host.address}",
            hint="snapshots are of hosts that mngr made, such as NAME@.docker; to copy an agent: mngr clone NAME",
        )
    return provider.snapshot(host, name)


def saved(places: Places) -> tuple[list[Snapshot], list[str]]:
    """Return what was saved, oldest first, and what providers could not say of it."""
    found: list[Snapshot] = []
    problems: list[str] = []
    for name in places.names():
        try:
            provider: Any = places.provider(name)
            found += provider.snapshots() if hasattr(provider, "snapshots") else []
        except UserError as error:
            problems.append(f"provider {name}: {error.message}")
    return sorted(found, key=lambda each: each.created_at), problems


def choose(found: list[Snapshot], text: str) -> Snapshot:
    """Return the one that an id, the first 8 digits or more of one, or a name means. Raises NotFoundError, UsageError.

    Of several of one name it is none: they are told.
    """
    digits = text.removeprefix(KIND)
    long_enough = len(digits) >= SHORTEST
    chosen = [each for each in found if long_enough and each.id.removeprefix(KIND).startswith(digits)]
    chosen = chosen or [each for each in found if each.name is not None and each.name == text]
    if len(chosen) > 1:
        raise UsageError(
            f"{shown(text)} names several snapshots: {', '.join(short_id(each) for each in chosen)}", hint="use an id"
        )
    if chosen:
        return chosen[0]
    known = [word for each in found for word in (each.name, short_id(each)) if word]
    close = nearest(text, known)
    raise NotFoundError(
        f"there is no snapshot {shown(text)}",
        hint=f"did you mean {' or '.join(close)}?" if close else "mngr snapshot list",
    )


def forget(fleet: Fleet, snapshot: Snapshot) -> None:
    """Remove what was saved. Raises UserError while a host that was made from it is there."""
    provider: Any = fleet.places.provider(snapshot.provider)
    provider.forget(snapshot)


def short_id(snapshot: Snapshot) -> str:
    """Return an id as it is shown to people, and can be typed."""
    return snapshot.id[: len(KIND) + SHORTEST]
