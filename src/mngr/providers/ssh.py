"""Provider `ssh`: any machine that ssh reaches. It needs tmux, git and a POSIX shell, and nothing of mngr's."""

from __future__ import annotations

import os
import zlib

from mngr.config import paths
from mngr.hosts.connections import FOR_EVERY_HOST, sockets, write_if_new
from mngr.model.data import is_list, is_table
from mngr.model.errors import UsageError
from mngr.model.names import check_host
from mngr.transports.host import Host
from mngr.transports.ssh import Place, SshTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

OF_HOSTS = ("user", "port", "key", "folder")  # settings of one host, or of all
OF_ONE = ("address", *OF_HOSTS)
FOLDER = "~/.mngr"


class SshProvider:
    """Has the hosts that the configuration names, and those that were used before."""

    def __init__(
        self, environ: Mapping[str, str], name: str = "ssh", settings: Mapping[str, Any] | None = None
    ) -> None:
        self.name = name
        self._environ = environ
        self._settings = dict(settings or {})
        self._user = paths.UserPaths(paths.host_dir(environ))
        _check(f"providers.{name}", self._settings, ("hosts", *OF_HOSTS))
        self._pool = _pool(name, self._settings.get("hosts"))

    def hosts(self) -> Iterable[Host]:
        """Return the hosts of the pool, and those that were used."""
        try:
            used = os.listdir(f"{self._user.ssh_hosts}/{self.name}")
        except OSError:
            used = []
        return [self.host(name) for name in sorted({*self._pool, *(name for name in used if _is_host(name))})]

    def host(self, name: str) -> Host:
        """Return the host of a name that ssh knows. Raises UsageError."""
        check_host(name, name)
        place = {**self._settings, **self._pool.get(name, {})}
        place.pop("hosts", None)
        transport = SshTransport(self._place(name, place))
        folder = _text(self.name, place, "folder") or FOLDER
        return Host(name, self.name, transport, folder, paths.prefix(self._environ))

    def keep(self, host: Host) -> None:
        """Remember that a host was used, so that it is looked at from now on."""
        folder = f"{self._user.ssh_hosts}/{self.name}"
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.close(os.open(f"{folder}/{host.name}", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def forget_host(self, host: Host) -> None:
        """Look at a host no more that was used; one that the configuration names stays."""
        if host.name in self._pool:
            raise UsageError(
                f"{host.name} is named by your settings", hint=f"see: mngr config get providers.{self.name}"
            )
        try:
            os.unlink(f"{self._user.ssh_hosts}/{self.name}/{host.name}")
        except FileNotFoundError:
            return

    def _place(self, name: str, settings: dict[str, Any]) -> Place:
        config = self._user.ssh_config
        write_if_new(config, _configuration(self._environ))
        folder = sockets(self._environ)
        key = zlib.crc32(f"{self._user.folder}:{self.name}:{name}:{sorted(settings.items())!r}".encode())
        options = {"User": _text(self.name, settings, "user"), "Port": settings.get("port")}
        options["IdentityFile"] = _text(self.name, settings, "key")
        words = [word for option, given in options.items() if given for word in ("-o", f"{option}={given}")]
        return Place(
            name=f"{name}.{self.name}",
            destination=_text(self.name, settings, "address") or name,
            options=["-F", config, *words],
            socket=f"{folder}/{key:08x}-{name[:24]}",
            client=f"{key:08x}-{self._client()}",
        )

    def _client(self) -> str:
        """Return what tells this user of this machine from all others: a random word that is kept, and the machine."""
        path = self._user.ssh_client
        try:
            with open(path, encoding="ascii") as file:
                word = file.read().strip()
        except (OSError, ValueError):
            word = ""
        if not word.isalnum():
            word = os.urandom(8).hex()
            write_if_new(path, f"{word}\n".encode())
        return f"{word}-{zlib.crc32(os.uname().nodename.encode('utf-8', 'surrogateescape')):08x}"


def _pool(name: str, given: Any) -> dict[str, dict[str, Any]]:
    """Return the settings of each host that the configuration names, in a list or in tables."""
    if given is None:
        return {}
    if is_list(given) and all(isinstance(each, str) for each in given):
        return {check_host(each, each): {} for each in given}
    if is_table(given) and all(is_table(each) for each in given.values()):
        for each, table in given.items():
            _check(f"providers.{name}.hosts.{each}", table, OF_ONE)
        return {check_host(each, each): dict(table) for each, table in given.items()}
    raise UsageError(
        f"providers.{name}.hosts must be a list of host names, or tables", hint=f"[providers.{name}.hosts.NAME]"
    )


def _check(where: str, settings: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raise UsageError for a setting that there is not, and for what can be no port."""
    for key in settings:
        if key not in known:
            raise UsageError(f"{where}.{key} is no setting", hint=f"there are: {', '.join(known)}")
    port = settings.get("port")
    if port is not None and (not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 1 << 16):
        raise UsageError(f"{where}.port must be a number from 1 to 65535", hint="such as: port = 22")


def _text(name: str, settings: dict[str, Any], key: str) -> str | None:
    given = settings.get(key)
    if given is None:
        return None
    if not isinstance(given, str) or not given or given.startswith("-") or not given.isprintable():
        raise UsageError(f"providers.{name}: {key} must be a text that ssh takes", hint="see: mngr help hosts")
    return given


def _is_host(name: str) -> bool:
    try:
        return bool(check_host(name, name))
    except UsageError:
        return False


def _configuration(environ: Mapping[str, str]) -> bytes:
    """Return what mngr wants of ssh, before what the user's own configuration says: the first that is said counts."""
    home = paths.home(environ)
    lines = [
        "# Written by mngr for its own connections; your own configuration follows and stays as it is.",
        "Host *",
        *(f"    {line}" for line in FOR_EVERY_HOST),
        f'Include "{home}/.ssh/config"',
        "Include /etc/ssh/ssh_config",
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


PLUGIN = SshProvider
