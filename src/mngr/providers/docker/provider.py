"""Provider `docker`: containers as hosts, on any engine that `docker` reaches, or a command that answers like it."""

from __future__ import annotations

from mngr.config import paths
from mngr.model.errors import UnreachableError, UserError
from mngr.providers.docker import containers
from mngr.providers.docker.access import Access, access_of
from mngr.providers.docker.containers import Container
from mngr.providers.docker.engine import ASK_SECONDS, engine_of, plain
from mngr.providers.docker.shape import check_settings, shape_of
from mngr.providers.docker.transport import ContainerTransport
from mngr.transports.host import Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from mngr.model.host import HostWish
    from mngr.providers.docker.making import Maker

FOLDER = "~/.mngr"
STOP_SECONDS = 10  # what runs in a container may take so long to end
SELF_STOP = "kill -USR2 1"  # what stops a host from inside; `main.sh` has the other side


class ContainerHost(Host):
    """A container that is a host."""

    network = "open"  # what can be reached from inside, in words
    reason = ""  # why it is in its state, where there is something to say
    self_stop = SELF_STOP

    @property
    def container(self) -> Container:
        """Return the container as it was when it was last looked for."""
        transport: Any = self.transport
        return transport.container


class DockerProvider:
    """Has the containers that bear its label, whoever made them and from where."""

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

    def hosts(self) -> Iterable[ContainerHost]:
        """Return the containers that are hosts; one question to the engine."""
        found = containers.find(self._engine, self._prefix, self.name, ASK_SECONDS)
        return [self._host(each) for each in found if each.host_id]

    def create(self, wish: HostWish, step: Callable[[str], None]) -> ContainerHost:
        """Make a container that can be entered, and give it an id. Raises UserError: then nothing of it is left."""
        from mngr.providers.docker.words import check_words

        shape = shape_of(wish, self._settings)
        check_words(shape)
        maker = self._maker()
        made = maker.make(shape, wish.snapshot, step)
        finished = False
        try:
            host = self._host(made)
            step("ssh")
            self._introduce(host, saved=wish.snapshot is not None)
            finished = True
            return host
        finally:
            if not finished:
                maker.remove(made.host_id)

    def destroy(self, host: Any) -> None:
        """Take a container away with all that is in it, and the rules of its network."""
        host.transport.close()
        self._maker().remove(host.container.host_id)

    def stop(self, host: Any) -> None:
        """Stop a container, and say so in how it ends; nothing to do if it does not run."""
        now = self._now(host)
        if now.state == "paused":
            self._engine.run("unpause", now.id)
        elif now.state not in ("running", "restarting"):
            return
        host.transport.close()
        self._engine.run("kill", "--signal=HUP", now.id, check=False)
        self._engine.run("stop", f"--time={STOP_SECONDS}", now.id)
        for each in self._holders(now):
            self._engine.run("stop", each.id, check=False)

    def start(self, host: Any) -> ContainerHost:
        """Start a container again, its network's rules first; nothing to do if it runs."""
        from mngr.providers.docker import network

        now = self._now(host)
        if now.state == "paused":
            self._engine.run("unpause", now.id)
        elif now.state != "running":
            network.bring_up(self._engine, now, self._holders(now))
            self._engine.run("start", now.id)
        return self._host(self._now(host))

    def _maker(self) -> Maker:
        from mngr.providers.docker.making import Maker

        settings = self._settings
        base = plain(self.name, "base", settings["base"]) if "base" in settings else None
        folder = plain(self.name, "folder", settings.get("folder", FOLDER))
        return Maker(self._access, self._prefix, paths.host_dir(self._environ), folder, base)

    @property
    def _access(self) -> Access:
        if self._kept is None:
            self._kept = access_of(self._engine, self._environ)
        return self._kept

    def _host(self, container: Container) -> ContainerHost:
        state, why = containers.state_of(container)
        name = container.name.removeprefix(self._prefix)
        place = self._access.place(container, f"{name}.{self.name}")
        transport = ContainerTransport(place, self._access, container, state, why)
        host = ContainerHost(name, self.name, transport, container.folder, self._prefix)
        host.id, host.state, host.reason, host.network = container.host_id, state, why, container.network
        return host

    def _introduce(self, host: ContainerHost, *, saved: bool) -> None:
        words = [
            "providers/docker/introduce.sh",
            host.paths.folder,
            host.container.host_id,
            *(["saved"] if saved else []),
        ]
        missing = host.script(words).text.split()
        if missing:
            raise UserError(
                f"the image lacks {' and '.join(missing)}",
                hint="a host needs openssh-server, git and tmux; rsync too where folders are copied to it",
            )

    def _now(self, host: Any) -> Container:
        """Return a host's container as it is now. Raises UnreachableError when it has gone."""
        host_id = host.container.host_id
        for each in containers.find(self._engine, self._prefix, self.name, ASK_SECONDS, host_id):
            if each.host_id == host_id:
                return each
        self._access.forget(host_id)
        raise UnreachableError(f"the container of '{host.name}' has gone: it was removed", hint="mngr list --hosts")

    def _holders(self, container: Container) -> list[Container]:
        if not container.network.startswith("allow"):
            return []
        found = containers.find(self._engine, self._prefix, self.name, ASK_SECONDS, container.host_id)
        return [each for each in found if each.holder_of == container.host_id]
