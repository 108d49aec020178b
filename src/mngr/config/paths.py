"""Every path, here and on hosts. On hosts they are absolute, POSIX, and below the host's own folder."""

from __future__ import annotations

import os
import pwd
import zlib

from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PREFIX = "mngr-"
SHORT = 40


def host_dir(environ: Mapping[str, str] | None = None) -> str:
    """Return this machine's host folder: `$MNGR_HOST_DIR`, else `~/.mngr`."""
    env = os.environ if environ is None else environ
    given = env.get("MNGR_HOST_DIR") or "~/.mngr"
    if given == "~" or given.startswith("~/"):
        given = home(env) + given[1:]
    return os.path.abspath(os.path.expanduser(given))


def home(environ: Mapping[str, str]) -> str:
    """Return the user's home: `$HOME`, else what the user database says."""
    try:
        return environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"


def shortened(path: str, environ: Mapping[str, str] | None = None) -> str:
    """Return a path fit for a message: `~` for the home, control characters visible."""
    folder = home(os.environ if environ is None else environ).rstrip("/")
    text = f"~{path[len(folder) :]}" if folder and path.startswith(f"{folder}/") else path
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[:4096])


def prefix(environ: Mapping[str, str] | None = None) -> str:
    """Return what marks mngr's sessions: `$MNGR_PREFIX`, else `mngr-`."""
    env = os.environ if environ is None else environ
    return env.get("MNGR_PREFIX") or DEFAULT_PREFIX


def tmux_socket(folder: str, prefix: str, account_home: str | None = None) -> str:
    """Return the name (`tmux -L`) of mngr's own tmux server for a host folder: one server a folder and prefix.

    Only the folder in the home that the host's user database names (`account_home`; None: on this machine) gets the
    plain name, so that a second HOME of the same user has a server of its own.
    """
    name = prefix.rstrip("-_") or "mngr"
    account_home = pwd.getpwuid(os.getuid()).pw_dir if account_home is None else account_home
    if prefix == DEFAULT_PREFIX and folder == f"{account_home}/.mngr":
        return name
    return f"{name}-{zlib.crc32(f'{folder}:{prefix}'.encode('utf-8', 'surrogateescape')):08x}"


def runtime(environ: Mapping[str, str]) -> str:
    """Return the folder of this machine's sockets: short, for a socket's path has at most about 100 letters."""
    given = environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/") and len(given) <= SHORT and os.path.isdir(given):
        return f"{given.rstrip('/')}/mngr"
    return f"/tmp/mngr-{os.getuid()}"  # noqa: S108 - whose it is gets checked


@value
class HostPaths:
    """Where things are on a host."""

    folder: str

    @property
    def agents(self) -> str:
        """Return the folder of agents, one folder each, named by id."""
        return f"{self.folder}/agents"

    @property
    def names(self) -> str:
        """Return the folder of taken names: a file each, holding the id."""
        return f"{self.folder}/names"

    @property
    def worktrees(self) -> str:
        """Return the folder where workspaces are made."""
        return f"{self.folder}/worktrees"

    @property
    def destroyed(self) -> str:
        """Return the folder of what was destroyed and can be restored."""
        return f"{self.folder}/destroyed"

    def agent(self, agent_id: str) -> str:
        """Return an agent's state folder."""
        return f"{self.agents}/{agent_id}"

    def record(self, agent_id: str) -> str:
        """Return the file of an agent's record."""
        return f"{self.agents}/{agent_id}/record.json"

    def name(self, name: str) -> str:
        """Return the file that says which agent has a name."""
        return f"{self.names}/{name}"


@value
class UserPaths:
    """Where things are on the user's own machine."""

    folder: str

    @property
    def config(self) -> str:
        """Return the user's configuration file."""
        return f"{self.folder}/config.toml"

    @property
    def trusted(self) -> str:
        """Return the list of repositories whose configuration may run commands."""
        return f"{self.folder}/trusted.json"

    @property
    def logs(self) -> str:
        """Return the folder of run logs, a file a day."""
        return f"{self.folder}/logs"

    @property
    def ssh_config(self) -> str:
        """Return the configuration that mngr gives to ssh."""
        return f"{self.folder}/ssh/config"

    @property
    def ssh_hosts(self) -> str:
        """Return the list of hosts that were used by ssh: an empty file each."""
        return f"{self.folder}/ssh/hosts"

    @property
    def ssh_key(self) -> str:
        """Return mngr's own key, for hosts that mngr makes."""
        return f"{self.folder}/ssh/id_ed25519"

    @property
    def containers(self) -> str:
        """Return the folder of what is kept of containers: a folder for each provider, and in it one for each host."""
        return f"{self.folder}/containers"

    @property
    def ssh_client(self) -> str:
        """Return the file with the word that this user is known by on hosts."""
        return f"{self.folder}/ssh/client"

    @property
    def cache(self) -> str:
        """Return the folder of what can be deleted at any time."""
        return f"{self.folder}/cache"
