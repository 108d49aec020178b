"""The tests of this machine, run as if it were another: with `MNGR_TEST_HOST=ssh` all that mngr does goes by ssh."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from program import ROOT, run
from ssh_hosts import need_namespaces, new_key
from waiting import eventually

WAY = os.environ.get("MNGR_TEST_HOST", "")
PLUGINS = Path(__file__).parent / "through"
SSHD = """ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
MaxSessions 1000
MaxStartups 100
PermitUserEnvironment no
SetEnv {variables}
"""
SSH = """Host here
    HostName 127.0.0.1
    Port {port}
    IdentityFile {folder}/key
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known
    LogLevel ERROR
    BatchMode yes
"""


@contextmanager
def far(environment: dict[str, str], sockets: Path) -> Iterator[dict[str, str]]:
    """Run an sshd whose sessions have an environment, and give what makes mngr reach this machine by it."""
    need_namespaces()
    folder = sockets / "ssh"
    folder.mkdir()
    new_key(folder / "key")
    port = _free_port()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'key.pub').read_text()}")
    variables = " ".join(f'"{name}={text}"' for name, text in environment.items() if name != "TERM")
    (folder / "sshd").write_text(SSHD.format(port=port, folder=folder, variables=variables))
    (folder / "config").write_text(SSH.format(port=port, folder=folder))
    Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        sshd = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd"], stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        eventually(lambda: b"listening" in (folder / "log").read_bytes(), 20, lambda: (folder / "log").read_text())
        yield {
            "MNGR__PROVIDERS__LOCAL__BACKEND": "through-ssh",
            "MNGR__PROVIDERS__LOCAL__CONFIG": str(folder / "config"),
            "PYTHONPATH": f"{_plugins(folder)}:{PLUGINS}:{ROOT / 'src'}",
        }
        run("/usr/bin/ssh", "-F", folder / "config", "-S", folder / "mux", "-O", "exit", "here")
    finally:
        sshd.kill()
        sshd.wait()


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
