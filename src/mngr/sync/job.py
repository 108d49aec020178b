"""What a workspace shall be, and where it starts from."""

from __future__ import annotations

from mngr.model.errors import CommandError, UsageError, UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from mngr.model.agent import Workspace
    from mngr.sync.git import BranchWish
    from mngr.sync.look import Sight
    from mngr.transports.host import Host

    class Undo(Protocol):
        """Where steps that take an action back are registered."""

        def callback(self, function: Callable[..., object], /, *arguments: object) -> object:
            """Register a step."""
            ...


@value
class WorkspaceWish:
    """What a workspace shall be."""

    source: str  # an absolute path or a git URL
    target: str  # the absolute folder to make
    default_branch: str  # the name of the new branch unless `branch` says one; numbered if it is taken
    mode: str | None = None  # None chooses
    branch: str | None = None  # the text of --branch, "[BASE][:NEW]"
    include_unclean: bool | None = None  # None: yes, where it is possible
    ensure_clean: bool = False
    include_ignored: bool = False
    depth: int | None = None  # so many commits of the branch, instead of all; only from another host


class Report:
    """Is told what happens while a workspace is made. Does nothing; override what is wanted."""

    def step(self, name: str) -> None:
        """Hear that a step begins: worktree, clone, files, uncommitted files, submodules, ignored files."""

    def note(self, text: str) -> None:
        """Hear what the user should know and might not expect."""

    def planned(self, workspace: Workspace) -> None:
        """Hear what will be made, before it is: written down, it is all that `remove` needs.

        Comes again if another process was faster and took the branch.
        """


@value
class Job:
    """A workspace under way. `source_host` is where its source is: the same host, or another."""

    host: Host
    source_host: Host
    wish: WorkspaceWish
    branch: BranchWish
    undo: Undo
    report: Report


def start(job: Job, sight: Sight) -> tuple[str, str | None]:
    """Return the commit to start from, and the branch it was named by. Raises UsageError."""
    base = job.branch.base
    if not base:
        return str(sight.head), sight.head_branch
    if sight.base is None:
        raise UsageError(f"{base!r} is not a branch or commit of {sight.source}", hint="git branch --all")
    if job.branch.on_base and base not in sight.branches:
        raise UsageError(
            f"{base!r} is not a branch of {sight.source}, so there is no working on it",
            hint=f"--branch {base} for a new branch that starts there",
        )
    if job.wish.include_unclean and sight.base != sight.head:
        raise UsageError(
            f"uncommitted changes belong to HEAD, and {base!r} is another commit",
            hint="leave out --include-unclean, or use --branch :NEW",
        )
    return sight.base, sight.base_branch


def new_branch(job: Job, sight: Sight, taken: list[str]) -> str:
    """Return the name of the branch to make, "" for none. The default name is numbered if it is taken."""
    if job.branch.on_base:
        return ""
    if job.branch.new:
        if sight.has_branch(job.branch.new):
            raise UserError(f"the branch {job.branch.new} exists", hint=f"--branch {job.branch.new}: to work on it")
        return job.branch.new
    names = (job.wish.default_branch + (f"-{number}" if number > 1 else "") for number in range(1, 1_000_000))
    return next(name for name in names if name not in taken and not sight.has_branch(name))


def not_made(complaint: str, base: str = "") -> CommandError:
    """Return the error for what git said, with what can be done about it."""
    hint = None
    if "already checked out" in complaint or "already used by worktree" in complaint:
        hint = f"--branch {base} makes a new branch that starts there"
    elif "git-lfs" in complaint or "git lfs" in complaint:
        hint = "install git-lfs: the repository keeps large files with it"
    elif "terminal prompts disabled" in complaint or "Authentication failed" in complaint:
        hint = "log in with git first: git ls-remote URL"
    return CommandError(f"git could not make the workspace: {complaint}", hint=hint)
