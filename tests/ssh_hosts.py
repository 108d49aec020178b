"""Hosts of a test's own that are reached by SSH: namespaces of this machine with folders and an sshd of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from link import Link
from program import ROOT, Outcome, run
from waiting import eventually

PLACES = ("root", "run", "tmp", "var/log", "var/tmp")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CONFIG = """HostKey /etc/ssh/host_key
PermitRootLogin prohibit-password
KbdInteractiveAuthentication no
PasswordAuthentication no
LogLevel VERBOSE
UseDNS no
PidFile none
Subsystem sftp /usr/lib/openssh/sftp-server
SetEnv PATH={path}
"""
ENTRY = """Host {name}
    HostName {address}
    User root
    IdentityFile {home}/.ssh/id_ed25519
    UserKnownHostsFile {home}/.ssh/known_hosts
"""
NEAR, FAR = "10.214.0.1", "10.214.0.2"  # the ends of a cable between two hosts, which nobody else sees
BEHIND = f"HostName {FAR}\n    ProxyJump {{name}}\n"


@dataclass(frozen=True)
class Options:
    """What a host can have of its own."""

    shell: str = "/bin/bash"  # the login shell
    sshd: tuple[str, ...] = ()  # lines of its configuration, such as "MaxSessions 1"
    without: tuple[str, ...] = ()  # commands that it lacks, such as "tmux"
    shared: tuple[str, ...] = ()  # folders of this machine that it can read too, at the same place
    path: tuple[str, ...] = ()  # what stands first in its PATH


class SshHost(Link):
    """A host. `Host NAME` in the `.ssh/config` of the test's home leads to it, and `run` does."""

    def __init__(self, name: str, home: Path, folder: Path, options: Options) -> None:
        super().__init__()
        self.name = name
        self.client = home / ".ssh"
        self.folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        for place in (*PLACES, "etc/ssh"):
            (folder / place).mkdir(parents=True)
        self._furnish()
        self._introduce(home)

    @property
    def home(self) -> Path:
        """Return the folder of this machine that is `/root` there."""
        return self.folder / "root"

    def run(self, *words: str, input: bytes = b"", timeout: float = 30.0) -> Outcome:
        """Run `ssh HOST WORDS`; options of ssh may stand before a `--`."""
        options, command = (
            (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else ((), words)
        )
        ssh = ["ssh", "-F", str(self.client / "config"), "-o", "BatchMode=yes", *options, self.name]
        return run(*ssh, *command, input=input, timeout=timeout)

    def inside(self, *argv: str) -> Outcome:
        """Run a program there, whatever ails the link or sshd."""
        return run("nsenter", f"--target={self._first()}", "--mount", "--uts", "--net", "--pid", "--", *argv)

    def start(self) -> SshHost:
        """Start it; `wait_until_up` says when it can be reached."""
        (self.folder / "boot_id").write_text(f"{uuid.uuid4()}\n")
        for place in ("run", "tmp"):
            shutil.rmtree(self.folder / place)
            (self.folder / place).mkdir()
        (self.folder / "tmp").chmod(0o1777)
        new = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child"]
        script = ["sh", str(ROOT / "tests" / "host.sh"), str(self.folder), self.name, *self._options.shared]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self.entering, *new, *script],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={"PATH": PATH},
                start_new_session=True,
            )
        return self

    def wait_until_up(self) -> None:
        """Wait until sshd listens."""
        listens = ["ss", "-Hlnt", "sport = :22"]
        eventually(lambda: run(*self.entering, *listens).out, 30, self.log)

    def log(self) -> str:
        """Return what it and its sshd had to say."""
        files = [self.folder / "log", self.folder / "var/log/sshd.log"]
        return "".join(file.read_text() for file in files if file.exists())

    def stop(self) -> None:
        """End all that runs there, at once."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.kill(self._first(), signal.SIGKILL)
        self._process.communicate()
        self._process = None

    def reboot(self) -> None:
        """End all that runs there, at once, and start it again; a link that is cut stays so."""
        self.stop()
        self.start().wait_until_up()

    def freeze(self, listener: bool = True, sessions: bool = True) -> None:
        """Stop its sshd from doing anything: the one that takes new connections, and those of the present ones."""
        eventually(lambda: not [_halt(pid) for pid in self._sshd(listener, sessions) if _moves(pid)])

    def thaw(self) -> None:
        """Let every sshd go on."""
        for pid in self._sshd():
            os.kill(pid, signal.SIGCONT)

    def hide_behind(self, other: SshHost) -> None:
        """Be reached over another host alone, by a cable between the two (`ProxyJump`)."""
        pair = ["ip", "link", "add", "jump", "type", "veth", "peer", "name", "jump", "netns", str(self._first())]
        run(*other.entering, *pair).assert_success()
        for host, address in ((other, NEAR), (self, FAR)):
            run(*host.entering, "ip", "addr", "add", f"{address}/30", "dev", "jump").assert_success()
            run(*host.entering, "ip", "link", "set", "jump", "up").assert_success()
        self.down()
        config, known = self.client / "config", self.client / "known_hosts"
        config.write_text(config.read_text().replace(f"HostName {self.address}\n", BEHIND.format(name=other.name)))
        known.write_text(known.read_text().replace(f"{self.address} ", f"{FAR} "))

    def _sshd(self, listener: bool = True, sessions: bool = True) -> Iterator[int]:
        first = self._first()
        same = os.readlink(f"/proc/{first}/ns/pid")
        for each in Path("/proc").iterdir():
            try:
                if each.name.isdigit() and os.readlink(each / "ns/pid") == same:
                    name, parent = _name_and_parent(int(each.name))
                    if name == "sshd" and (listener if parent == first else sessions):
                        yield int(each.name)
            except OSError:
                continue  # it has ended

    def _first(self) -> int:
        """Return the first process of the host, by its number here."""
        assert self._process, f"{self.name} is off"
        starter = self._process.pid
        children = Path(f"/proc/{starter}/task/{starter}/children")
        return int(eventually(lambda: children.read_text().split(), what=self.log)[0])

    def _furnish(self) -> None:
        root = f"root:x:0:0:root:/root:{self._options.shell}"
        others = [line for line in Path("/etc/passwd").read_text().splitlines() if not line.startswith("root:")]
        (self.folder / "etc/passwd").write_text("\n".join([root, *others, ""]))
        (self.folder / "etc/shadow").write_text("root:*:19000:0:99999:7:::\n")
        (self.folder / "etc/shadow").chmod(0o600)
        new_key(self.folder / "etc/ssh/host_key")
        path = self._commands() if self._options.without else PATH
        config = [*self._options.sshd, CONFIG.format(path=":".join([*self._options.path, path]))]
        (self.folder / "etc/ssh/sshd_config").write_text("\n".join(config))
        (self.home / ".ssh").mkdir(mode=0o700)
        self.home.chmod(0o700)

    def _commands(self) -> str:
        """Make a folder with all commands but those that are missing there; return its place there."""
        commands = self.folder / "var/tmp/commands"
        commands.mkdir()
        for command in (each for folder in PATH.split(":") for each in Path(folder).glob("*")):
            link = commands / command.name
            if command.name not in self._options.without and not link.is_symlink():
                link.symlink_to(command)
        return "/var/tmp/commands"

    def _introduce(self, home: Path) -> None:
        """Let the test's user and the host know each other."""
        if not self.client.exists():
            self.client.mkdir(mode=0o700)
            new_key(self.client / "id_ed25519")
        shutil.copy(self.client / "id_ed25519.pub", self.home / ".ssh" / "authorized_keys")
        key = (self.folder / "etc/ssh/host_key.pub").read_text()
        with (self.client / "known_hosts").open("a") as known, (self.client / "config").open("a") as config:
            known.write(f"{self.address} {key}")
            config.write(ENTRY.format(name=self.name, address=self.address, home=home))


