"""All there is to implement to teach mngr something new. Built-ins meet the same protocols."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.model.conversation import Dialog, Entry, Headless, Message, Program, Verdict
    from mngr.model.host import HostWish, Leftover, Snapshot
    from mngr.model.observation import Observation, Seen


class Transport(Protocol):
    """How a command reaches a host."""

    shares_files: bool  # True where the host sees this machine's files under the same paths

    def wrap(self, argv: list[str], tty: bool = False) -> list[str]:
        """Return the local command that runs argv on the host."""
        ...

    def start(self, argv: list[str], patience_seconds: float | None = None, *, apart: bool = False) -> Any:
        """Start a command on the host, as a `transports.piped.Piped`, within so long. Raises UnreachableError.

        `apart`: it moves so much that others, which share a connection, would wait for it.
        """
        ...

    def call(self, argv: list[str], timeout_seconds: float | None = None, tty: bool = False) -> int:
        """Run a command on our own standard streams and return its exit code. Raises TimedOutError."""
        ...


class RemoteTransport(Transport, Protocol):
    """How a command reaches a host that is not this machine."""

    def greeting(self, patience_seconds: float | None = None) -> Any:
        """Return what the host says of itself (`transports.ssh.Greeting`). Raises UnreachableError."""
        ...

    def forward(self, here: int, there: int, *, end: bool = False) -> Any:
        """Lead from a port of this machine to one of the host's own, or (`end`) no longer; return a `Result`."""
        ...

    def bulk(self) -> list[str]:
        """Return the ssh command, without a host, for what is big: over a connection of its own."""
        ...


@runtime_checkable
class Provider(Protocol):
    """Where hosts come from."""

    name: str

    def hosts(self) -> Iterable[Any]:
        """Return the hosts (`transports.host.Host`) that exist now."""
        ...


class ReachesHosts(Provider, Protocol):
    """Reaches any host by its name alone, whether it was ever heard of or not."""

    def host(self, name: str) -> Any:
        """Return the host of that name, without asking it. Raises UsageError for what can be none."""
        ...

    def keep(self, host: Any) -> None:
        """Remember a host, so that it is one of `hosts` from now on."""
        ...


class CreatesHosts(Provider, Protocol):
    """Makes hosts, and takes them away."""

    def create(self, wish: HostWish, step: Callable[[str], None]) -> Any:
        """Return a new host that can be reached; `step` hears what is being done, and what builds say.

        Raises UserError: then nothing of it is left.
        """
        ...

    def destroy(self, host: Any) -> None:
        """Take a host away with all that is on it, whatever its state; one that is gone already is no error."""
        ...


class StopsHosts(Provider, Protocol):
    """Has hosts that can be stopped and started again, with all files that are on them."""

    def stop(self, host: Any) -> None:
        """Stop a host; nothing to do if it does not run."""
        ...

    def start(self, host: Any) -> Any:
        """Start a host and return it as it can be reached then; nothing to do if it runs."""
        ...


class BootsHosts(Provider, Protocol):
    """Has hosts that come back by themselves with the machine they are on, if that is wished."""

    def starts_on_boot(self, host: Any) -> bool:
        """Tell whether a host comes back by itself."""
        ...

    def start_on_boot(self, host: Any, *, wanted: bool) -> None:
        """Say whether a host is to come back by itself. Raises UserError where it cannot."""
        ...


class RenamesHosts(Provider, Protocol):
    """Can give its hosts other names."""

    def rename(self, host: Any, name: str) -> Any:
        """Give a host another name, and return it by that. Raises UserError when it is taken."""
        ...


class SnapshotsHosts(Provider, Protocol):
    """Saves whole hosts, from which new ones can start (`HostWish.snapshot`)."""

    def snapshot(self, host: Any, name: str | None) -> Snapshot:
        """Save a host."""
        ...

    def snapshots(self) -> Iterable[Snapshot]:
        """Return what was saved."""
        ...

    def forget(self, snapshot: Snapshot) -> None:
        """Remove what was saved."""
        ...


class KeepsThings(Provider, Protocol):
    """Has things besides hosts and snapshots that can be left over."""

    def leftovers(self, before: float) -> Iterable[Leftover]:
        """Return what no host needs and is older than a time; nothing that is lost with it."""
        ...

    def clear(self, leftover: Leftover) -> None:
        """Remove it. Raises UserError when something needs it by now."""
        ...


class ReadsStoppedHosts(Provider, Protocol):
    """Reads files of hosts that do not run."""

    def agent_records(self, host: Any) -> Iterable[bytes]:
        """Return the records of a stopped host's agents, a line each."""
        ...

    def archive(self, host: Any, path: str) -> bytes:
        """Return a folder or file of a stopped host as a tar archive. Raises NotFoundError."""
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


class Reading(Protocol):
    """Reads the record of one agent's conversations, part by part; remembers what was counted already."""

    def read(self, path: str, lines: bytes) -> list[Entry]:
        """Return the entries that further whole lines of one file of the record tell; what is damaged tells none."""
        ...


@runtime_checkable
class Converses(AgentType, Protocol):
    """A program that is talked to. `session` is a `hosts.session.TmuxSession`, `host` a `transports.host.Host`."""

    program: Program

    def files(self, record: AgentRecord) -> dict[str, bytes]:
        """Return the files that a start needs in the agent's folder; a pure function, and nothing secret in them."""
        ...

    def prepare(self, host: Any, record: AgentRecord, trusted: bool) -> None:
        """Make ready what is made once: the program's private settings, a conversation that is taken over."""
        ...

    def deliver(self, session: Any, message: Message) -> Verdict:
        """Give the program a message, once. Raises NotAcceptedError, BlockedError."""
        ...

    def answer(self, session: Any, choice: str | None) -> Dialog:
        """Answer the open dialog, or only say what it is. Raises UserError when there is none, or it stays."""
        ...

    def interrupt(self, session: Any) -> bool:
        """End the turn and see that it ended; tell whether there was one."""
        ...

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of its record. `conversations` are the ids that are the agent's own; the list may grow."""
        ...

    def headless(self, record: AgentRecord) -> Headless:
        """Return how the program is run without a screen."""
        ...
