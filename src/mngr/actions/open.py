"""Leads to a port of an agent's host: straight where that is this machine, else over the host's connection."""

from __future__ import annotations

import socket

from mngr.hosts.records import PORTS
from mngr.model.errors import NotFoundError, UnreachableError, UsageError, UserError
from mngr.model.names import nearest, shown
from mngr.model.value import replace, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.fleet.report import Agent
    from mngr.transports.piped import Piped

TRIES = 5
LEAST, MOST = 1, 65535
ORDINARY = 1024  # ports below are root's


@value
class Door:
    """What is to be opened: a port of the host, and what follows it in the URL."""

    port: int
    path: str = "/"
    is_served: bool | None = None  # whether somebody listens there now; None: it cannot be told


def find_door(agent: Agent, wanted: str | None) -> Door:
    """Return the port that is meant: by number, by the name that the agent gave it, or the one it serves on.

    Raises UsageError, NotFoundError.
    """
    number = _checked(wanted) if wanted is not None and wanted.isascii() and wanted.isdecimal() else None
    host, record = agent.host, agent.record
    lines = host.script(["hosts/ports.sh", host.paths.folder, record.id]).text.splitlines()
    words = [line.split(" ") for line in lines]
    door = Door(number) if number is not None else _meant(agent, wanted, words)
    return replace(door, is_served=["listening", str(door.port)] in words if ["looked"] in words else None)


def _meant(agent: Agent, wanted: str | None, words: list[list[str]]) -> Door:
    """Return the port that the agent gave a name to, or the one that it serves on."""
    record = agent.record
    named = {line[1]: line[2] for line in words if line[0] == "named" and len(line) == 3}
    if wanted is not None:
        if wanted in named:
            return _door(named[wanted])
        raise _no_name(agent, wanted, list(named))
    if named:
        return _door(next(iter(named.values())))
    first = record.options.get("ports")
    own = range(first, first + PORTS) if type(first) is int else range(0)
    listening = sorted({int(line[1]) for line in words if line[0] == "listening" and line[1].isdecimal()})
    for port in listening:
        if port in own:
            return Door(port)
    where = f"on its ports, {own[0]} to {own[-1]}" if own else "on ports of its own"
    raise NotFoundError(
        f"nothing of '{record.name}' listens {where}", hint=f"name a port: mngr open {record.name} 8000"
    )


def _door(text: str) -> Door:
    port, slash, path = text.partition("/")
    return Door(_checked(port), slash + path if slash else "/")


def _checked(text: str) -> int:
    port = int(text)
    if not LEAST <= port <= MOST:
        raise UsageError(f"{shown(text, 20)} is no port", hint=f"a number from {LEAST} to {MOST}")
    return port


def _no_name(agent: Agent, wanted: str, named: list[str]) -> NotFoundError:
    close = nearest(wanted, named)
    if close:
        hint = f"did you mean {' or '.join(close)}?"
    elif named:
        hint = f"there are: {', '.join(named)}"
    else:
        hint = 'an agent names one so: echo "web 8000" >>"$MNGR_AGENT_STATE_DIR/ports"'
    return NotFoundError(f"'{agent.record.name}' calls no port {shown(wanted)}", hint=hint)


class Way:
    """A way from this machine to a port of an agent's host, for as long as the block runs. Entered, it is our port."""

    def __init__(self, agent: Agent, door: Door) -> None:
        self._host = agent.host
        self._door = door
        self._here = 0
        self._held: Piped | None = None
        self.is_forwarded = not agent.host.transport.shares_files

    def __enter__(self) -> int:
        if not self.is_forwarded:
            return self._door.port
        self._held = self._host.spawn(["cat"])  # the connection is kept, and says when it is lost
        try:
            self._here = self._forward()
        except BaseException:
            self.__exit__()
            raise
        return self._here

    def wait(self) -> None:
        """Wait until the connection is lost, and raise UnreachableError then."""
        if self._held is not None:
            self._held.wait()
            raise UnreachableError(f"the connection to {self._host.address} was lost", hint="open it again")

    def __exit__(self, *_: object) -> None:
        remote: Any = self._host.transport
        try:
            if self._here:
                remote.forward(self._here, self._door.port, end=True)
        finally:
            if self._held is not None:
                self._held.close()
                self._held.kill()

    def _forward(self) -> int:
        remote: Any = self._host.transport
        said = ""
        for attempt in range(TRIES):
            here = _free_port(self._door.port if attempt == 0 else 0)
            result = remote.forward(here, self._door.port)
            if result.code == 0:
                return here
            said = result.complaint
        raise UserError(f"no port of {self._host.address} can be forwarded: {said}", hint="is AllowTcpForwarding on?")


def _free_port(wanted: int) -> int:
    """Return a port of this machine at which nobody listens: the wanted one, if it can be."""
    for port in (wanted, 0) if wanted >= ORDINARY else (0,):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise UserError("there is no free port on this machine")
