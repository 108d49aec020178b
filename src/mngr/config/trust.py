"""Which repositories the user trusts: their own config may run commands. Kept by the real path of the main worktree."""

from __future__ import annotations

import os

from mngr.config import atomic
from mngr.config.paths import UserPaths, shortened
from mngr.config.project import repository
from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def is_trusted(host_dir: str, root: str) -> bool:
    """Tell whether the user trusted the repository of a project. A list that cannot be read trusts nothing."""
    if not os.path.exists(UserPaths(host_dir).trusted):
        return False
    try:
        return repository(root) in trusted(host_dir)
    except UserError:
        return False


def trusted(host_dir: str) -> list[str]:
    """Return the repositories that are trusted. Raises UserError when the list is damaged."""
    import json

    path = UserPaths(host_dir).trusted
    try:
        with open(path, "rb") as file:
            known: Any = json.loads(file.read())
        repositories = known["repositories"]
        if not all(isinstance(item, str) for item in repositories):
            raise TypeError
        return list(repositories)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{shortened(path)}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(f"{shortened(path)}: it is damaged", hint="remove it, and trust repositories again") from None


def trust(host_dir: str, root: str) -> str:
    """Trust the repository of a project from now on. Returns the repository."""
    folder = repository(root)
    _change(host_dir, lambda known: [*(item for item in known if item != folder), folder])
    return folder


def untrust(host_dir: str, root: str) -> bool:
    """Trust the repository of a project no more. Returns False when it was not trusted."""
    folder = repository(root)
    if folder not in trusted(host_dir):
        return False
    _change(host_dir, lambda known: [item for item in known if item != folder])
    return True


def _change(host_dir: str, change: Callable[[list[str]], list[str]]) -> None:
    import fcntl
    import json

    path = UserPaths(host_dir).trusted
    try:
        os.makedirs(host_dir, 0o700, exist_ok=True)
        folder = os.open(host_dir, os.O_RDONLY | os.O_CLOEXEC)  # locked: two at once must not lose one's answer
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            content = json.dumps({"version": 1, "repositories": change(trusted(host_dir))}, indent=1)
            atomic.write(path, f"{content}\n".encode())
        finally:
            os.close(folder)
    except OSError as error:
        raise UserError(f"{shortened(path)}: cannot be written: {error.strerror}") from None
