"""One change at a time: locks that live on the host, and go when their holder goes."""

from __future__ import annotations

from mngr.model.errors import CommandError, NotFoundError, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from mngr.model.result import Result
    from mngr.transports.host import Host

WAIT_SECONDS = 20
HELD_BY_OTHERS, AGENT_GONE, HOST_STOPS = 75, 76, 77
REFUSED = (HELD_BY_OTHERS, AGENT_GONE, HOST_STOPS)


def locked_script(host: Host, agent_id: str, script: list[str], input: bytes = b"", check: bool = True) -> Result:
    """Run one of mngr's scripts under an agent's lock, in one round trip.

    Raises UserError when somebody else holds the lock too long, NotFoundError when the agent has gone.
    """
    lock = host.script_command(["hosts/lock.sh", f"{host.paths.agent(agent_id)}/lock", str(WAIT_SECONDS)])
    result = host.run([*lock, *host.script_command(script)], input, check=False)
    if result.code in REFUSED:
        raise refusal(result.code)
    if check and result.code != 0:
        raise CommandError(result.complaint or f"{script[0]} failed", result)
    return result


class HeldFile:
    """Holds the lock of a file of a host for as long as the block runs."""

    may_be_lost = False  # what becomes of it at the end is of no interest

    def __init__(self, host: Host, path: str, wait_seconds: int = WAIT_SECONDS) -> None:
        self._process = host.spawn(host.script_command(["hosts/lock.sh", path, str(wait_seconds)]))

    def __enter__(self) -> Self:
        if self._process.read_line(WAIT_SECONDS + 10) != b"held\n":
            code = self._process.wait(5)
            self._process.close()
            raise refusal(code)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._process.close()
            self._process.wait(5)
        except UserError:
            if not self.may_be_lost:
                raise


class Locked(HeldFile):
    """Holds an agent's lock, or one of its further locks, for as long as the block runs."""

    def __init__(self, host: Host, agent_id: str, wait_seconds: int = WAIT_SECONDS, name: str = "lock") -> None:
        super().__init__(host, f"{host.paths.agent(agent_id)}/{name}", wait_seconds)


class KeptUp:
    """Keeps a host from stopping itself for as long as the block runs; with its holder, that ends.

    Whoever else keeps it up just now is relied upon: nobody waits.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._held: HeldFile | None = None

    def __enter__(self) -> KeptUp:
        if self._host.self_stop is None:
            return self
        held = HeldFile(self._host, f"{self._host.paths.folder}/host.lock", 0)
        held.may_be_lost = True
        try:
            self._held = held.__enter__()
        except BusyError:
            pass
        return self

    def __exit__(self, *_: object) -> None:
        if self._held is not None:
            self._held.__exit__()


class BusyError(UserError):
    """Somebody else holds the lock."""


def refusal(code: int) -> UserError:
    """Return the error that says why a lock was not had."""
    if code == AGENT_GONE:
        return NotFoundError("the agent has gone: another mngr destroyed it", hint="mngr list")
    if code == HELD_BY_OTHERS:
        return BusyError(
            f"another mngr has been changing this agent for {WAIT_SECONDS} s", hint="wait for it, or see: mngr events"
        )
    if code == HOST_STOPS:
        return UserError("the host stops itself just now, because it was idle", hint="try again once it has stopped")
    return UserError(f"the agent could not be locked (exit {code})", hint="is its host's disk full or read-only?")
