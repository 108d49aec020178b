"""The tests of this machine, run as if it were another.

With `MNGR_TEST_HOST=ssh` all that mngr does goes by ssh to an sshd here; with `docker` it goes, by the engine, into
a container in which this machine's own folders and processes are seen.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docker_engine import ADDRESS, BASE, need_engine
from program import ROOT, run
from ssh_hosts import need_namespaces, new_key
from waiting import eventually

WAY = os.environ.get("MNGR_TEST_HOST", "")
SHARED = ("/tmp", "/dev/shm", "/usr", "/etc/alternatives", "/opt", str(Path.home()), str(ROOT))
PLUGINS = Path(__file__).parent / "through"
FIRST = "tools"  # a folder in the home of a test, for programs that go before those of the host
LISTEN = "ListenAddress 127.0.0.1\nPort {port}\n"
SSHD = """HostKey {folder}/key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
MaxSessions 1000
MaxStartups 100
PermitUserEnvironment no
SetEnv {variables}
"""
BY_PORT = "    HostName 127.0.0.1\n    Port {port}\n"
BY_ENGINE = """    HostKeyAlias here
    KexAlgorithms curve25519-sha256
    ProxyCommand {docker} -H {engine} exec -i {container} /usr/sbin/sshd -i -f {folder}/sshd
"""
SSH = """Host here
{way}    IdentityFile {folder}/key
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known
    LogLevel ERROR
    BatchMode yes
"""


class Far:
    """A host whose sessions have an environment, and what makes mngr reach it in place of this machine."""

    def __init__(self, folder: Path, environment: dict[str, str], user: str = "") -> None:
        self.folder = folder
        self.user = user
        self.variables = {
            "MNGR__PROVIDERS__LOCAL__BACKEND": "through-ssh",
            "MNGR__PROVIDERS__LOCAL__CONFIG": str(folder / "config"),
            "PYTHONPATH": f"{_plugins(folder)}:{PLUGINS}:{ROOT / 'src'}",
        }
        # What a test puts into this folder goes before the host's own programs, whatever lies between.
        path = f"{environment['HOME']}/{FIRST}:{environment['PATH']}"
        self._environment = {**environment, "PATH": path}
        self._listen = ""
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def has(self, **variables: str) -> Iterator[None]:
        """Give the host's sessions these variables, for a while."""
        self._write({**self._environment, **variables})
        self._begin_anew()
        try:
            yield
        finally:
            self._write(self._environment)
            self._begin_anew()

    def hang_up(self) -> None:
        """End the connections to it."""
        for socket in (path for path in self.folder.glob("mux*") if path.is_socket()):
            run("/usr/bin/ssh", "-F", self.folder / "config", "-S", socket, "-O", "exit", "here")

    @contextmanager
    def by_port(self) -> Iterator[None]:
        """Run an sshd here."""
        port = _free_port()
        self._introduce(f"[127.0.0.1]:{port}", BY_PORT.format(port=port))
        self._listen = LISTEN.format(port=port)
        self._write(self._environment)
        Path("/run/sshd").mkdir(exist_ok=True)
        with (self.folder / "log").open("wb") as log:
            argv = ["/usr/sbin/sshd", "-D", "-e", "-f", self.folder / "sshd"]
            self._process = subprocess.Popen(argv, stderr=log, stdin=subprocess.DEVNULL)
        try:
            self._wait_for_start(1)
            yield
        finally:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def by_engine(self) -> Iterator[None]:
        """Run a container in which this machine's folders are at their places, and its processes are seen."""
        need_engine()
        docker = str(shutil.which("docker"))
        name = f"far-{uuid.uuid4().hex[:12]}"
        shared = [word for place in SHARED if os.path.isdir(place) for word in ("--volume", f"{place}:{place}")]
        words = ["run", "--detach", "--init", "--network=host", "--pid=host"]
        argv = [docker, "-H", ADDRESS, *words, "--name", name, "--label", f"mngr-test={name}", *shared, BASE]
        self._introduce("here", BY_ENGINE.format(docker=docker, engine=ADDRESS, container=name, folder=self.folder))
        self._write(self._environment)
        run(*argv, "sh", "-c", "mkdir -p /run/sshd; exec sleep 2147483647").assert_success()
        try:
            if self.user:
                self._let_in([docker, "-H", ADDRESS, "exec", name])
            yield
        finally:
            run(docker, "-H", ADDRESS, "rm", "--force", "--volumes", name)

    def _let_in(self, within: list[str]) -> None:
        """Make the user known in a container, and let them in by its own sshd: the engine is not theirs to ask."""
        id = str(pwd.getpwnam(self.user).pw_uid)
        words = ["--uid", id, "--user-group", "--password", "*", "--shell", "/bin/sh", self.user]
        run(*within, "useradd", *words).assert_success()
        port = _free_port()
        self._introduce(f"[127.0.0.1]:{port}", BY_PORT.format(port=port))
        self._listen = LISTEN.format(port=port)
        self._write(self._environment)
        log = self.folder / "log"
        log.touch()
        run(*within, "/usr/sbin/sshd", "-E", log, "-f", self.folder / "sshd").assert_success()
        self._wait_for_start(1)

    def _introduce(self, known_as: str, way: str) -> None:
        (self.folder / "known").write_text(f"{known_as} {(self.folder / 'key.pub').read_text()}")
        way += f"    User {self.user}\n" if self.user else ""
        (self.folder / "config").write_text(SSH.format(way=way, folder=self.folder))

    def _write(self, environment: dict[str, str]) -> None:
        variables = " ".join(f'"{name}={text}"' for name, text in environment.items() if name != "TERM")
        (self.folder / "sshd").write_text(self._listen + SSHD.format(folder=self.folder, variables=variables))

    def _begin_anew(self) -> None:
        """Have what was written hold from now on."""
        if self._process is not None:
            starts = (self.folder / "log").read_bytes().count(b"listening")
            self._process.send_signal(signal.SIGHUP)
            self._wait_for_start(starts + 1)
        self.hang_up()

    def _wait_for_start(self, number: int) -> None:
        log = self.folder / "log"
        eventually(lambda: log.read_bytes().count(b"listening") >= number, 20, log.read_text)


@contextmanager
def far(environment: dict[str, str], sockets: Path, user: str = "") -> Iterator[Far]:
    """Make a host whose sessions have an environment; who is to be logged in there is root, or a user's name."""
    need_namespaces()
    folder = sockets / "ssh"
    folder.mkdir()
    new_key(folder / "key")
    made = Far(folder, environment, user)
    with made.by_engine() if WAY == "docker" else made.by_port():
        for path in (folder, folder / "key") if user else ():
            shutil.chown(path, user)
        yield made
        made.hang_up()


def _free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def _plugins(folder: Path) -> Path:
    info = folder / "plugins" / "through-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: through\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mngr.providers]\nthrough-ssh = through_ssh:Provider\n")
    return folder / "plugins"
