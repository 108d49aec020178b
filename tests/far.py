"""The tests of this machine, run as if it were another.

With `MNGR_TEST_HOST=ssh` all that mngr does goes by ssh to an sshd here; with `docker` it goes, by the engine, into
a container in which this machine's own folders and processes are seen.
"""

from __future__ import annotations

import os
import shutil
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
SHARED = ("/tmp", "/usr", "/opt", str(Path.home()), str(ROOT))
PLUGINS = Path(__file__).parent / "through"
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


@contextmanager
def far(environment: dict[str, str], sockets: Path) -> Iterator[dict[str, str]]:
    """Make a host whose sessions have an environment, and give what makes mngr reach it in place of this machine."""
    need_namespaces()
    folder = sockets / "ssh"
    folder.mkdir()
    new_key(folder / "key")
    variables = " ".join(f'"{name}={text}"' for name, text in environment.items() if name != "TERM")
    sshd = SSHD.format(folder=folder, variables=variables)
    with _by_engine(folder, sshd) if WAY == "docker" else _by_port(folder, sshd):
        yield {
            "MNGR__PROVIDERS__LOCAL__BACKEND": "through-ssh",
            "MNGR__PROVIDERS__LOCAL__CONFIG": str(folder / "config"),
            "PYTHONPATH": f"{_plugins(folder)}:{PLUGINS}:{ROOT / 'src'}",
        }
        run("/usr/bin/ssh", "-F", folder / "config", "-S", folder / "mux", "-O", "exit", "here")


@contextmanager
def _by_port(folder: Path, sshd: str) -> Iterator[None]:
    """Run an sshd here."""
    port = _free_port()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'key.pub').read_text()}")
    (folder / "sshd").write_text(LISTEN.format(port=port) + sshd)
    (folder / "config").write_text(SSH.format(way=BY_PORT.format(port=port), folder=folder))
    Path("/run/sshd").mkdir(exist_ok=True)
    argv = ["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stderr=log, stdin=subprocess.DEVNULL)
    try:
        eventually(lambda: b"listening" in (folder / "log").read_bytes(), 20, lambda: (folder / "log").read_text())
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def _by_engine(folder: Path, sshd: str) -> Iterator[None]:
    """Run a container in which this machine's folders are at their places, and its processes are seen."""
    need_engine()
    docker = str(shutil.which("docker"))
    name = f"far-{uuid.uuid4().hex[:12]}"
    shared = [word for place in SHARED if os.path.isdir(place) for word in ("--volume", f"{place}:{place}")]
    words = ["run", "--detach", "--init", "--network=host", "--pid=host"]
    argv = [docker, "-H", ADDRESS, *words, "--name", name, "--label", f"mngr-test={name}", *shared, BASE]
    (folder / "known").write_text(f"here {(folder / 'key.pub').read_text()}")
    (folder / "sshd").write_text(sshd)
    way = BY_ENGINE.format(docker=docker, engine=ADDRESS, container=name, folder=folder)
    (folder / "config").write_text(SSH.format(way=way, folder=folder))
    run(*argv, "sh", "-c", "mkdir -p /run/sshd; exec sleep 2147483647").assert_success()
    try:
        yield
    finally:
        run(docker, "-H", ADDRESS, "rm", "--force", "--volumes", name)


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
