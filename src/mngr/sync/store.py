"""Brings a repository's branches, tags and one commit to a store on another host; only what is missing is sent."""

from __future__ import annotations

from mngr.model.errors import CommandError
from mngr.sync import git
from mngr.transports.piped import pour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host

LOCK_SECONDS = 3600.0  # somebody else's first copy of a large repository takes its time
ANSWER_SECONDS = 120.0
NO_GIT = 127


class Store:
    """A repository on a host that takes what others have, held by one alone for as long as the block runs."""

    def __init__(self, host: Host, folder: str, commit: str) -> None:
        self.host, self.folder = host, folder
        self.has_commit = False
        self.digest = ""
        self._process = host.spawn(host.script_command(["sync/store.sh", "hold", folder, commit]))

    def __enter__(self) -> Store:
        words = self._process.read_line(LOCK_SECONDS).decode().split()
        if len(words) != 3 or words[0] != "ready":
            said = self._process.finish()
            if self._process.wait() == NO_GIT:
                hint = f"install git there; mngr doctor @{self.host.address} tells what else is missing"
                raise CommandError(f"git is not on PATH on {self.host.address}", hint=hint)
            raise CommandError(f"{self.folder} cannot be made: {said}", hint="is the disk full or read-only?")
        self.has_commit, self.digest = words[1] == "1", words[2]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.close()
        self._process.wait(ANSWER_SECONDS)

    def order(self, *lines: str) -> list[str]:
        """Give an order and return the lines of its answer. Raises CommandError."""
        self._process.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
        answer: list[str] = []
        while (line := self._process.read_line(ANSWER_SECONDS)) not in (b"ok\n", b""):
            answer.append(line.decode("utf-8", "surrogateescape").rstrip("\n"))
        if not line or "failed" in answer:
            raise CommandError(f"{self.folder} cannot be written: {self._process.finish()}", hint="is the disk full?")
        return answer


def bring(source: Host, repository: str, there: Store, commit: str) -> None:
    """Bring a repository's refs, and a commit, to a store on another host. Raises CommandError."""
    digest, *refs = source.script(["sync/store.sh", "tell", repository]).text.splitlines()
    if there.has_commit and there.digest == digest:
        return
    known = there.order("refs")
    wanted = {commit, *(line.partition(" ")[0] for line in refs if not line.startswith("shallow "))}
    missing = sorted(wanted.difference(known))
    if missing:
        _send(source, repository, there, missing, known)
    there.order("set", *refs, f"{commit} refs/mngr/{commit}", ".")


def _send(source: Host, repository: str, there: Store, wanted: list[str], known: list[str]) -> None:
    had = _lines(known)
    excluded = source.script(["sync/store.sh", "known", repository], had).out if had else b""
    pack = [*git.GIT, f"--git-dir={repository}", "pack-objects", "--revs", "--stdout", "--thin", "--delta-base-offset"]
    unpack = [*git.GIT, f"--git-dir={there.folder}", "index-pack", "--stdin", "--fix-thin"]
    big = not known
    with there.host.spawn(unpack, apart=big) as sink, source.spawn([*pack, "-q"], apart=big) as packed:
        sent, complaint = pour(packed, sink, _lines(wanted) + excluded)
        if sent.code != 0 or complaint is not None:
            raise CommandError(
                f"the repository could not be brought to {there.host.address}: {sent.complaint or complaint}", sent
            )


def _lines(texts: list[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()
