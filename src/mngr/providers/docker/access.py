"""The way into a container: what is kept here of each, and what is put into it."""

from __future__ import annotations

import os
import zlib

from mngr.config import atomic
from mngr.config.paths import UserPaths, host_dir
from mngr.hosts.connections import sockets, write_if_new
from mngr.model.names import is_id
from mngr.model.value import value
from mngr.providers.docker import inside, keys
from mngr.providers.docker.containers import Container
from mngr.transports.host import PACKAGE
from mngr.transports.ssh import Greeting, Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mngr.providers.docker.engine import Engine

SCRIPTS = ("main.sh", "door.sh")


@value
class Access:
    """What is kept here for one provider: `folder` has a folder for each container, named by its host's id."""

    engine: Engine
    folder: str
    key: str
    sockets: str
    prefix: str
    where: str  # which engine that is, as far as it can be told from here

    def of(self, host_id: str) -> str:
        """Return the folder of a host."""
        return f"{self.folder}/{host_id}"

    def place(self, container: Container, name: str) -> Place:
        """Return where ssh finds a container; what ssh reads of it is written when it is new."""
        folder = self.of(container.host_id)
        config = keys.ssh_config(self.engine, container, self._login(container), (folder, self.key))
        write_if_new(f"{folder}/config", config)
        known = (self.where, self.prefix, container.id, container.name, container.network, container.user)
        write_if_new(f"{folder}/known", "\n".join((*known, container.folder, "")).encode("utf-8", "surrogateescape"))
        mark = zlib.crc32(f"{folder}:{container.id}".encode("utf-8", "surrogateescape"))
        return Place(name, container.name, ["-F", f"{folder}/config"], f"{self.sockets}/{mark:08x}-{container.id[:12]}")

    def known(self) -> list[str]:
        """Return the ids of the hosts of which something is kept here."""
        return [name for name in _listed(self.folder) if is_id(name, "host")]

    def recall(self, host_id: str) -> Container | None:
        """Return a container as it was last seen, if it was one of this engine and this prefix."""
        try:
            with open(f"{self.of(host_id)}/known", encoding="utf-8", errors="surrogateescape") as file:
                lines = file.read().split("\n")
        except OSError:
            return None
        if len(lines) != 8 or lines[:2] != [self.where, self.prefix]:
            return None
        _, _, id, name, network, user, folder, _ = lines
        return Container(id, name, "", "", "", host_id, network, user, folder)

    def _login(self, container: Container) -> str:
        """Return the name of a container's user, whom an image may know by number."""
        if not container.user.isdecimal():
            return container.user
        path = f"{self.of(container.host_id)}/login"
        if not os.path.exists(path):
            write_if_new(path, inside.account(self.engine, container, container.user).name.encode())
        with open(path, encoding="utf-8") as file:
            return file.read()

    def admit(self, container: Container, account: inside.Account, environment: list[str], *, on_boot: bool) -> None:
        """Put new keys into a container that never ran, and all that its first start needs. Raises UserError."""
        folder = self.of(container.host_id)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        host_keys = keys.new_keys(folder, container.host_id)
        files = {
            "host_key": host_keys.private,
            "host_key.pub": host_keys.public,
            "authorized_keys": keys.user_key(self.key),
            "sshd_config": keys.sshd_config(environment),
            inside.BOOT: b"yes\n" if on_boot else b"no\n",
            "host": f"{_below(account.home, container.folder)}\n{container.host_id}\n".encode(),
            **{script: _script(script) for script in SCRIPTS},
        }
        inside.put(self.engine, container, files, account)
        atomic.write(f"{folder}/known_hosts", keys.known_hosts(container.host_id, host_keys.public))
        self.remember(container.host_id, Greeting(account.home, account.home, "Linux"))

    def ensure(self, container: Container) -> None:
        """See that this machine knows a container, and is known there, should another one have made it."""
        if os.path.exists(f"{self.of(container.host_id)}/known_hosts"):
            return
        public = inside.take(self.engine, container, f"{keys.PLACE}/host_key.pub")
        known = inside.take(self.engine, container, f"{keys.PLACE}/authorized_keys")
        own = keys.user_key(self.key)
        if own not in known:
            inside.put(self.engine, container, {"authorized_keys": known + own})
        atomic.write(
            f"{self.of(container.host_id)}/known_hosts", keys.known_hosts(container.host_id, public), lasting=False
        )

    def forget(self, host_id: str) -> None:
        """Remove what is kept of a host."""
        folder = self.of(host_id)
        for name in _listed(folder):
            os.unlink(f"{folder}/{name}")
        if os.path.isdir(folder):
            os.rmdir(folder)

    def greeting(self, container: Container) -> Greeting:
        """Return what a host says of itself, without asking it: it may not run. Raises UserError."""
        try:
            with open(f"{self.of(container.host_id)}/greeting", encoding="utf-8", errors="surrogateescape") as file:
                lines = file.read().splitlines()
        except OSError:
            lines = []
        if len(lines) == 3:
            return Greeting(*lines)
        home = inside.account(self.engine, container, container.user).home
        greeting = Greeting(home, home, "Linux")
        self.remember(container.host_id, greeting)
        return greeting

    def remember(self, host_id: str, greeting: Greeting) -> None:
        """Write down what a host says of itself."""
        text = f"{greeting.home}\n{greeting.account_home}\n{greeting.system}\n"
        os.makedirs(self.of(host_id), mode=0o700, exist_ok=True)
        atomic.write(f"{self.of(host_id)}/greeting", text.encode("utf-8", "surrogateescape"), lasting=False)


def access_of(engine: Engine, environ: Mapping[str, str], prefix: str) -> Access:
    """Return what is kept on this machine for a provider of containers."""
    user = UserPaths(host_dir(environ))
    told = [" ".join(engine.words), *(environ.get(name, "") for name in ("DOCKER_HOST", "DOCKER_CONTEXT"))]
    where = " ".join(told).replace("\n", " ")
    return Access(engine, f"{user.containers}/{engine.provider}", user.ssh_key, sockets(environ), prefix, where)


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _below(home: str, folder: str) -> str:
    return home.rstrip("/") + folder[1:] if folder == "~" or folder.startswith("~/") else folder


def _script(name: str) -> bytes:
    with open(f"{PACKAGE}/providers/docker/{name}", "rb") as file:
        return file.read()