def add_user(host: SshHost, name: str, number: int) -> Path:
    """Give a host a user who is not root, and whom the test's own key lets in; return the home, which all may enter."""
    for file, line in (
        ("passwd", f"{name}:x:{number}:{number}::/tmp/{name}:/bin/dash"),
        ("shadow", f"{name}:*:19000:0:99999:7:::"),
    ):
        path = host.folder / "etc" / file
        path.write_text(f"{path.read_text()}{line}\n")
    home = host.folder / "tmp" / name
    (home / ".ssh").mkdir(parents=True)
    shutil.copy(host.client / "id_ed25519.pub", home / ".ssh/authorized_keys")
    for path, mode in ((home, 0o755), (home / ".ssh", 0o700), (home / ".ssh/authorized_keys", 0o600)):
        os.chown(path, number, number)
        path.chmod(mode)
    return home


def refuse_key(host: SshHost) -> None:
    """Let the host know another key in place of the test's own."""
    new_key(host.folder / "another_key")
    shutil.copy(host.folder / "another_key.pub", host.home / ".ssh" / "authorized_keys")


def change_host_key(host: SshHost) -> None:
    """Give the host another key of its own, as if it were installed anew."""
    new_key(host.folder / "etc/ssh/host_key")
    host.reboot()


def new_key(file: Path) -> None:
    """Make a key in place of any that is there."""
    for old in (file, file.with_suffix(".pub")):
        old.unlink(missing_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file).assert_success()


def need_namespaces() -> None:
    """Skip the test where no hosts can be made; where all tests must run, fail it."""
    if sys.platform != "linux" or os.getuid() != 0:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("a test's own hosts are namespaces: needs Linux, and root")


def _name_and_parent(pid: int) -> tuple[str, int]:
    name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition(" (")[2].rpartition(") ")
    return name, int(rest.split()[1])


def _moves(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "TZX"


def _halt(pid: int) -> int:
    os.kill(pid, signal.SIGSTOP)
    return pid
