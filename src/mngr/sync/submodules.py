"""Submodules of a workspace, filled from those of its source."""

from __future__ import annotations

from mngr.model.errors import CommandError
from mngr.model.value import replace, value
from mngr.sync import files, git, talk
from mngr.sync.look import is_commit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.files import Way
    from mngr.transports.host import Host

_NOT_FILLED = 3


@value
class Submodule:
    """A submodule as the index of its superproject has it."""

    path: str
    commit: str
    name: str

    def below(self, way: Way) -> Way:
        """Return the way from this submodule of a source to the same of a workspace."""
        return replace(way, source=f"{way.source}/{self.path}", target=f"{way.target}/{self.path}")

    def not_filled(self, complaint: str, folder: str, hint: str | None = None) -> CommandError:
        """Return the error for what went wrong with it."""
        whole = f"is it whole? git -C {folder} fsck; without it: git submodule deinit {self.path}"
        return CommandError(f"the submodule {self.path} could not be filled: {complaint}", hint=hint or whole)


@value
class Filled:
    """A submodule that is filled: git's folder, the commit that is checked out, the URL of its origin ("" for none)."""

    repository: str
    head: str
    origin: str


def submodules(host: Host, folder: str) -> list[Submodule]:
    """Return the submodules of a working tree that its `.gitmodules` names."""
    names = _names(host, folder)
    if not names:
        return []
    found: list[Submodule] = []
    for line in git.read_nul_list(host.run(git.command(folder, "ls-files", "-s", "-z")).out):
        fields, _, path = line.partition("\t")
        if fields.startswith("160000 ") and path in names:
            found.append(Submodule(path, fields.split(" ")[1], names[path]))
    return found


def look(host: Host, folder: str, submodule: Submodule) -> Filled | None:
    """Return what a submodule of a working tree is filled with; None if it is not. Raises CommandError."""
    result = host.script(["sync/submodule.sh", "look", folder, submodule.path], check=False)
    if result.code == _NOT_FILLED:
        return None
    repository, head, origin, *_ = [*result.out.decode("utf-8", "surrogateescape").split("\0"), "", "", ""]
    if result.code != 0 or not is_commit(head):
        raise submodule.not_filled(result.complaint or "it has no commit", f"{folder}/{submodule.path}")
    return Filled(repository, head, origin)


def fill(host: Host, way: Way, *, with_changes: bool) -> list[str]:
    """Fill the submodules that are filled in the source, and theirs; return notes on what stayed behind.

    They get the recorded commits, or with changes what the source has checked out and not committed.
    """
    notes: list[str] = []
    for submodule in submodules(host, way.target):
        inner = submodule.below(way)
        seen = look(host, way.source, submodule)
        if seen is None:
            continue
        commit = seen.head if with_changes else submodule.commit
        words = [inner.source, way.target, submodule.path, submodule.name, commit, seen.origin or inner.source]
        result = host.script(["sync/submodule.sh", "fill", *words, talk.marker(host, way.workspace)], check=False)
        if result.code != 0:
            raise submodule.not_filled(result.complaint, inner.source)
        if with_changes:
            notes += files.carry(host, inner, files.status(host, inner.source))
        notes += fill(host, inner, with_changes=with_changes)
    return notes


def _names(host: Host, folder: str) -> dict[str, str]:
    listing = ["config", "-z", "-f", f"{folder}/.gitmodules", "--get-regexp", r"^submodule\..*\.path$"]
    found = host.run(git.command(folder, *listing), check=False)
    names: dict[str, str] = {}
    for line in git.read_nul_list(found.out):
        key, _, path = line.partition("\n")
        name = key.removeprefix("submodule.").removesuffix(".path")
        if ".." not in name.split("/") and not name.startswith(("/", "-")):
            names[path] = name
    return names
