"""An agent's own copy of the project: worktree, mirror, copy or in place."""

from __future__ import annotations

import os

from mngr.model.agent import WORKSPACE_MODES, Workspace
from mngr.model.errors import CommandError, UsageError, UserError, WorkAtRiskError
from mngr.model.value import replace
from mngr.sync import files, git, look, mirror, submodules, talk, worktree
from mngr.sync.job import Job, Report, WorkspaceWish
from mngr.sync.risk import Risk as Risk
from mngr.sync.risk import at_risk as at_risk
from mngr.sync.url import is_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.job import Undo
    from mngr.transports.host import Host

INCLUDE_FILE = ".worktreeinclude"
_WILD = frozenset("*?[\\")


def make(host: Host, wish: WorkspaceWish, undo: Undo, report: Report, source_host: Host | None = None) -> Workspace:
    """Make a workspace. `source_host` is where the source is; None: on the same host.

    Raises UserError with a reason and a hint for what cannot be done, before anything was changed.
    """
    if wish.mode not in (None, *WORKSPACE_MODES):
        raise UsageError(f"{wish.mode} is not a way to make a workspace", hint=f"one of {', '.join(WORKSPACE_MODES)}")
    for path in (wish.source, wish.target):
        if "\n" in path:
            raise UsageError(f"the path {path!r} holds a line break, and git cannot say such paths")
    wish = replace(wish, target=os.path.normpath(wish.target))
    job = Job(host, source_host or host, wish, git.read_branch(wish.branch), undo, report)
    if is_url(wish.source):
        return _from_url(job)
    if wish.depth is not None and job.source_host.address == host.address:
        raise UsageError("--depth is for a source on another host", hint="leave it out: nothing is sent here")
    if job.source_host.address != host.address:
        from mngr.sync import across

        return across.make(job)
    return _from_path(job)


def remove(host: Host, workspace: Workspace, *, force: bool = False) -> None:
    """Take back a workspace that mngr made: folder, worktree registration, and the branch if it is where it began.

    Works at any stage of `make`, also if it was planned and never begun, and again after it was itself interrupted.
    One that is whole is only removed when it holds nothing new (or with force, for one in which no program ran yet).
    Raises WorkAtRiskError.
    """
    if not workspace.made:
        return
    words = ["sync/remove.sh", workspace.folder, talk.marker(host, workspace.folder), workspace.repository or ""]
    words += [(workspace.branch or "") if workspace.branch_made else "", workspace.base_commit or ""]
    if host.whole_script([*words, "whole" if force else "half-made"]).text != "whole\n":
        return
    risks = at_risk(host, workspace)
    if risks:
        held = "; ".join(found.text for found in risks)
        raise WorkAtRiskError(f"the workspace {workspace.folder} holds work that exists nowhere else: {held}")
    host.whole_script([*words, "whole"])


def _from_path(job: Job) -> Workspace:
    wish = job.wish
    words = [wish.source, wish.target, talk.marker(job.host, wish.target), job.branch.base, _branch(job)]
    with talk.Talk(job.host, words) as script, files.StatusUnderWay(job.host, wish.source) as asked:
        sight = look.read(script.listen(), wish.source, job.branch.base)
        mode = mode_of(job.host, wish, sight)
        if mode in ("worktree", "mirror") and sight.root not in (None, sight.source):
            wish = replace(wish, source=str(sight.root))
        else:
            if wish.ensure_clean and sight.root:
                check_clean(asked.read(), sight)
            if mode == "none":
                return Workspace("none", sight.source, branch=sight.head_branch, base_commit=sight.head)
            return _make(job, sight, script, (mode, asked))
    return _from_path(replace(job, wish=wish))


def _make(job: Job, sight: look.Sight, script: talk.Talk, rest: tuple[str, files.StatusUnderWay]) -> Workspace:
    mode, asked = rest
    if sight.target_taken:
        raise UserError(f"the folder {sight.target} exists and is not empty", hint="--target-path ANOTHER")
    planned: list[Workspace] = []
    job.undo.callback(remove_last, job.host, planned)
    makers = {"worktree": worktree.add, "mirror": mirror.from_path, "rsync": _copy}
    made = makers[mode](job, sight, script, planned)
    if mode != "rsync":
        _bring(job, sight, made, asked)
    script.tell("done")
    return made


def _from_url(job: Job) -> Workspace:
    wish = job.wish
    if wish.mode not in (None, "mirror"):
        raise UsageError(f"a git URL can only be cloned, not taken with --transfer {wish.mode}")
    with talk.Talk(job.host, ["", wish.target, talk.marker(job.host, wish.target), "", ""]) as script:
        if "target-taken" in script.listen().lines:
            raise UserError(f"the folder {wish.target} exists and is not empty", hint="--target-path ANOTHER")
        planned: list[Workspace] = []
        job.undo.callback(remove_last, job.host, planned)
        made = mirror.from_url(job, script, planned)
        if submodules.submodules(job.host, made.folder):
            job.report.note("submodules are not filled; in the workspace: git submodule update --init --recursive")
        script.tell("done")
    return made


def remove_last(host: Host, planned: list[Workspace]) -> None:
    """Take back what was planned last, if anything was."""
    if planned:
        # All that is in it was brought or made by this very attempt.
        remove(host, planned[-1], force=True)


