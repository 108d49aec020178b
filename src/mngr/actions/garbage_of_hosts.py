"""What is left of hosts: those without agents, snapshots that were made when one went, and images."""

from __future__ import annotations

from mngr.actions.garbage import Garbage
from mngr.actions.last_agent import kept_name
from mngr.actions.snapshot import short_id
from mngr.hosts.lock import BusyError
from mngr.model.errors import UserError
from mngr.model.host import FAILED, STARTING
from mngr.model.times import from_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.transports.host import Host


def unused_host(fleet: Fleet, host: Host, *, empty: bool) -> Iterator[Garbage]:
    """Find a host that mngr made and that has no agents: it is named, and left alone."""
    if empty and hasattr(fleet.places.provider(host.provider), "create"):
        text = f"a host without agents; it may be kept on purpose, else: mngr destroy @{host.address}"
        yield Garbage(host.name, "host", host.name, text)


def half_made_host(fleet: Fleet, host: Host) -> Iterator[Garbage]:
    """Find a host that mngr began to make: one that never ran holds nothing; one that is new may be under way."""
    if not hasattr(fleet.places.provider(host.provider), "create") or host.state not in (FAILED, STARTING):
        return
    if host.state == FAILED:
        provider: Any = fleet.places.provider(host.provider)
        yield Garbage(host.name, "host", host.name, f"half-made: {host.reason}", lambda: provider.destroy(host))
    else:
        text = f"{host.reason or 'it is being made'}; if nobody does any more: mngr destroy @{host.address}"
        yield Garbage(host.name, "host", host.name, text)


def of_providers(fleet: Fleet, oldest: float) -> Iterator[Garbage]:
    """Find what providers keep and nothing needs any more, older than a time; of those that answer."""
    for name in fleet.places.names():
        try:
            provider: Any = fleet.places.provider(name)
            yield from _kept(provider, oldest) if hasattr(provider, "snapshots") else ()
            yield from _left(provider, oldest) if hasattr(provider, "leftovers") else ()
        except UserError:
            continue  # what cannot be looked at is no garbage


def _kept(provider: Any, oldest: float) -> list[Garbage]:
    return [
        Garbage(
            provider.name,
            "snapshot",
            short_id(each),
            f"of {each.host}, which was destroyed longer ago than that is kept",
            _unless_used(lambda each=each: provider.forget(each)),
        )
        for each in provider.snapshots()
        if each.name == kept_name(each.host) and from_iso(each.created_at) < oldest
    ]


def _left(provider: Any, oldest: float) -> list[Garbage]:
    return [
        Garbage(provider.name, each.kind, each.name, each.text, _unless_used(lambda each=each: provider.clear(each)))
        for each in provider.leftovers(oldest)
    ]


def _unless_used(remove: Callable[[], None]) -> Callable[[], None]:
    def tried() -> None:
        try:
            remove()
        except UserError as error:
            raise BusyError(error.message) from error

    return tried
