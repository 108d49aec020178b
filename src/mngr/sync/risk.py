"""Work in a workspace that exists nowhere else."""

from __future__ import annotations

from mngr.model.errors import CommandError, MissingProgramError, TimedOutError, UnreachableError
from mngr.model.names import shown
from mngr.model.value import replace, value
from mngr.sync import files, git
from mngr.sync.submodules import submodules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mngr.model.agent import Workspace
    from mngr.transports.host import Host

_EXAMPLES = 5
_NO_FOLDER = 3
_PATIENCE_SECONDS = 1800.0  # all files of a folder are read
_OPERATIONS = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_LOG": "a bisection",
}


@value
class Risk:
    """Work of one kind that would be lost. Kinds: commits, changes, untracked, operation, unreadable."""

    kind: str
    text: str
    count: int
    examples: list[str]


@value
class Kept:
    """Where files of a workspace may be as well: a folder, on its own host or on another."""

    folder: str
    host: Host | None = None  # None: its own


def at_risk(
    host: Host, workspace: Workspace, remove_branch: bool = False, source_host: Host | None = None
) -> list[Risk]:
    """Return what would be lost with a workspace: commits, and files unlike those of its source.

    What its source still has at the same path is not at risk, nor are ignored files. A branch keeps commits, unless
    it is to be removed. `source_host` is where that is which it was copied from, if it can be looked at from here.
    """
    if workspace.mode == "none" or not workspace.made:
        return []
    if workspace.mode == "worktree":
        return _of_worktree(host, workspace, remove_branch=remove_branch)
    if workspace.base_commit or workspace.mode == "mirror":
        kept = Kept(workspace.source or "")
        if workspace.copied_from is not None:  # its source is another host's; what it was cloned from there is a store
            kept = Kept(workspace.copied_from.partition(":")[2], source_host) if source_host else Kept("")
        return _of_clone(host, workspace.folder, kept, "")
    if workspace.source is None:
        return _of_far_copy(host, workspace, source_host)
    return _of_files(host, workspace.folder, workspace.source)


def _of_worktree(host: Host, workspace: Workspace, *, remove_branch: bool) -> list[Risk]:
    branch = workspace.branch if remove_branch else None
    words = ["worktree", workspace.folder, workspace.repository or "", branch or ""]
    return _of_repository(host, words, Kept(workspace.source or ""), "")


def _of_clone(host: Host, folder: str, kept: Kept, where: str) -> list[Risk]:
    return _of_repository(host, ["clone", folder, "" if kept.host else kept.folder], kept, where)


def _of_repository(host: Host, words: list[str], kept: Kept, where: str) -> list[Risk]:
    """Look into a working tree; one that git cannot read is at risk as a whole."""
    try:
        return _looked_into(host, words, kept, where)
    except MissingProgramError:
        raise
    except CommandError as error:
        return [Risk("unreadable", f"git cannot tell what is in {words[1]}", 1, [error.message])]


def _looked_into(host: Host, words: list[str], kept: Kept, where: str) -> list[Risk]:
    folder = words[1]
    lines = host.script(["sync/risk.sh", *words], _asked_afar(kept, "tips")).text.split("\n")
    found = _commits(_not_kept_afar(lines, kept), where)
    if "absent" in lines:
        return found
    found += _dirty(host, folder, kept, where)
    for submodule in submodules(host, folder) if "submodules" in lines else []:
        there = replace(kept, folder=f"{kept.folder}/{submodule.path}") if kept.folder else kept
        found += _of_clone(host, f"{folder}/{submodule.path}", there, f" in the submodule {submodule.path}")
    return found


def _asked_afar(kept: Kept, what: str, commits: bytes = b"") -> bytes:
    """Return commits that are kept on another host: nothing where that is the same, or does not say."""
    if kept.host is None:
        return b""
    try:
        return kept.host.script(["sync/risk.sh", what, kept.folder], commits, check=False).out
    except (UnreachableError, TimedOutError):
        return b""


def _not_kept_afar(lines: list[str], kept: Kept) -> list[str]:
    """Leave out the commits that are kept on another host: each is a line, with one for its hash after it."""
    hashes = [line.removeprefix("hash ") for line in lines if line.startswith("hash ")]
    if kept.host is None or not hashes:
        return lines
    there = set(_asked_afar(kept, "kept", "".join(f"{each}\n" for each in hashes).encode()).decode().split())
    return [
        line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if not line.startswith("commit ") or after.removeprefix("hash ") not in there
    ]


def _of_files(host: Host, folder: str, source: str) -> list[Risk]:
    out = host.script(["sync/risk.sh", "files", folder, source]).text
    return _risk("changes", "file differs from the source", out.splitlines(), "")