def _branch(job: Job) -> str:
    """Return the branch whose existence matters."""
    wanted = job.branch
    return wanted.base if wanted.on_base else wanted.new or git.check_branch(job.wish.default_branch)


def mode_of(host: Host, wish: WorkspaceWish, sight: look.Sight) -> str:
    """Return the way a workspace is made from a source on a host. Raises UserError when it cannot be."""
    mode = wish.mode or ("worktree" if sight.repository else "rsync")
    if mode == "worktree" and f"{sight.repository}/".startswith(f"{host.paths.worktrees}/"):
        # The repository is another agent's own: a worktree of it would be gone with that agent.
        if wish.mode:
            raise UserError(f"the repository of {wish.source} is an agent's own and goes with it", "--transfer mirror")
        mode = "mirror"
    if mode in ("worktree", "mirror"):
        if sight.repository is None:
            raise UserError(f"{wish.source} is not a git repository", hint="--transfer rsync")
        if sight.head is None:
            raise UserError(f"the repository {wish.source} has no commit yet", hint="commit, or use --transfer rsync")
    elif wish.branch is not None:
        raise UsageError(f"--branch does not go with --transfer {mode}")
    return mode


def check_clean(dirty: git.Status, sight: look.Sight) -> None:
    """Raise UserError unless a working tree is clean."""
    if not dirty.clean:
        more = f" and {len(dirty.paths) - 3} more" if len(dirty.paths) > 3 else ""
        raise UserError(
            f"{sight.root} has uncommitted changes or untracked files: {', '.join(dirty.paths[:3])}{more}",
            hint="commit or stash them, or leave out --ensure-clean",
        )


def _copy(job: Job, sight: look.Sight, script: talk.Talk, planned: list[Workspace]) -> Workspace:
    if sight.source == "/":
        raise UserError("all of / cannot be a workspace's source", hint="--from FOLDER, or --transfer none")
    if sight.source == sight.root and sight.repository != f"{sight.root}/.git":
        raise UserError(
            f"{sight.source} is a worktree or submodule: a copy would share its git state",
            hint="--transfer worktree or mirror",
        )
    job.report.step("files")
    plan = Workspace("rsync", job.wish.target, made=True, source=sight.source, base_commit=sight.head)
    if sight.source == sight.root:
        plan = replace(plan, branch=sight.head_branch)
    planned.append(plan)
    job.report.planned(plan)
    answer = script.tell("folder", *(inside(sight.source, path) for path in (job.host.paths.folder, sight.target)))
    failed = any("[receiver]" in line or "[generator]" in line for line in answer.lines)
    if not answer.done or failed:
        raise CommandError(f"{sight.source} could not be copied: {answer.complaint}")
    for note in files.notes_on_single_files(answer.lines):
        job.report.note(note)
    return plan


def inside(folder: str, path: str) -> str:
    """Return path relative to a folder it is in, as a pattern that matches nothing else; "" if it is not in it."""
    if not path.startswith(f"{folder.rstrip('/')}/"):
        return ""
    relative = path[len(folder.rstrip("/")) + 1 :]
    if not _WILD.intersection(relative):
        return relative
    return "".join(f"\\{character}" if character in _WILD else character for character in relative)


def _bring(job: Job, sight: look.Sight, made: Workspace, asked: files.StatusUnderWay) -> None:
    """Bring what the source's working tree has and its commits have not."""
    if sight.root is None:
        return
    way = files.Way(sight.root, made.folder, job.wish.target)
    at_head = made.base_commit == sight.head
    carried = at_head and job.wish.include_unclean is not False
    notes: list[str] = []
    if job.wish.include_unclean is not False:
        dirty = without(asked.read(), inside(sight.root, sight.target))
        if not carried and not dirty.clean:
            job.report.note(f"uncommitted changes stay behind: they belong to HEAD, not to {job.branch.base}")
        elif not dirty.clean:
            job.report.step("uncommitted files")
            notes += files.carry(job.host, way, dirty)
    if sight.has_submodules:
        job.report.step("submodules")
        notes += submodules.fill(job.host, way, with_changes=carried)
    if job.wish.include_ignored or sight.has_include_file:
        notes += _bring_ignored(job, way, at_head=at_head)
    for note in notes:
        job.report.note(note)


def _bring_ignored(job: Job, way: files.Way, *, at_head: bool) -> list[str]:
    return files.copy(job.host, way, ignored_of(job, way.source, way.target, at_head=at_head))


def ignored_of(job: Job, source: str, target: str, *, at_head: bool) -> list[str]:
    """Return the ignored files of a working tree that come along."""
    job.report.step("ignored files")
    patterns = None if job.wish.include_ignored else f"{source}/{INCLUDE_FILE}"
    paths = files.ignored(job.source_host, source, patterns)
    kept_out = [inside(source, folder) for folder in (job.source_host.paths.folder, target)]
    paths = [path for path in paths if not any(kept and f"{path}/".startswith(f"{kept}/") for kept in kept_out)]
    if not at_head and paths:
        known = files.tracked(job.host, target)
        paths = [path for path in paths if path not in known]
    return paths


def without(dirty: git.Status, target: str) -> git.Status:
    """Return what is dirty, but for what lies in a folder of the working tree."""
    if not target:
        return dirty
    outside = {
        name: [path for path in paths if not f"{path}/".startswith(f"{target}/")]
        for name, paths in (("untracked", dirty.untracked), ("nested", dirty.nested))
    }
    return replace(dirty, **outside)
