"""Files brought to a workspace from another host, as an archive."""

from __future__ import annotations

from mngr.model.errors import CommandError
from mngr.sync import files, git, talk
from mngr.transports.piped import pour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.files import Way
    from mngr.sync.job import Job
    from mngr.transports.host import Host


def changes(job: Job, way: Way, dirty: git.Status, more: list[str]) -> None:
    """Bring what is uncommitted and untracked, and more files by their paths; take away what is deleted."""
    files.take_away(job.host, way.target, way.workspace, dirty)
    nested, notes = files.nested(job.source_host, way.source, dirty)
    for note in notes:
        job.report.note(note)
    paths = [*dirty.changed, *dirty.untracked, *nested, *more]
    if paths:
        out = job.source_host.script_command(["sync/carry.sh", "out", way.source])
        send(job, out, way.target, git.nul_list(paths))


def send(job: Job, out: list[str], folder: str, paths: bytes = b"") -> None:
    """Unpack in a folder of the workspace's host what a command packs on the source's; say which files stayed behind.

    Without paths it is a whole folder, which would keep others waiting: it goes over a connection of its own.
    """
    into = job.host.script_command(["sync/carry.sh", "in", folder, talk.marker(job.host, job.wish.target)])
    for note in unpack((job.source_host, out, paths), (job.host, into), folder, apart=not paths):
        job.report.note(note)


def unpack(
    source: tuple[Host, list[str], bytes], there: tuple[Host, list[str]], folder: str, *, apart: bool = True
) -> list[str]:
    """Let a command there unpack what one on the source's host packs of paths; return notes on files that it could not.

    `apart`: over a connection of its own. Raises CommandError.
    """
    (host, out, paths), (target, into) = source, there
    with target.spawn(into, apart=apart) as sink, host.spawn(out, apart=apart) as packed:
        sent, complaint = pour(packed, sink, paths)
        if complaint is not None:
            said = "\n".join(complaint.splitlines()[-5:])
            raise CommandError(
                f"the files could not be brought to {folder}: {said}",
                sent,
                hint=f"is there room? mngr doctor @{target.address}",
            )
    notes = files.notes_on_single_files(sent.err.decode("utf-8", "replace").splitlines())
    if sent.code != 0 and not notes:
        raise CommandError(f"the files could not be brought to {folder}: {sent.complaint}", sent)
    return notes
