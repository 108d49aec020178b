"""All there is to implement to teach mngr something new. Built-ins meet the same protocols."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.model.observation import Observation, Seen


class Transport(Protocol):
    """How a command reaches a host."""

    shares_files: bool  # True where the host sees this machine's files under the same paths

    def wrap(self, argv: list[str], tty: bool = False) -> list[str]:
        """Return the local command that runs argv on the host."""
        ...


@runtime_checkable
class Provider(Protocol):
    """Where hosts come from."""

    name: str

    def hosts(self) -> Iterable[Any]:
        """Return the hosts (`transports.host.Host`) that exist now."""
        ...


@runtime_checkable
class AgentType(Protocol):
    """How a program is started and read."""

    name: str

    def launch(self, record: AgentRecord) -> list[str]:
        """Return the command that starts the program, or carries its conversation on."""
        ...

    def state(self, seen: Observation) -> Seen:
        """Derive a state from what was seen; a pure function."""
        ...
