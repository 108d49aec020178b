"""Which project a folder belongs to, found by looking at files: no git process."""

from __future__ import annotations

import os
import stat

from mngr.config.paths import home, host_dir

LONGEST_LINK = 65536


def find_root(environ: dict[str, str], cwd: str) -> str | None:
    """Return the nearest folder upwards that holds `.git` or `.mngr/config.toml`, or None.

    A host folder is nobody's project config: `~/.mngr/config.toml` is the user's own.
    """
    own = {os.path.abspath(f"{home(environ)}/.mngr"), host_dir(environ)}
    folder = cwd
    while folder.startswith("/"):
        base = folder.rstrip("/")
        if _mode(f"{base}/.git") or (f"{base}/.mngr" not in own and _mode(f"{base}/.mngr/config.toml")):
            return base or "/"
        if not base:
            return None
        folder = base[: base.rfind("/")] or "/"
    return None


def config_files(environ: dict[str, str], root: str | None) -> list[tuple[str, str]]:
    """Return the project's config files, lowest layer first: (layer, path). None in the user's own host folder."""
    if root is None:
        return []
    folder = f"{root.rstrip('/')}/.mngr"
    if folder in (os.path.abspath(f"{home(environ)}/.mngr"), host_dir(environ)) or _is_same(folder, host_dir(environ)):
        return []
    return [("project", f"{folder}/config.toml"), ("local", f"{folder}/config.local.toml")]


def repository(root: str) -> str:
    """Return the real path of the main worktree of a project: linked worktrees belong to it.

    A folder that only claims to be a worktree (a `.git` file naming someone else's repository) belongs to itself:
    the repository must know it, by the `gitdir` file that git writes into `worktrees/<name>` of it.
    """
    real = os.path.realpath(root)
    git_dir = _linked(f"{real}/.git")
    if git_dir is None:
        return real
    common = _line(f"{git_dir}/commondir")
    back = _line(f"{git_dir}/gitdir")
    if not common or not back:
        return real
    shared = os.path.realpath(os.path.join(git_dir, common))
    known = os.path.dirname(git_dir) == f"{shared}/worktrees"
    if not known or os.path.realpath(os.path.join(git_dir, back)) != f"{real}/.git":
        return real
    return os.path.dirname(shared) if os.path.basename(shared) == ".git" else shared


def _linked(path: str) -> str | None:
    line = _line(path)
    if line is None or not line.startswith("gitdir:"):
        return None
    return os.path.realpath(os.path.join(os.path.dirname(path), line[len("gitdir:") :].strip()))


def _line(path: str) -> str | None:
    """Return a small file's text without its line end, or None when it is no regular file."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            content = file.read(LONGEST_LINK)
    except (OSError, ValueError):
        return None
    return None if b"\0" in content else os.fsdecode(content).rstrip("\n")


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samestat(os.stat(one), os.stat(other))
    except (OSError, ValueError):
        return False


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return 0
