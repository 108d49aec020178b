"""Change while a host lives when it stops itself, and whether it comes back with its machine."""

from __future__ import annotations

from mngr.actions import idle
from mngr.actions.idle import Idleness
from mngr.model.errors import UnreachableError, UsageError
from mngr.model.host import OFF
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.transports.host import Host


@value
class Limits:
    """What is wished of a host; what is None stays as it is."""

    idle_mode: str | None = None
    idle_timeout_seconds: float | None = None
    start_on_boot: bool | None = None

    @property
    def of_idleness(self) -> bool:
        """Tell whether something of how it is watched is wished."""
        return self.idle_mode is not None or self.idle_timeout_seconds is not None


@value
class Limited:
    """How a host is limited by now. `start_on_boot` is None where its provider has no say in that."""

    idleness: Idleness
    start_on_boot: bool | None


def limit(fleet: Fleet, host: Host, wished: Limits) -> Limited:
    """Change what is wished, and return how it is then. Raises UsageError, UnreachableError."""
    provider: Any = fleet.places.provider(host.provider)
    boots = hasattr(provider, "start_on_boot")
    if wished.start_on_boot is not None and not boots:
        raise UsageError(f"provider {host.provider} starts no hosts by itself: {host.address}")
    if wished.of_idleness and host.self_stop is None:
        raise UsageError(
            f"{host.address} cannot stop itself: provider {host.provider} has no way to",
            hint="hosts that mngr made can, such as those of NAME@.docker",
        )
    if wished.of_idleness and host.state in OFF:
        raise UnreachableError(
            f"{host.address} is {host.state}: how it is watched changes while it runs",
            hint=f"mngr start @{host.address}",
        )
    if wished.start_on_boot is not None:
        provider.start_on_boot(host, wanted=wished.start_on_boot)
    if wished.of_idleness:
        seen = Idleness(watch=idle.change(host, wished.idle_mode, wished.idle_timeout_seconds))
    else:
        seen = idle.of(fleet, host)
    return Limited(seen, provider.starts_on_boot(host) if boots else None)
