"""SSH hosts to measure with: many sshd of this machine, on loopback, each with a host folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from measure import Series, Step, interleave
from stage import ROOT, Stage, run

SSHD = """ListenAddress 127.0.0.1
Port {port}
HostKey {keys}/key
AuthorizedKeysFile {keys}/key.pub
PidFile none
StrictModes no
UsePAM no
SetEnv "TMPDIR={folder}" "TMUX_TMPDIR={folder}" SHLVL=5
"""  # with that level bash leaves out ~/.bashrc, which may take any time
ENTRY = """Host {name}
    HostName 127.0.0.1
    Port {port}
    IdentityFile {keys}/key
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    {more}
"""


class SshHosts:
    """So many hosts, known to mngr as `h0.ssh`, `h1.ssh`... Use it as a context."""

    def __init__(self, stage: Stage, count: int, more: str = "") -> None:
        """Start them; `more` is a line of ssh's configuration for each."""
        self.stage = stage
        self.names = [f"h{number}" for number in range(count)]
        self._servers: list[subprocess.Popen[bytes]] = []
        keys = stage.folder / "keys"
        keys.mkdir()
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / "key")
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(stage.folder)
        entries = [self._start(name, keys, more) for name in self.names]
        (stage.home / ".ssh").mkdir(exist_ok=True)
        (stage.home / ".ssh/config").write_text("".join(entries))
        settings = [f'[providers.ssh.hosts.{name}]\nfolder = "{stage.folder}/{name}/mngr"\n' for name in self.names]
        stage.host_dir.mkdir(exist_ok=True)
        (stage.host_dir / "config.toml").write_text("".join(settings))

    def __enter__(self) -> SshHosts:
        return self

    def __exit__(self, *_: object) -> None:
        self.forget()
        for name in self.names:
            for tmux in (self.stage.folder / name).glob("tmux-*/*"):
                subprocess.run(["tmux", "-S", tmux, "kill-server"], check=False, capture_output=True)
        for server in self._servers:
            server.terminate()
            server.wait()
        (self.stage.host_dir / "config.toml").unlink()

    def forget(self) -> None:
        """End all shared connections."""
        for shared in (self.stage.folder / "mngr").glob("*-h*"):
            if shared.is_socket():
                subprocess.run(["ssh", "-S", shared, "-O", "exit", "x"], check=False, capture_output=True)

    def warm_call(self, number: int) -> list[str]:
        """Return a command that goes over the shared connection to a host, and asks what `list` asks."""
        name = self.names[number]
        (shared,) = [each for each in (self.stage.folder / "mngr").glob(f"*-{name}") if each.is_socket()]
        script = (ROOT / "src/mngr/observe/probe.sh").read_text()
        quoted = "'" + script.replace("'", "'\\''") + "'"
        return ["ssh", "-S", str(shared), name, f"sh -c {quoted} probe {self.stage.folder}/{name}/mngr none"]

    def _start(self, name: str, keys: Path, more: str) -> str:
        folder = self.stage.folder / name
        folder.mkdir()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        (folder / "sshd").write_text(SSHD.format(port=port, keys=keys, folder=folder))
        self._servers.append(
            subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", folder / "sshd"], stderr=subprocess.DEVNULL)
        )
        return ENTRY.format(name=name, port=port, keys=keys, more=more)


def measured(hosts: SshHosts, rounds: int) -> dict[str, Series]:
    """Measure a warm list of all hosts and an `exec` on one, beside what ssh and this machine take for the same."""
    stage = hosts.stage
    everywhere = stage.folder / "everywhere"
    lines = ["#!/bin/sh", *(f"{_quoted(hosts.warm_call(number))} &" for number in range(len(hosts.names))), "wait"]
    everywhere.write_text("\n".join(lines))
    return interleave(
        {
            "P": Step(lambda _: [stage.python, "-I", "-c", "pass"]),
            "R": Step(lambda _: hosts.warm_call(0)),
            "each": Step(lambda _: ["sh", str(everywhere)]),
            "alone": Step(lambda _: ["env", "MNGR__PROVIDERS__SSH__ENABLED=false", stage.mngr, "list"]),
            "list": Step(lambda _: [stage.mngr, "list"]),
            "here": Step(lambda _: [stage.mngr, "exec", "here@local", "true"]),
            "there": Step(lambda _: [stage.mngr, "exec", "there@h0.ssh", "true"]),
        },
        rounds,
    )


def measured_cold(hosts: SshHosts, rounds: int) -> dict[str, Series]:
    """Measure a list that has to connect to all hosts first, beside an ssh to each of them, all at once."""
    stage = hosts.stage
    cold = stage.folder / "cold"
    config = ["ssh", "-F", str(stage.home / ".ssh/config"), "-o", "LogLevel=ERROR"]
    cold.write_text(
        "\n".join(["#!/bin/sh", *(f"{_quoted([*config, name, 'true'])} &" for name in hosts.names), "wait"])
    )
    return interleave(
        {
            "each": Step(lambda _: ["sh", str(cold)]),
            "list": Step(lambda _: [stage.mngr, "list"], before=lambda _: hosts.forget()),
        },
        rounds,
    )


def _quoted(argv: list[str]) -> str:
    return " ".join("'" + word.replace("'", "'\\''") + "'" for word in argv)
