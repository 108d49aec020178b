"""A workspace whose source is on another host: its repository comes through a store there, its files as an archive."""

from __future__ import annotations

import os
import zlib

from mngr.config.paths import home
from mngr.model.agent import Workspace
from mngr.model.errors import CommandError, UsageError, UserError
from mngr.model.value import replace
from mngr.sync import files, git, look, mirror, talk
from mngr.sync.job import start
from mngr.sync.store import Store, bring
from mngr.sync.workspace import check_clean, ignored_of, inside, mode_of, remove_last, without
from mngr.transports.piped import pour

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
    origin = mirror.origin_of(job, sight)
    commit, _ = start(job, sight)
    job.report.step("repository")
    shallow = f"-{job.wish.depth}" if job.wish.depth else ""  # what is cut off here must not be so for others
    store = f"{job.host.paths.folder}/repositories/{_key(job, sight, origin)}{shallow}.git"
    with Store(job.host, store, commit) as held:
        if job.wish.depth:
            _bring_some(job, sight, held, commit)
        else:
            bring(job.source_host, str(sight.repository), held, commit)
    there = replace(sight, source=store, repository=store, root=None)
    with _Making(job) as making:
        made = mirror.clone(job, there, making.script, making.planned, (origin, "tracked" if origin else ""))
        mirror.introduce(job, sight.source, made.folder)
        _carry(job, sight, made)
        if sight.has_submodules:
            job.report.note("submodules are not filled; in the workspace: git submodule update --init --recursive")
        making.done()
    return made


def _bring_some(job: Job, sight: look.Sight, held: Store, commit: str) -> None:
    """Bring a commit and so many before it, as the wish says, by way of a repository that has no more than these."""
    host, branch = job.source_host, job.branch.base or sight.head_branch or "main"
    some = f"{host.paths.folder}/making/{commit}-{job.wish.depth}-{os.getpid()}.git"
    try:
        words = [str(sight.repository), some, str(job.wish.depth), commit, sight.base_branch or branch]
        host.script(["sync/shallow.sh", *words])
        bring(host, some, held, commit)
    finally:
        host.run(["rm", "-rf", "--", some], check=False)


def _key(job: Job, sight: look.Sight, origin: str) -> str:
    """Return the name of the store: the same for all clones of one origin, else for one repository."""
    text = origin or f"{job.source_host.address}:{sight.repository}"
    name = text.rstrip("/").removesuffix("/.git").removesuffix(".git").replace(":", "/").rpartition("/")[2]
    plain = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name)[:40]
    return f"{plain or 'repository'}-{zlib.crc32(text.encode('utf-8', 'surrogateescape')):08x}"


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
    plan = Workspace("rsync", job.wish.target, made=True, base_commit=sight.head)
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
        out = ["tar", "-C", sight.source, "-cf", "-", *words, "."]
        _notes(job, _send(job, out, plan.folder, apart=True))  # a whole folder would keep others waiting
        making.done()
    return plan


def _carry(job: Job, sight: look.Sight, made: Workspace) -> None:
    """Bring what is uncommitted, untracked, or ignored and asked for."""
    if sight.root is None:
        return
    wish, at_head = job.wish, made.base_commit == sight.head
    paths: list[str] = []
    gone: list[str] = []
    if wish.include_unclean is not False:
        dirty = without(files.status(job.source_host, sight.root), inside(sight.root, job.source_host.paths.folder))
        if not at_head and not dirty.clean:
            job.report.note(f"uncommitted changes stay behind: they belong to HEAD, not to {job.branch.base}")
        elif not dirty.clean:
            job.report.step("uncommitted files")
            files.take_away(job.host, made.folder, made.folder, dirty)
            gone = dirty.gone
            nested, notes = files.nested(job.source_host, sight.root, dirty)
            paths = [*dirty.changed, *dirty.untracked, *nested]
            for note in notes:
                job.report.note(note)
    if wish.include_ignored or sight.has_include_file:
        paths += ignored_of(job, sight.root, made.folder, at_head=at_head)
    if paths:
        out = job.source_host.script_command(["sync/carry.sh", "out", sight.root])
        _notes(job, _send(job, out, made.folder, git.nul_list(paths)))
    if paths or gone:
        job.host.script(["sync/carry.sh", "brought", made.folder], git.nul_list(gone))


def _notes(job: Job, said: list[str]) -> None:
    for note in files.notes_on_single_files(said):
        job.report.note(note)


def _send(job: Job, out: list[str], folder: str, input: bytes = b"", *, apart: bool = False) -> list[str]:
    """Unpack in a folder of the workspace's host what a command on the source's host packs; return what that said."""
    into = ["sync/carry.sh", "in", folder, talk.marker(job.host, job.wish.target)]
    unpack = job.host.script_command(into)
    with job.host.spawn(unpack, apart=apart) as sink, job.source_host.spawn(out, apart=apart) as source:
        sent, complaint = pour(source, sink, input)
        if complaint is not None:
            said = "\n".join(complaint.splitlines()[-5:])
            raise CommandError(
                f"the files could not be brought to {folder}: {said}",
                sent,
                hint=f"is there room? mngr doctor @{job.host.address}",
            )
    said = sent.err.decode("utf-8", "replace").splitlines()
    if sent.code != 0 and len(files.notes_on_single_files(said)) < 1:
        raise CommandError(f"the files could not be brought to {folder}: {sent.complaint}", sent)
    return said
