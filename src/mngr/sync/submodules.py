"""Submodules of a workspace, filled from those of its source."""

from __future__ import annotations

from mngr.model.errors import CommandError
from mngr.model.value import replace, value
from mngr.sync import files, git, talk

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


def fill(host: Host, way: Way, *, with_changes: bool) -> list[str]:
    """Fill the submodules that are filled in the source, and theirs; return notes on what stayed behind.

    They get the recorded commits, or with changes what the source has checked out and not committed.
    """
    notes: list[str] = []
    for submodule in submodules(host, way.target):
        inner = replace(way, source=f"{way.source}/{submodule.path}", target=f"{way.target}/{submodule.path}")
        if not _fill_one(host, way, inner, replace(submodule, commit="" if with_changes else submodule.commit)):
            continue
        if with_changes:
            notes += files.carry(host, inner, files.status(host, inner.source))
        notes += fill(host, inner, with_changes=with_changes)
    return notes


def _fill_one(host: Host, way: Way, inner: Way, submodule: Submodule) -> bool:
    git_dir = host.run(git.command(way.target, "rev-parse", "--absolute-git-dir")).text.removesuffix("\n")
    words = [inner.source, inner.target, f"{git_dir}/modules/{submodule.name}", submodule.commit]
    result = host.script(["sync/submodule.sh", *words, talk.marker(host, way.workspace)], check=False)
    if result.code not in (0, _NOT_FILLED):
        raise CommandError(f"the submodule {submodule.path} could not be filled: {result.complaint}", result)
    return result.code == 0


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
