"""What `make.sh` sees of a source, and what may be made of it."""

from __future__ import annotations

import os

from mngr.model.errors import MissingProgramError, UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.talk import Answer


@value
class Sight:
    """A source and a target as seen on their host. A source that is no git repository has no `repository`."""

    target: str
    target_taken: bool = False
    source: str = ""  # without symbolic links
    repository: str | None = None  # git's common folder
    bare: bool = False
    root: str | None = None  # of the working tree
    head: str | None = None  # commits
    base: str | None = None
    head_branch: str | None = None
    base_branch: str | None = None
    branches: list[str] = []  # of those that were asked for, those that exist
    has_submodules: bool = False
    has_include_file: bool = False

    def has_branch(self, name: str) -> bool:
        """Tell whether a branch exists, or one that is in its way."""
        return any(branch == name or branch.startswith(f"{name}/") for branch in self.branches)


def read(answer: Answer, given: str, base: str) -> Sight:
    """Read what the script saw of the source that was given. Raises UserError for what cannot be a source."""
    if "source-missing" in answer.lines:
        raise UserError(f"the source {given} does not exist")
    if "source-is-file" in answer.lines:
        raise UserError(f"the source {given} is not a folder")
    if "no-git" in answer.lines:
        raise MissingProgramError(
            f"git is not on PATH where {given} is", hint="install git there; mngr doctor tells what else is missing"
        )
    said = "\n".join(answer.after("said"))
    if "dubious ownership" in said:
        raise UserError(
            f"git does not trust {given}, which belongs to another user",
            hint=f"git config --global --add safe.directory {given}",
        )
    source, target = answer.after("source")[0], answer.after("target")[0]
    taken = "target-taken" in answer.lines
    lines = answer.rest
    if not lines:
        return _not_a_repository(Sight(target=target, target_taken=taken, source=source), said)
    bare, inside, repository = lines[0] == "true", lines[1] == "true", lines[2]
    if not bare and not inside:
        raise UserError(f"the source {given} is inside git's own folder", hint="name the working tree")
    root = os.path.normpath(f"{source}/{lines[3]}") if inside else None
    commits = lines[4 if inside else 3 :]
    branches: list[str] = []
    if "--taken" in commits:
        branches = commits[commits.index("--taken") + 1 :]
        commits = commits[: commits.index("--taken")]
    return Sight(
        target=target,
        target_taken=taken,
        source=source,
        repository=repository,
        bare=bare,
        root=root,
        **_commits(commits, base),
        branches=[name.removeprefix("refs/heads/") for name in branches],
        has_submodules=".gitmodules" in answer.after("has"),
        has_include_file=".worktreeinclude" in answer.after("has"),
    )


def _not_a_repository(sight: Sight, said: str) -> Sight:
    if said and "not a git repository" not in said:
        raise UserError(f"git cannot read {sight.source}: {said}")
    return sight


def _commits(lines: list[str], base: str) -> dict[str, str | None]:
    """Read the lines: commit of HEAD, of the base, full name of HEAD, of the base; fewer when one is missing."""
    names = ("head", *(("base",) if base else ()), "head_branch", *(("base_branch",) if base else ()))
    read = dict(zip(names, lines, strict=False))
    head, start = read.get("head"), read.get("base")
    if head and not is_commit(head):
        head = None  # said of an unborn HEAD
    return {
        "head": head,
        "base": start if head and start and is_commit(start) else None,
        "head_branch": _short(read.get("head_branch")),
        "base_branch": _short(read.get("base_branch")),
    }


def is_commit(text: str) -> bool:
    """Tell whether text is the hash of a commit."""
    return len(text) in (40, 64) and all(character in "0123456789abcdef" for character in text)


def _short(ref: str | None) -> str | None:
    if not ref or ref == "HEAD":
        return None
    for kind in ("refs/heads/", "refs/remotes/", "refs/tags/"):
        ref = ref.removeprefix(kind)
    return ref
