"""A workspace as a clone, with an object store of its own: the source may go."""

from __future__ import annotations

import os

from mngr.model.agent import Workspace
from mngr.model.errors import UsageError, UserError
from mngr.model.value import replace
from mngr.sync import git, look
from mngr.sync.job import new_branch, not_made, start
from mngr.sync.url import is_url, read_url, without_secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.job import Job
    from mngr.sync.talk import Talk
    from mngr.transports.host import Host


def from_path(job: Job, sight: look.Sight, script: Talk, planned: list[Workspace]) -> Workspace:
    """Clone a repository on the same host; `origin` is what it is there, else the repository itself."""
    origin = origin_of(job.host, sight.source, sight.root)
    made = clone(job, sight, script, planned, (origin or sight.source, "tracked" if origin else ""))
    introduce(job, sight.source, made.folder)
    return made


def clone(job: Job, sight: look.Sight, script: Talk, planned: list[Workspace], origin: tuple[str, str]) -> Workspace:
    """Clone a repository on the same host. `origin`: what that of the clone is, if any, and whether it is tracked."""
    commit, base_branch = start(job, sight)
    new = new_branch(job, sight, [])
    plan = Workspace(
        "mirror",
        job.wish.target,
        made=True,
        source=sight.root or sight.source,
        branch=new or job.branch.base,
        branch_made=bool(new),
        base_branch=base_branch,
        base_commit=commit,
    )
    words = (sight.source, *origin, sight.repository or "", "", "")
    _clone(job, script, plan, planned, words)
    large = "" if job.source_host is job.host else "later"  # what comes from there alone is put in place
    _check_out(script, new, commit if new else job.branch.base, large)
    return plan


def from_url(job: Job, script: Talk, planned: list[Workspace]) -> Workspace:
    """Clone a URL. Credentials in it serve the clone and are kept nowhere."""
    url = read_url(job.wish.source)
    plan = Workspace("mirror", job.wish.target, made=True, source=url.text)
    _clone(job, script, plan, planned, (url.text, url.text, "", "", url.user, url.password))
    sight = _see_clone(job, script, url.text)
    commit, base_branch = start(job, sight)
    new = new_branch(job, sight, [])
    _check_out(script, new, commit if new else job.branch.base)
    return replace(
        plan, branch=new or job.branch.base, branch_made=bool(new), base_branch=base_branch, base_commit=commit
    )


def introduce(job: Job, source: str, folder: str) -> None:
    """Let a clone commit in the name that its source commits in, where that is not what its host knows anyway."""
    within = ["--local"] if job.source_host is job.host else []
    words = ["config", *within, "--null", "--get-regexp", r"^user\.(name|email)$"]
    found = job.source_host.run(git.command(source, *words), check=False).out.decode("utf-8", "surrogateescape")
    for key, text in dict(entry.split("\n", 1) for entry in found.split("\0") if "\n" in entry).items():
        job.host.run(git.command(folder, "config", key, text))


def origin_of(host: Host, folder: str, root: str | None) -> str:
    """Return the URL or path of a repository's own `origin`, without secrets; empty if it has none."""
    found = host.run(git.command(folder, "config", "--get", "remote.origin.url"), check=False)
    url = without_secrets(found.text.removesuffix("\n"))
    if not url or is_url(url):
        return url
    return os.path.normpath(os.path.join(root or folder, url))


def _clone(job: Job, script: Talk, plan: Workspace, planned: list[Workspace], words: tuple[str, ...]) -> None:
    """Clone: from where, what `origin` becomes, whether the source tracks it, its repository if here, credentials."""
    if any("\n" in word or "\0" in word for word in words):
        raise UsageError("a URL holds a line break")
    job.report.step("clone")
    planned.append(plan)
    job.report.planned(plan)
    answer = script.tell("clone", *words)
    if not answer.done:
        raise not_made(answer.complaint)


def _check_out(script: Talk, new: str, commit: str, large: str = "") -> None:
    answer = script.tell("check-out", new, commit, large)
    if not answer.done:
        raise not_made(answer.complaint)


def _see_clone(job: Job, script: Talk, url: str) -> look.Sight:
    facts = script.tell("clone-facts", job.branch.base or "HEAD")
    if len(facts.rest) < 2 or facts.rest[0] == "HEAD":
        raise UserError(f"the repository {url} has no commit yet", hint="push a first commit")
    branches = [name.removeprefix("refs/heads/") for name in facts.after("taken")]
    head, head_branch = facts.rest[0], facts.rest[1].removeprefix("refs/heads/")
    return look.Sight(
        target=job.wish.target,
        source=url,
        head=head,
        head_branch=head_branch,
        base=next(iter(facts.after("base")), None),
        base_branch=job.branch.base if job.branch.base in branches else None,
        branches=branches,
        has_submodules=".gitmodules" in facts.after("has"),
    )
