"""Keys: one of mngr's own for the user, one for each container, made here; and how ssh is told of them."""

from __future__ import annotations

import fcntl
import os

from mngr.config import atomic
from mngr.hosts.connections import FOR_EVERY_HOST
from mngr.model.value import value
from mngr.transports import run
from mngr.transports.quoting import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.providers.docker.containers import Container
    from mngr.providers.docker.engine import Engine

KEYGEN_SECONDS = 30.0
PLACE = "/etc/mngr"  # in a container: root's, and readable by whoever logs in
SSHD = f"""HostKey {PLACE}/host_key
AuthorizedKeysFile {PLACE}/authorized_keys
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
MaxSessions 1000
LogLevel ERROR
PidFile none
PrintMotd no
X11Forwarding no
Subsystem sftp internal-sftp
AcceptEnv COLORTERM LC_*
"""
# What each session has of its own, whatever the engine writes down of the container.
OF_SESSIONS = ("HOME", "HOSTNAME", "TERM", "USER", "SHELL", "PWD")


@value
class Keys:
    """A pair of keys, each as its file says it."""

    private: bytes
    public: bytes


def user_key(path: str) -> bytes:
    """Return the public half of mngr's own key, which is made if there is none; its file is the user's alone."""
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(path):
                _make_user_key(path)
        finally:
            os.close(lock)
    with open(f"{path}.pub", "rb") as file:
        return file.read()


def new_keys(folder: str, comment: str) -> Keys:
    """Make a pair of keys; nothing of it stays in the folder that is used for that."""
    draft = f"{folder}/{os.urandom(8).hex()}"
    try:
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", draft]
        run.run(argv, timeout_seconds=KEYGEN_SECONDS)
        halves = [_read(f"{draft}{end}") for end in ("", ".pub")]
    finally:
        for end in ("", ".pub"):
            if os.path.exists(f"{draft}{end}"):
                os.unlink(f"{draft}{end}")
    return Keys(*halves)


def sshd_config(environment: list[str]) -> bytes:
    """Return the configuration of a container's sshd, which gives sessions the variables of the image.

    Variables that no line of it can say (of several lines) are left out.
    """
    pairs = [pair for pair in environment if pair.partition("=")[0] not in OF_SESSIONS]
    if not any(pair.startswith("LANG=") for pair in pairs):
        pairs.append("LANG=C.UTF-8")
    words = [_quoted(pair) for pair in pairs if pair.isprintable() and pair.partition("=")[0].isidentifier()]
    return f"{SSHD}SetEnv {' '.join(words)}\n".encode("utf-8", "surrogateescape")


def ssh_config(engine: Engine, container: Container, login: str, places: tuple[str, str]) -> bytes:
    """Return the configuration with which ssh reaches a container through the engine, and nothing else.

    `places` are the folder of what is known of the container, and mngr's own key.
    """
    folder, key = places
    way = [*engine.words, *door(container)]
    lines = [
        "# Written by mngr for one container, and for that alone.",
        "Host *",
        *(f"    {line}" for line in FOR_EVERY_HOST),
        f"    HostKeyAlias {container.host_id}",
        f"    User {login}",
        f"    ProxyCommand {_literal(join(way))}",
        f'    UserKnownHostsFile "{_literal(folder)}/known_hosts"',
        "    GlobalKnownHostsFile /dev/null",
        "    StrictHostKeyChecking yes",
        "    UpdateHostKeys no",
        f'    IdentityFile "{_literal(key)}"',
        "    IdentitiesOnly yes",
        "    IdentityAgent none",
        "    PreferredAuthentications publickey",
        "    HostKeyAlgorithms ssh-ed25519",
        # The pipe is trusted already: who has the engine has the container. What withstands quantum computers costs
        # a hundred milliseconds of both.
        "    KexAlgorithms curve25519-sha256",
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def door(container: Container) -> list[str]:
    """Return the engine's command that lets one connection in."""
    return ["exec", "-i", f"--user={container.user}", container.id, "sh", f"{PLACE}/door.sh"]


def known_hosts(host_id: str, public: bytes) -> bytes:
    """Return the one line that ssh knows a container by."""
    kind, key = public.split()[:2]
    return b"%s %s %s\n" % (host_id.encode(), kind, key)


def _make_user_key(path: str) -> None:
    keys = new_keys(os.path.dirname(path), "mngr")
    atomic.write(f"{path}.pub", keys.public)
    atomic.write(path, keys.private)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _literal(text: str) -> str:
    """Return text in which ssh replaces nothing."""
    return text.replace("%", "%%")


def _quoted(pair: str) -> str:
    escaped = pair.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
