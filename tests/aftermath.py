"""What is there after something happened: on a host, and in the user's repository."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from program import Mngr, Outcome, git, run

from mngr.config.paths import tmux_socket


def together(mngr: Mngr, lines: list[list[str]], timeout: float = 55.0) -> list[Outcome]:
    """Start command lines all at once, and return what became of each."""
    started = [(line, mngr.start(*line)) for line in lines]
    with ThreadPoolExecutor(len(started)) as pool:
        ended = list(pool.map(lambda one: one[1].communicate(b"", timeout), started))
    return [
        Outcome(["mngr", *line], process.returncode, out, err)
        for (line, process), (out, err) in zip(started, ended, strict=True)
    ]


def sessions(mngr: Mngr) -> set[str]:
    """Return the sessions of mngr's own tmux server."""
    return set(run(*tmux(mngr), "list-sessions", "-F", "#{session_name}").out.split())


def tmux(mngr: Mngr, *words: str) -> list[str]:
    """Return a command for mngr's own tmux server."""
    return ["tmux", "-u", "-L", tmux_socket(str(mngr.host_dir), "mngr-"), *words]


def branches(repo: Path) -> set[str]:
    """Return a repository's branches."""
    return set(git(repo, "for-each-ref", "--format=%(refname:short)", "refs/heads").split())


@dataclass(frozen=True)
class Source:
    """What of a user's repository no command may touch."""

    index: str
    head: str
    config: bytes
    stash: str
    files: dict[str, str]

    @classmethod
    def of(cls, repo: Path) -> Source:
        """Look at a repository; git itself is not asked for its status, which would refresh the index."""
        folder = Path(git(repo, "rev-parse", "--absolute-git-dir"))
        return cls(
            index=hashlib.sha256((folder / "index").read_bytes()).hexdigest(),
            head=(folder / "HEAD").read_text() + git(repo, "rev-parse", "main"),
            config=(folder / "config").read_bytes(),
            stash=git(repo, "stash", "list"),
            files={str(path): _content(path) for path in sorted(repo.rglob("*")) if ".git" not in path.parts},
        )


def _content(path: Path) -> str:
    if path.is_symlink():
        return os.readlink(path)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"


def leftovers(mngr: Mngr, repo: Path, *, agents: set[str]) -> list[str]:
    """Return what is there on the host, or of mngr's in the repository, and belongs to none of these agents."""
    host = mngr.host_dir
    ids = {_line(host / "names" / name): name for name in agents}
    found = [f"name {path.name}" for path in _within(host / "names") if path.name not in agents]
    found += [f"folder {path.name}" for path in _within(host / "agents") if path.name not in ids]
    found += [
        f"{path.name}/{odd}"
        for path in _within(host / "agents")
        for odd in ("making.json", "destroying", "destroyed_at", "record.json.new")
        if (path / odd).exists()
    ]
    found += [f"making {path.name}" for path in _within(host / "making")]
    folders = {path.rpartition("-")[0] for path in os.listdir(host / "worktrees")} if host.exists() else set()
    found += [f"worktree {name}" for name in folders - agents]
    found += [f"session {name}" for name in sessions(mngr) if name.removeprefix("mngr-") not in agents]
    found += [
        f"branch {name}" for name in branches(repo) if name != "main" and name.removeprefix("mngr/") not in agents
    ]
    registered = git(repo, "worktree", "list", "--porcelain").split("\n")
    found += [
        f"registered {line[9:]}"
        for line in registered
        if line.startswith("worktree ") and line[9:] != str(repo) and _name_of(line[9:]) not in agents
    ]
    return found


def _name_of(folder: str) -> str:
    return Path(folder).name.rpartition("-")[0]


def _within(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _line(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
