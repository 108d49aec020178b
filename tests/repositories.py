"""Git repositories full of traps, and workspaces made of them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from this_host import this_host

from mngr.model.agent import Workspace
from mngr.sync.job import Report, WorkspaceWish
from mngr.sync.workspace import make
from mngr.transports.host import Host
from mngr.transports.local import LocalTransport
from mngr.transports.ssh import Greeting

HOOKS = (
    "applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg "
    "post-commit pre-rebase post-checkout post-merge pre-push pre-receive update proc-receive post-receive post-update "
    "reference-transaction push-to-checkout pre-auto-gc post-rewrite sendemail-validate fsmonitor-watchman "
    "post-index-change"
).split()


def git(folder: Path | str, *words: str, check: bool = True, input: bytes | None = None) -> str:
    """Run git, but no hooks, and return what it printed, without the last line break."""
    quiet = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-C", str(folder)]
    done = subprocess.run([*quiet, *words], capture_output=True, check=False, input=input)
    if check and done.returncode != 0:
        raise AssertionError(f"git {' '.join(words)}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def tree(folder: Path | str, *, without: tuple[str, ...] = (".git",)) -> dict[str, object]:
    """Return everything in a folder: kind, mode and content by path."""
    found: dict[str, object] = {}
    root = str(folder)
    for parent, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in without]
        for name in [*names, *folders]:
            path = os.path.join(parent, name)
            if name in without:
                continue
            key = os.path.relpath(path, root)
            if os.path.islink(path):
                found[key] = ("link", os.readlink(path))
            elif os.path.isdir(path):
                continue
            else:
                with open(path, "rb") as file:
                    found[key] = (bool(os.stat(path).st_mode & 0o100), hashlib.sha1(file.read()).hexdigest())
    return found


class Told(Report):
    """Remembers what was reported."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.notes: list[str] = []
        self.plans: list[Workspace] = []

    def step(self, name: str) -> None:
        self.steps.append(name)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def planned(self, workspace: Workspace) -> None:
        self.plans.append(workspace)


class Elsewhere(LocalTransport):
    """Reaches a host that does not see this machine's files: scripts are sent along."""

    shares_files = False

    def greeting(self, patience_seconds: float | None = None) -> Greeting:
        return Greeting(os.environ["HOME"], os.environ["HOME"], "Linux")


SUBMODULE = "a name"


class Place:
    """A machine for one test, and another host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = this_host(folder / "host")
        self.far = Host("far", "ssh", Elsewhere(), str(folder / "far"), "mngr-")
        self.marker = folder / "a-hook-ran"
        self.told = Told()
        self._count = 0

    def repository(self, name: str = "source", files: dict[str, str] | None = None) -> Path:
        """Make a repository with a first commit, and hooks that must never run."""
        path = self.folder / name
        git(self.folder, "init", "-q", "-b", "main", str(path))
        for file, text in (files or {"README": "hello\n", "src/a.txt": "a\n", "src/b.txt": "b\n"}).items():
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            (path / file).write_text(text)
        self.commit(path, "first")
        self.plant_hooks(path)
        return path

    def plant_hooks(self, path: Path) -> None:
        hooks = Path(git(path, "rev-parse", "--path-format=absolute", "--git-common-dir")) / "hooks"
        hooks.mkdir(exist_ok=True)
        for name in HOOKS:
            (hooks / name).write_text(f"#!/bin/sh\necho {name} >>'{self.marker}'\n")
            (hooks / name).chmod(0o755)
        git(path, "config", "core.fsmonitor", str(hooks / "fsmonitor-watchman"))

    def commit(self, path: Path, message: str) -> str:
        """Commit all there is, with no hooks, and return the hash."""
        git(path, "add", "-A")
        git(path, "commit", "-q", "--allow-empty", "-m", message)
        return git(path, "rev-parse", "HEAD")

    def wish(self, source: Path | str, name: str = "x", **more: object) -> WorkspaceWish:
        target = str(more.pop("target", f"{self.host.paths.worktrees}/{name}-00000000"))
        return WorkspaceWish(source=str(source), target=target, default_branch=f"mngr/{name}", **more)  # type: ignore[arg-type]

    def make(self, source: Path | str, name: str = "x", **more: object) -> Workspace:
        """Make a workspace; when that fails, what was made is taken back."""
        with contextlib.ExitStack() as undo:
            made = make(self.host, self.wish(source, name, **more), undo, self.told)
            undo.pop_all()
        return made

    def send(self, source: Path | str, name: str = "x", **more: object) -> Workspace:
        """Make a workspace on the other host; when that fails, what was made is taken back."""
        target = f"{self.far.paths.worktrees}/{name}-00000000"
        with contextlib.ExitStack() as undo:
            made = make(self.far, self.wish(source, name, target=target, **more), undo, self.told, self.host)
            undo.pop_all()
        return made


def with_submodules(place: Place, path: str) -> Path:
    """Make a repository with a filled submodule, one in it, and one that is not filled; their origins are gone."""
    place.repository("deep", {"deep": "deep"})
    inner = place.repository("inner", {"inner": "inner"})
    git(inner, "submodule", "--quiet", "add", str(place.folder / "deep"), "deep")
    place.commit(inner, "deep")
    made = place.repository()
    git(made, "submodule", "--quiet", "add", "--name", SUBMODULE, str(inner), path)
    git(made, "submodule", "--quiet", "add", str(place.folder / "deep"), "empty")
    git(made, "submodule", "--quiet", "update", "--init", "--recursive")
    place.commit(made, "submodules")
    git(made, "submodule", "--quiet", "deinit", "-f", "empty")
    shutil.move(inner, place.folder / "gone")
    shutil.move(place.folder / "deep", place.folder / "gone2")
    return made
