"""A workspace as a worktree of the source's repository."""

from __future__ import annotations

from mngr.model.agent import Workspace
from mngr.sync.job import new_branch, not_made, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.job import Job
    from mngr.sync.look import Sight
    from mngr.sync.talk import Talk


def add(job: Job, sight: Sight, script: Talk, planned: list[Workspace]) -> Workspace:
    """Add a worktree; `planned` ends with what was tried last.

    The branch is chosen again when another process was faster and took the default name.
    """
    commit, base_branch = start(job, sight)
    job.report.step("worktree")
    taken: list[str] = []
    while True:
        new = new_branch(job, sight, taken)
        planned.append(_plan(job, sight, new, (commit, base_branch)))
        job.report.planned(planned[-1])
        answer = script.tell("worktree", str(sight.repository), new, commit if new else job.branch.base)
        if answer.done:
            return planned[-1]
        if job.branch.new or not new or f"'{new}' already exists" not in answer.complaint:
            raise not_made(answer.complaint, job.branch.base)
        taken.append(new)


def _plan(job: Job, sight: Sight, new: str, base: tuple[str, str | None]) -> Workspace:
    return Workspace(
        "worktree",
        job.wish.target,
        made=True,
        source=sight.root or sight.source,
        repository=sight.repository,
        branch=new or job.branch.base,
        branch_made=bool(new),
        base_branch=base[1],
        base_commit=base[0],
    )
