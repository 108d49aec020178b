"""Large files that git-lfs keeps beside a repository, brought to a workspace on another host by way of its store."""

from __future__ import annotations

from mngr.sync import carry, git, talk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.sync.job import Job, Report
    from mngr.sync.store import Store, Wanted

_SCRIPT = "sync/large_files.sh"


def bring(there: Store, wanted: Wanted, report: Report) -> None:
    """Bring what a repository has of large files, with a depth only those of its commit. Raises CommandError."""
    source, host = wanted.host, there.host
    had = source.script([_SCRIPT, "list", wanted.repository, wanted.commit if wanted.depth else ""]).out
    missing = host.script([_SCRIPT, "missing", there.folder], had).text.split() if had else []
    if not missing:
        return
    report.step("large files")
    out = source.script_command(["sync/carry.sh", "out", f"{wanted.repository}/lfs/objects"])
    paths = git.nul_list([f"{name[:2]}/{name[2:4]}/{name}" for name in missing])
    carry.unpack((source, out, paths), (host, host.script_command([_SCRIPT, "take", there.folder])), there.folder)
    left = host.script([_SCRIPT, "missing", there.folder], "".join(f"{name}\n" for name in missing).encode())
    if count := len(left.text.split()):
        report.note(f"{_large_files(count)} stayed behind: damaged, or not to be read, in {wanted.repository}/lfs")


def fill(job: Job, folder: str, store: str) -> None:
    """Put the large files of a store in place of the pointers of a clone of it; say which stay pointers."""
    said = job.host.script([_SCRIPT, "fill", folder, store, talk.marker(job.host, job.wish.target)]).text.split()
    if not said:
        return
    count, lacking = int(said[1]), int(said[-1])
    are = f"{_large_files(count)} in {folder} {'are pointers' if count > 1 else 'is a pointer'}"
    if said[0] == "pointers":
        job.report.note(f"{are}, for the content did not come; there: git lfs pull")
        return
    how = "git lfs install --local --skip-repo --force && git lfs " + ("pull" if lacking else "checkout")
    job.report.note(f"{are}, for git-lfs is not on {job.host.address}; once it is, there: {how}")


def _large_files(count: int) -> str:
    return f"{count} large file{'s' if count > 1 else ''}"
