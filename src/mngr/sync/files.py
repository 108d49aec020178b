"""Brings the files of one folder to another on the same host."""

from __future__ import annotations

import os

from mngr.model.errors import CommandError
from mngr.model.value import value
from mngr.sync import git, talk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host
    from mngr.transports.piped import Piped

# What a copy says about one file that could not be read; the rest of the copy is whole.
_ABOUT_ONE_FILE = (
    "Cannot open",
    "Cannot stat",
    "No such file",
    "changed as we read",
    "socket ignored",
    "removed before",
)


class StatusUnderWay:
    """Asks git what is dirty, while something else is done."""

    def __init__(self, host: Host, folder: str) -> None:
        self._argv = git.status_command(folder)
        self._process: Piped = host.spawn(self._argv)

    def __enter__(self) -> StatusUnderWay:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__()

    def read(self) -> git.Status:
        """Wait for the answer."""
        out, complaint = self._process.communicate(b"", None)
        if self._process.wait() != 0:
            said = complaint.decode("utf-8", "replace").strip()
            raise CommandError(f"git cannot tell what is uncommitted: {said}")
        return git.read_status(out)


def status(host: Host, folder: str) -> git.Status:
    """Ask git what is dirty in a working tree."""
    with StatusUnderWay(host, folder) as asked:
        return asked.read()


@value
class Way:
    """From where to where files are brought, for which workspace (its folder names the mark of the half-made)."""

    source: str
    target: str
    workspace: str


def carry(host: Host, way: Way, dirty: git.Status) -> list[str]:
    """Bring what is uncommitted and untracked, and take away what is deleted. Returns notes on what stayed behind.

    Submodules are not looked into.
    """
    take_away(host, way.target, way.workspace, dirty)
    whole, left = nested(host, way.source, dirty)
    return left + copy(host, way, [*dirty.changed, *dirty.untracked, *whole])


def take_away(host: Host, target: str, workspace: str, dirty: git.Status) -> None:
    """Take away what is deleted, from a folder in a workspace (whose own folder names the mark of the half-made)."""
    if dirty.gone:
        folders = sorted({parent for path in dirty.gone for parent in _parents(path)}, key=len, reverse=True)
        marker = talk.marker(host, workspace)
        host.script(["sync/carry.sh", "remove", target, marker], git.nul_list([*dirty.gone, *folders]))


def nested(host: Host, source: str, dirty: git.Status) -> tuple[list[str], list[str]]:
    """Return the repositories inside a working tree that come along, and notes on those that do not."""
    whole = _own_repositories(host, source, dirty.nested)
    left = [f"{path} is a worktree of a repository and stays behind" for path in dirty.nested if path not in whole]
    return whole, left


def copy(host: Host, way: Way, paths: list[str]) -> list[str]:
    """Copy files by their paths, as they are; folders with all that is in them. Returns what could not be read."""
    if not paths:
        return []
    marker = talk.marker(host, way.workspace)
    result = host.script(["sync/carry.sh", "copy", way.source, way.target, marker], git.nul_list(paths), check=False)
    said = result.err.decode("utf-8", "replace").splitlines()
    if result.code != 0:
        raise CommandError(f"the uncommitted files could not be brought to {way.target}: {result.complaint}", result)
    return notes_on_single_files(said)


def notes_on_single_files(said: list[str]) -> list[str]:
    """Turn what tar or rsync said into notes, one a file."""
    notes: list[str] = []
    for line in said:
        if any(reason in line for reason in _ABOUT_ONE_FILE):
            notes.append("stayed behind: " + line.removeprefix("tar: ").removeprefix("./"))
        elif "skipping non-regular file" in line:
            notes.append("stayed behind: " + line.removeprefix("skipping "))
        elif line.startswith("rsync: [sender]"):
            notes.append("stayed behind: " + line.removeprefix("rsync: [sender] "))
    return notes


def ignored(host: Host, source: str, patterns_file: str | None) -> list[str]:
    """Return the ignored files of a working tree: all, or those that a file of patterns names."""
    listing = ["ls-files", "-z", "--others", "--ignored"]
    if patterns_file is None:
        return _listed(host, git.command(source, *listing, "--exclude-standard"))
    named = _listed(host, git.command(source, *listing, f"--exclude-from={patterns_file}"))
    if not named:
        return []
    checked = host.run(git.command(source, "check-ignore", "-z", "--stdin"), git.nul_list(named), check=False)
    return git.read_nul_list(checked.out)


def tracked(host: Host, folder: str) -> set[str]:
    """Return the paths that the index of a working tree knows."""
    return set(_listed(host, git.command(folder, "ls-files", "-z")))


def _listed(host: Host, argv: list[str]) -> list[str]:
    return [path.rstrip("/") for path in git.read_nul_list(host.run(argv).out)]


def _own_repositories(host: Host, source: str, folders: list[str]) -> list[str]:
    if not folders:
        return []
    found = host.script(["sync/carry.sh", "own-repositories", source], git.nul_list(folders))
    return git.read_nul_list(found.out)


def _parents(path: str) -> list[str]:
    parents: list[str] = []
    while path := os.path.dirname(path):
        parents.append(path)
    return parents