def _of_far_copy(host: Host, workspace: Workspace, source_host: Host | None) -> list[Risk]:
    """Compare a copy with the folder on another host that it was made from, by what is in the files."""
    source = (workspace.copied_from or "").partition(":")[2]
    if not source:
        return [Risk("unknown", "it is a copy from another host: what is new in it cannot be told", 1, [])]
    ours = _described(host, "all", workspace.folder)
    if not ours:
        return []
    what = f"what it was copied from, {shown(workspace.copied_from or '', 200)},"
    if source_host is None:
        return [Risk("unknown", f"{what} cannot be looked at from here", 1, [])]
    try:
        differing = _unlike(ours, Kept(source, source_host))
    except (UnreachableError, TimedOutError) as error:
        return [Risk("unknown", f"{what} cannot be looked at: {error.message}", 1, [])]
    if differing is None:
        return [Risk("unknown", f"{what} is not there any more", 1, [])]
    return _risk("changes", "file differs from the source", differing, "")


def _unlike(ours: dict[str, str], kept: Kept) -> list[str] | None:
    """Return the paths of described files that a folder on another host has not as they are; None if it is gone."""
    assert kept.host is not None
    theirs = _described(kept.host, "these", kept.folder, sorted({path for path in ours.values() if _is_inside(path)}))
    if theirs is None:
        return None
    return [path for line, path in ours.items() if line not in theirs or line[2:3] == " "]


def _is_inside(path: str) -> bool:
    """Tell whether a path stays in its folder; whoever runs on a host may say anything."""
    return not path.startswith("/") and ".." not in path.split("/")


def _described(host: Host, which: str, folder: str, paths: Iterable[str] = ()) -> dict[str, str] | None:
    """Return descriptions of files, each with the path in it; None if there is no such folder."""
    words = ["sync/describe.sh", which, folder]
    result = host.script(words, git.nul_list(list(paths)), timeout_seconds=_PATIENCE_SECONDS, check=False)
    if result.code == _NO_FOLDER:
        return None
    if result.code != 0:
        raise CommandError(f"{folder} cannot be looked at: {result.complaint}", result)
    lines = result.out.decode("utf-8", "surrogateescape").split("\0")
    return {line: line.split(" ", 2)[2].removeprefix("./") for line in lines if line.count(" ") >= 2}


def _dirty(host: Host, folder: str, kept: Kept, where: str) -> list[Risk]:
    dirty = files.status(host, folder)
    untracked = [*dirty.untracked, *dirty.nested]
    changed = [*dirty.changed, *dirty.gone]
    if kept.host is None:
        differing = _differing(host, folder, kept.folder, changed + untracked)
    else:
        differing = _differing_afar(host, folder, kept, dirty)
    found = _risk("changes", "uncommitted change", [path for path in changed if path in differing], where)
    found += _risk("untracked", "untracked file", [path for path in untracked if path in differing], where)
    return found


def _differing(host: Host, folder: str, source: str, paths: list[str]) -> set[str]:
    if not paths:
        return set()
    out = host.script(["sync/risk.sh", "differing", folder, source or "/nonexistent"], git.nul_list(paths)).out
    return set(git.read_nul_list(out))


def _differing_afar(host: Host, folder: str, kept: Kept, dirty: git.Status) -> set[str]:
    """Return the dirty paths at which a folder on another host is not the same.

    Where that cannot be told, it is all that are there: what is gone here is lost to nobody.
    """
    present, gone = [*dirty.changed, *dirty.untracked, *dirty.nested], dirty.gone
    if not present and not gone:
        return set()
    try:
        return {*present, *gone} - _same_afar(host, folder, kept, present, gone)
    except (UnreachableError, TimedOutError):
        return {*present}


def _same_afar(host: Host, folder: str, kept: Kept, present: list[str], gone: list[str]) -> set[str]:
    assert kept.host is not None
    asked = [path for path in present if _is_inside(path)]
    ours = _described(host, "these", folder, asked) or {}
    theirs = _described(kept.host, "these", kept.folder, [*asked, *filter(_is_inside, gone)])
    if theirs is None:
        return {*gone}
    same = {path for line, path in ours.items() if line in theirs and line[2:3] != " "}
    same |= {path for path in gone if path not in theirs.values()}
    for path in {*asked} - {*ours.values()}:  # repositories of their own
        inner = _described(host, "all", f"{folder}/{path}")
        if inner and _unlike(inner, replace(kept, folder=f"{kept.folder}/{path}")) == []:
            same.add(path)
    return same


def _commits(lines: list[str], where: str) -> list[Risk]:
    found = _risk("commits", "commit", [line[7:] for line in lines if line.startswith("commit ")], where)
    for line in lines:
        name = line.removeprefix("operation ")
        if name != line:
            found.append(Risk("operation", f"{_OPERATIONS.get(name, name)} is under way{where}", 1, []))
    return found


def _risk(kind: str, noun: str, things: list[str], where: str) -> list[Risk]:
    if not things:
        return []
    head, _, tail = noun.partition(" differs")
    plural = "s" if len(things) > 1 else ""
    rest = f" {'differ' if plural else 'differs'}{tail}" if tail else ""
    return [Risk(kind, f"{len(things)} {head}{plural}{rest}{where}", len(things), things[:_EXAMPLES])]
