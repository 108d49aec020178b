"""Surroundings to measure in: a home, a host folder, a tmux and an installed mngr of their own."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
KEPT = ("LANG", "TERM", "USER")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin"


class Stage:
    """Everything that is made for measuring, and taken away afterwards. Use it as a context."""

    def __init__(self, program: str | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mngr-bench-"))
        self.home = self.folder / "home"
        self.host_dir = self.home / ".mngr"
        self.home.mkdir()
        self._surround(install(self.home) if program is None else program)
        self._environ = dict(os.environ)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        for socket in self.folder.glob("tmux-*/*"):
            subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def enter(self) -> None:
        """Let what is run from now on find these surroundings; for who has several."""
        os.environ.clear()
        os.environ.update(self._environ)

    def _surround(self, program: str) -> None:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        os.environ.clear()
        os.environ.update(kept)
        os.environ.update(
            HOME=str(self.home), MNGR_HOST_DIR=str(self.host_dir), TMUX_TMPDIR=str(self.folder), PATH=SYSTEM_PATH
        )
        os.environ.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=str(self.home / ".gitconfig"))
        Path(self.home, ".gitconfig").write_text(
            "[user]\n\tname = Bench\n\temail = bench@example.com\n[gc]\n\tauto = 0\n"
        )
        self.mngr = program
        self.python = python_of(program)

    def tmux(self, *words: str) -> list[str]:
        """Return a command for mngr's own tmux server."""
        from mngr.config.paths import tmux_socket

        return ["tmux", "-u", "-L", tmux_socket(str(self.host_dir), "mngr-"), *words]

    def repository(self, name: str, files: int) -> Path:
        """Make a git repository of so many small files."""
        folder = self.folder / name
        folder.mkdir()
        for number in range(files):
            path = folder / f"d{number // 1000}" / f"s{number // 50}" / f"f{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{number}\n" * 20)
        run("git", "-C", folder, "init", "-q", "-b", "main")
        run("git", "-C", folder, "add", "-A")
        run("git", "-C", folder, "commit", "-q", "-m", "all")
        run("git", "-C", folder, "-c", "gc.autoDetach=false", "gc", "-q")
        return folder

    def create(self, names: list[str], folder: Path) -> None:
        """Create agents that do nothing, in place, several at once."""
        words = ("command", "--transfer", "none", "--no-connect", "--from", str(folder), "--", "sleep", "100000")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: run(self.mngr, "create", name, *words), names))


def parser(about: str | None) -> argparse.ArgumentParser:
    """Return what reads the options of a program that measures containers."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--image", default="mngr-test-base")
    made.add_argument("--program", help="the mngr to measure; else one is installed")
    return made


def install(home: Path) -> str:
    """Install mngr as a user would, and return the program."""
    surroundings = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    subprocess.run(["sh", ROOT / "scripts" / "install.sh"], check=True, env=surroundings, stdout=subprocess.DEVNULL)
    return str(home / ".local" / "bin" / "mngr")


def python_of(program: str) -> str:
    """Return the Python that starts a script."""
    return Path(program).read_bytes().splitlines()[0].decode().removeprefix("#!").split(" -")[0]


def run(*argv: str | Path) -> None:
    """Run a command that must succeed and is not measured."""
    done = subprocess.run(argv, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, argv))}: exit {done.returncode}: {done.stderr.decode()}")
