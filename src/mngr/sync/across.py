"""A workspace whose source is on another host: its repository comes through a store there, its files as an archive."""

from __future__ import annotations

import os

from mngr.config.paths import home
from mngr.model.agent import Workspace
from mngr.model.errors import CommandError, UsageError, UserError
from mngr.model.value import replace
from mngr.sync import carry, far_submodules, files, git, large_files, look, mirror, talk
from mngr.sync.job import start
from mngr.sync.store import Store, Wanted, bring, place
from mngr.sync.workspace import check_clean, ignored_of, inside, mode_of, remove_last, without

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.job import Job


def make(job: Job) -> Workspace:
    """Make a workspace on one host from a source on another: a clone, or a copy of a folder."""
    sight = _sight(job)
    mode = mode_of(job.source_host, job.wish, sight)
    if job.wish.mode in ("worktree", "none"):
        raise UsageError(
            f"--transfer {job.wish.mode} needs a source on {job.host.address} itself",
            hint="--transfer mirror (a clone), or rsync (a copy)",
        )
    if mode != "rsync" and sight.root not in (None, sight.source):
        return make(replace(job, wish=replace(job.wish, source=str(sight.root))))
    if job.wish.ensure_clean and sight.root:
        check_clean(files.status(job.source_host, str(sight.root)), sight)
    return _copy(job, sight) if mode == "rsync" else _mirror(job, sight)


def _sight(job: Job) -> look.Sight:
    wish, host = job.wish, job.source_host
    branch = job.branch.base if job.branch.on_base else job.branch.new or git.check_branch(wish.default_branch)
    words = [wish.source, wish.target, talk.marker(host, wish.target), job.branch.base, branch]
    with talk.Talk(host, words) as script:
        return look.read(script.listen(), wish.source, job.branch.base)


def _mirror(job: Job, sight: look.Sight) -> Workspace:
    origin = mirror.origin_of(job.source_host, sight.source, sight.root)
    commit, _ = start(job, sight)
    job.report.step("repository")
    branch = sight.base_branch or job.branch.base or sight.head_branch or "main"
    wanted = Wanted(job.source_host, str(sight.repository), commit, origin, job.wish.depth, branch)
    folder = place(job.host, wanted)
    with Store(job.host, folder, commit) as held:
        bring(held, wanted)
        large_files.bring(held, wanted, job.report)
    there = replace(sight, source=folder, repository=None, root=None)
    with _Making(job) as making:
        made = mirror.clone(job, there, making.script, making.planned, (origin, "tracked" if origin else ""))
        made = replace(made, copied_from=_address_of(job, str(sight.root or sight.source)))
        mirror.introduce(job, sight.source, made.folder)
        large_files.fill(job, made.folder, folder)
        _bring_uncommitted(job, sight, made)
        making.done()
    return made


class _Making:
    """A folder on the workspace's host, marked as half-made until all is in it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.planned: list[Workspace] = []
        self.script = talk.Talk(job.host, ["", job.wish.target, talk.marker(job.host, job.wish.target), "", ""])

    def __enter__(self) -> _Making:
        self.script.__enter__()
        try:
            if "target-taken" in self.script.listen().lines:
                raise UserError(f"the folder {self.job.wish.target} exists and is not empty", "--target-path ANOTHER")
        except BaseException as error:
            self.script.__exit__(type(error))
            raise
        self.job.undo.callback(remove_last, self.job.host, self.planned)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.script.__exit__(kind)

    def done(self) -> None:
        """Say that nothing is missing any more."""
        self.script.tell("done")


def _copy(job: Job, sight: look.Sight) -> Workspace:
    if sight.source == "/":
        raise UserError("all of / cannot be a workspace's source", hint="--from FOLDER")
    if sight.source == os.path.realpath(job.source_host.home or home(os.environ)):
        raise UserError(
            "all of your home, with your keys and logins, is not sent to another host",
            hint="go to a project, or: --from FOLDER; to work in a folder there: --transfer none",
        )
    if sight.source == sight.root and sight.repository != f"{sight.root}/.git":
        raise UserError(
            f"{sight.source} is a worktree or submodule: a copy would be no repository", "--transfer mirror"
        )
    job.report.step("files")
    origin = _address_of(job, sight.source)
    plan = Workspace("rsync", job.wish.target, made=True, base_commit=sight.head, copied_from=origin)
    if sight.source == sight.root:
        plan = replace(plan, branch=sight.head_branch)
    with _Making(job) as making:
        making.planned.append(plan)
        job.report.planned(plan)
        answer = making.script.tell("room")
        if not answer.done:
            raise CommandError(f"{plan.folder} could not be made: {answer.complaint}")
        left = [".git/worktrees", inside(sight.source, job.source_host.paths.folder)]
        words = [f"--exclude=./{path}" for path in left if path]
        carry.send(job, ["tar", "-C", sight.source, "-cf", "-", *words, "."], plan.folder)
        making.done()
    return plan


def _address_of(job: Job, folder: str) -> str:
    """Return where a folder of the source's host is, as a record says it."""
    return f"@{job.source_host.address}:{folder}"


def _bring_uncommitted(job: Job, sight: look.Sight, made: Workspace) -> None:
    """Bring what is uncommitted, untracked, or ignored and asked for, and the submodules."""
    if sight.root is None:
        return
    wish, at_head = job.wish, made.base_commit == sight.head
    way = files.Way(sight.root, made.folder, wish.target)
    dirty = git.Status()
    if wish.include_unclean is not False:
        found = without(files.status(job.source_host, way.source), inside(way.source, job.source_host.paths.folder))
        if not at_head and not found.clean:
            job.report.note(f"uncommitted changes stay behind: they belong to HEAD, not to {job.branch.base}")
        elif not found.clean:
            job.report.step("uncommitted files")
            dirty = found
    more: list[str] = []
    if wish.include_ignored or sight.has_include_file:
        more = ignored_of(job, way.source, way.target, at_head=at_head)
    carry.changes(job, way, dirty, more)
    if sight.has_submodules:
        job.report.step("submodules")
        far_submodules.fill(job, way, with_changes=at_head and wish.include_unclean is not False)
