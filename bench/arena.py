"""Surroundings to be hostile in: a home, a host folder, a tmux server and a repository of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from program import Mngr, git  # noqa: E402 # found by the path above

KEPT = ("LANG", "TERM")
PATH = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin"


class Arena:
    """Everything that is made for a trial, and taken away afterwards. Use it as a context."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mngr-arena-", dir="/tmp"))
        self.home = self.folder / "home"
        self.home.mkdir(0o700)
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        os.environ.clear()
        os.environ.update(kept)
        os.environ.update(HOME=str(self.home), PATH=PATH, SHELL="/bin/sh", TMUX_TMPDIR=str(self.folder))
        os.environ.update(MNGR_HOST_DIR=str(self.home / ".mngr"), PYTHONPATH=str(ROOT / "src"))
        os.environ.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=str(self.home / ".gitconfig"))
        (self.home / ".gitconfig").write_text("[user]\n\tname = Arena\n\temail = arena@example.com\n")
        self.mngr = Mngr(self.home, self.home / ".mngr")
        self.repo = self._repository()
        self.mngr.cwd = self.repo

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        for socket in self.folder.glob("tmux-*/*"):
            subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _repository(self) -> Path:
        folder = self.home / "project"
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")
        for number in range(20):
            (folder / f"file{number}").write_text(f"{number}\n" * 50)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "Start")
        (folder / "untracked").write_text("not yet\n")
        (folder / "file1").write_text("changed\n")
        return folder
