"""Submodules of a workspace whose source is on another host, each filled from a store of its own repository there."""

from __future__ import annotations

from mngr.model.errors import CommandError
from mngr.sync import carry, files, large_files, mirror, talk
from mngr.sync.store import Store, Wanted, bring, place
from mngr.sync.submodules import look, submodules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.files import Way
    from mngr.sync.job import Job
    from mngr.sync.submodules import Filled, Submodule


def fill(job: Job, way: Way, *, with_changes: bool) -> None:
    """Fill the submodules that are filled in the source, and theirs.

    They get the recorded commits, or with changes what the source has checked out and not committed.
    """
    for submodule in submodules(job.host, way.target):
        seen = look(job.source_host, way.source, submodule)
        if seen is None:
            continue
        inner = submodule.below(way)
        try:
            _fill_one(job, way, submodule, (seen, seen.head if with_changes else submodule.commit))
        except CommandError as error:
            raise submodule.not_filled(error.message, inner.source, error.hint) from None
        if with_changes:
            carry.changes(job, inner, files.status(job.source_host, inner.source), [])
        fill(job, inner, with_changes=with_changes)


def _fill_one(job: Job, way: Way, submodule: Submodule, what: tuple[Filled, str]) -> None:
    """Clone what a submodule of the source is filled with, and check out a commit of it."""
    seen, commit = what
    inner = submodule.below(way)
    origin = mirror.origin_of(job.source_host, inner.source, None) if seen.origin else ""
    wanted = Wanted(job.source_host, seen.repository, commit, origin, job.wish.depth)
    folder = place(job.host, wanted)
    words = [folder, way.target, submodule.path, submodule.name, commit, origin, talk.marker(job.host, way.workspace)]
    with Store(job.host, folder, commit) as held:
        bring(held, wanted)
        large_files.bring(held, wanted, job.report)
        job.host.script(["sync/submodule.sh", "fill-from-store", *words])
    large_files.fill(job, inner.target, folder)
