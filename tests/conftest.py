"""Surroundings that every test gets: a home, a host folder, a tmux server and a git of its own."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from docker_engine import DockerEngine, need_engine
from far import PLUGINS, WAY, Far, far
from program import ROOT, Mngr, git, run
from ssh_hosts import Options, SshHost, need_namespaces
from talking import Talk, teach
from terminal import Terminal, stop_tmux
from waiting import eventually as wait_for_a_sign

REAL_HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)
# On a machine that does nothing else the mere appearance of one is a fault; elsewhere others may use theirs.
ALONE = bool(os.environ.get("CI"))
FORBIDDEN = (
    REAL_HOME / ".gitconfig",
    REAL_HOME / ".config/git/config",
    REAL_HOME / ".tmux.conf",
    *([REAL_HOME / ".mngr", REAL_HOME / ".ssh", Path("/tmp") / f"tmux-{os.getuid()}"] if ALONE else []),
)
USER = "mngr-test"
HOST_SECONDS = 180
PATH = f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin"


def pytest_configure() -> None:
    """Take back that a shell has what runs in its background ignore Ctrl-C: programs of tests would too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what holds only where nothing lies between mngr and this machine."""
    marker = item.get_closest_marker("here")
    if WAY and marker is not None and WAY in (marker.args[1:] or (WAY,)):
        pytest.skip(f"only on this machine itself: {marker.args[0]}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of whole hosts, which start and stop, more time."""
    for item in items:
        if item.path.parent.name in ("hosts", "hosts_life") and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(HOST_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep reports in letters that can be sent: a parallel run ends at names that are not UTF-8."""
    report = yield
    report.sections = [(title, _sendable(text)) for title, text in report.sections]
    if report.longrepr and not isinstance(report.longrepr, tuple) and (text := str(report.longrepr)) != _sendable(text):
        report.longrepr = _sendable(text)
    return report


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the test's own, empty home."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def host_dir(home: Path) -> Path:
    """Return the test's own host folder; nothing has made it yet."""
    return home / ".mngr"


@pytest.fixture(autouse=True)
def surroundings(home: Path, host_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far | None]:
    """Give the test its own surroundings, and fail it when it touches the user's real ones."""
    before, started = [_look(path) for path in FORBIDDEN], time.time()
    sockets = Path(tempfile.mkdtemp(prefix="mngr-t", dir="/tmp"))  # a socket's path may not be long
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, text in _environment(home, host_dir, sockets).items():
        monkeypatch.setenv(name, text)
    monkeypatch.chdir(home)
    if WAY:
        with far(dict(os.environ), sockets) as there:
            for name, text in there.variables.items():
                monkeypatch.setenv(name, text)
            for folder in there.variables["PYTHONPATH"].split(":"):
                monkeypatch.syspath_prepend(folder)
            yield there
    else:
        yield None
    _end_what_is_left(host_dir, sockets)
    shutil.rmtree(sockets)
    touched = [str(path) for path, was in zip(FORBIDDEN, before, strict=True) if _look(path) != was]
    touched += _written_by_us(REAL_HOME / ".mngr", str(home).encode(), started)
    assert not touched, f"the test touched what is the user's own: {', '.join(touched)}"


@pytest.fixture
def host_has(surroundings: Far | None) -> Callable[..., AbstractContextManager[None]]:
    """Return `host_has(PATH=...)`, with which the host of the tests has these variables for a while."""
    return _here_has if surroundings is None else surroundings.has


@contextmanager
def _here_has(**variables: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, text in variables.items():
            patch.setenv(name, text)
        yield


@pytest.fixture
def mngr(home: Path, host_dir: Path) -> Mngr:
    """Return the program: `mngr("list").assert_success()`."""
    return Mngr(home, host_dir)


@pytest.fixture
def repo(home: Path, mngr: Mngr) -> Path:
    """Return a small git repository with one commit on `main`; `mngr` runs in it."""
    folder = home / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "README.md").write_text("# A project\n")
    (folder / "src").mkdir()
    (folder / "src" / "hello.sh").write_text("#!/bin/sh\necho hello\n")
    (folder / "src" / "hello.sh").chmod(0o755)
    (folder / ".gitignore").write_text("*.log\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Start")
    mngr.cwd = folder
    return folder


@pytest.fixture
def talk(mngr: Mngr, repo: Path, tmp_path: Path) -> Callable[..., Talk]:
    """Return `talk(*options, name=)`, which makes an agent of a small program that is talked to."""
    teach(mngr, tmp_path / "plugins")
    return lambda *options, name="one": Talk(mngr, name, *options)


@pytest.fixture
def eventually() -> Callable[..., object]:
    """Return `eventually(sign, seconds)`: the only way to wait."""
    return wait_for_a_sign


@pytest.fixture
def terminal(home: Path) -> Iterator[Callable[..., Terminal]]:
    """Return `terminal(argv, columns=, rows=, cwd=)`, which runs a program on a screen of its own."""
    opened: list[Terminal] = []

    def open_terminal(argv: list[str], cwd: Path | None = None, columns: int = 100, rows: int = 30) -> Terminal:
        opened.append(Terminal(uuid.uuid4().hex[:12], argv, cwd or home, columns, rows))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.close()


@pytest.fixture
def ssh_hosts(home: Path, tmp_path: Path) -> Iterator[Callable[..., list[SshHost]]]:
    """Return `ssh_hosts(count, **options)`, which starts hosts `box1`, `box2`... that only this test reaches."""
    need_namespaces()
    made: list[SshHost] = []

    def start(count: int = 1, **options: Any) -> list[SshHost]:
        names = [f"box{len(made) + 1 + number}" for number in range(count)]
        made.extend(new := [SshHost(name, home, tmp_path / name, Options(**options)) for name in names])
        for host in [host.start() for host in new]:
            host.wait_until_up()
        return new

    yield start
    for host in made:
        host.stop()
        host.remove()


@pytest.fixture
def ssh_host(ssh_hosts: Callable[..., list[SshHost]]) -> SshHost:
    """Return a host that is reached by SSH: `ssh_host.run("pwd").assert_success("/root")`."""
    return ssh_hosts()[0]


@pytest.fixture
def docker_engine(host_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DockerEngine]:
    """Return the Docker engine, as `DOCKER_HOST` of the test: `docker_engine("ps").assert_success()`.

    What the test makes there is known by its mark, or by its host folder, in a name or a label.
    """
    need_engine()
    engine = DockerEngine(str(host_dir))
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    yield engine
    engine.clear()


@pytest.fixture
def ordinary_user(mngr: Mngr) -> Iterator[Mngr]:
    """Return the program as run by a user who is not root, with a home that root's folders do not hide."""
    if os.getuid() != 0:
        yield mngr
        return
    with Path("/tmp/mngr-test-user.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("useradd", "--user-group", "--shell", "/bin/sh", USER)
    folder = Path(tempfile.mkdtemp(prefix="mngr-test-", dir="/tmp"))
    folder.chmod(0o777)  # the user's tmux has its sockets here
    other = _of_ordinary_user(folder)
    if WAY:
        run("usermod", "--password", "*", USER).assert_success()  # sshd lets in nobody whose account is locked
        with far(other.env, folder, USER) as there:
            libraries = f"{folder / 'lib'}:{there.variables['PYTHONPATH']}"
            other.env = {**other.env, **there.variables, "PYTHONPATH": libraries}
            yield other
    else:
        yield other
    _end_what_is_left(other.host_dir, folder)
    shutil.rmtree(folder)


def _of_ordinary_user(folder: Path) -> Mngr:
    user = pwd.getpwnam(USER)
    home = folder / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(ROOT / "src" / "mngr", folder / "lib" / "mngr", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "scripts" / "mngr", folder / "mngr")
    shutil.copy(PLUGINS / "through_ssh.py", folder / "lib")
    for name in {file.parts[0] for file in metadata.files("tomlkit") or () if "tomlkit" in file.parts[0]}:
        shutil.copytree(metadata.distribution("tomlkit").locate_file(name), folder / "lib" / name)
    other = Mngr(home, home / ".mngr")
    other.program = [str(Path(sys.executable).resolve()), "-B", str(folder / "mngr")]
    other.env = {**_environment(home, home / ".mngr", folder), "PYTHONPATH": str(folder / "lib"), "USER": USER}
    other.user = user.pw_uid
    for path in [home, *home.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid)
    return other


def _environment(home: Path, host_dir: Path, sockets: Path) -> dict[str, str]:
    git_config = home / ".gitconfig"
    git_config.write_text(
        "[user]\n\tname = A Tester\n\temail = tester@example.com\n[init]\n\tdefaultBranch = main\n"
        '[protocol "file"]\n\tallow = always\n'
    )
    return {
        "PATH": PATH,
        "HOME": str(home),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "SHELL": "/bin/sh",
        "MNGR_HOST_DIR": str(host_dir),
        "TMUX_TMPDIR": str(sockets),
        "XDG_RUNTIME_DIR": str(sockets),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "GIT_CONFIG_GLOBAL": str(git_config),
        "GIT_CONFIG_NOSYSTEM": "1",
        **({} if (ROOT / ".venv").exists() else {"PYTHONPATH": str(ROOT / "src")}),
    }


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _look(path: Path) -> object:
    """Return what changes when somebody uses a file, a folder or a tmux server."""
    try:
        seen = path.lstat()
    except OSError:
        return None
    within = sorted(os.listdir(path)) if path.is_dir() else []
    return seen.st_ino, seen.st_mode, seen.st_size if path.is_file() else 0, within


def _written_by_us(folder: Path, mark: bytes, since: float) -> list[str]:
    """Return the records and logs in the user's host folder that name the test's own home."""
    fresh = [
        path for path in (*folder.glob("agents/*/*.json"), *folder.glob("logs/*")) if path.stat().st_mtime >= since
    ]
    return [str(path) for path in fresh if mark in path.read_bytes()]


def _end_what_is_left(host_dir: Path, sockets: Path) -> None:
    """End every tmux server of the test, and what still runs with its host folder in the environment."""
    for socket in sockets.glob("tmux-*/*"):
        stop_tmux(socket)
    mark = f"MNGR_HOST_DIR={host_dir}".encode()
    for entry in os.scandir("/proc") if sys.platform == "linux" else ():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and mark in _environ(entry.path):
            _kill(int(entry.name))


def _environ(process: str) -> list[bytes]:
    try:
        return Path(process, "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
