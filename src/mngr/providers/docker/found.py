"""The containers that are hosts, as mngr knows them here: found by their labels, entered by their keys."""

from __future__ import annotations

import time
import zlib

from mngr.config import paths
from mngr.model.errors import TimedOutError, UnreachableError
from mngr.model.host import UNREACHABLE
from mngr.providers.docker import containers
from mngr.providers.docker.access import Access, access_of
from mngr.providers.docker.containers import Container
from mngr.providers.docker.engine import ASK_SECONDS, QUICK_SECONDS, engine_of
from mngr.providers.docker.shape import check_settings
from mngr.providers.docker.transport import ContainerTransport
from mngr.transports.host import Host
from mngr.transports.socket_files import SocketFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

SELF_STOP = "kill -s USR2 1"  # what stops a host from inside; `main.sh` has the other side


class ContainerHost(Host):
    """A container that is a host."""

    network = "open"  # what can be reached from inside, in words
    self_stop = SELF_STOP

    @property
    def container(self) -> Container:
        """Return the container as it was when it was last looked for."""
        transport: Any = self.transport
        return transport.container


class ContainerHosts:
    """Finds the containers that bear a provider's labels, whoever made them and from where."""

    def __init__(
        self, environ: Mapping[str, str], name: str = "docker", settings: Mapping[str, Any] | None = None
    ) -> None:
        self.name = name
        self._environ = environ
        self._settings = dict(settings or {})
        check_settings(name, self._settings)
        self._prefix = paths.prefix(environ)
        self._engine = engine_of(name, self._settings)
        self._kept: Access | None = None
        self._found: dict[str, Container] = {}  # by id, holders included
        self._found_at = 0.0
        self._ends: dict[str, str] = {}  # when containers ended, as far as that was asked

    def hosts(self) -> Iterable[ContainerHost]:
        """Return the containers that are hosts: one question to the engine.

        Where it does not answer, those that are known here are returned as not reachable. Raises UnreachableError
        when there is none.
        """
        known = self._access.known()  # before the question: what is made meanwhile is not taken for gone
        try:
            self._ends = {}
            found = self._ask()
        except UnreachableError as error:
            mine = [each for each in map(self._access.recall, known) if each is not None]
            if not mine:
                raise
            return [self._host(each, error) for each in mine]
        self._found, self._found_at = {each.id: each for each in found}, time.time()
        hosts = [each for each in found if each.host_id]
        for host_id in {*known} - {each.host_id for each in hosts}:
            if self._access.recall(host_id) is not None:
                self._access.forget(host_id)
        return [self._host(each) for each in hosts]

    def _ask(self) -> list[Container]:
        """Return all containers that the engine knows. One that kept silent a moment ago gets little time."""
        self._engine.expect_listener(self._environ)
        access = self._access
        mark = zlib.crc32(access.where.encode("utf-8", "surrogateescape"))
        files = SocketFiles(f"{access.sockets}/{mark:08x}-engine")
        seconds = ASK_SECONDS if files.silence() is None else QUICK_SECONDS
        try:
            found = containers.find(self._engine, self._prefix, self.name, seconds)
        except UnreachableError as error:
            if isinstance(error.__cause__, TimedOutError):
                files.keep_silence(error)
            raise
        files.end_silence()
        return found

    @property
    def _access(self) -> Access:
        if self._kept is None:
            self._kept = access_of(self._engine, self._environ, self._prefix)
        return self._kept

    def _host(self, container: Container, problem: UnreachableError | None = None) -> ContainerHost:
        state, why = containers.state_of(container) if problem is None else (UNREACHABLE, problem.message)
        name = container.name.removeprefix(self._prefix)
        place = self._access.place(container, f"{name}.{self.name}")
        transport = ContainerTransport(place, self._access, container, (state, why), problem)
        host = ContainerHost(name, self.name, transport, container.folder, self._prefix)
        host.id, host.state, host.reason, host.network = container.host_id, state, why, container.network
        return host

    def _now(self, host: Any) -> tuple[Container, list[Container]]:
        """Return a host's container and its rules' holder, as they are now. Raises UnreachableError if it has gone."""
        host_id = host.container.host_id
        found = containers.find(self._engine, self._prefix, self.name, ASK_SECONDS, host_id)
        for each in found:
            if each.host_id == host_id:
                return each, [other for other in found if other.holder_of == host_id]
        self._access.forget(host_id)
        raise UnreachableError(f"the container of '{host.name}' has gone: it was removed", hint="mngr list --hosts")
