"""Brings a repository's branches, tags and one commit to a store on another host; only what is missing is sent."""

from __future__ import annotations

import os
import zlib

from mngr.model.errors import CommandError
from mngr.model.value import value
from mngr.sync import git
from mngr.transports.piped import pour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host

LOCK_SECONDS = 3600.0  # somebody else's first copy of a large repository takes its time
ANSWER_SECONDS = 120.0
NO_GIT = 127


@value
class Wanted:
    """What is wanted of a repository on a host: a commit with all refs, or with so many commits before it alone."""

    host: Host
    repository: str  # git's common folder
    commit: str
    origin: str = ""  # where it was cloned from; its clones share a store
    depth: int | None = None
    branch: str = "main"  # what the commit is the end of, where only some are wanted


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


def place(there: Host, wanted: Wanted) -> str:
    """Return the folder of the store: the same for all clones of one origin, else for one repository."""
    text = wanted.origin or f"{wanted.host.address}:{wanted.repository}"
    name = text.rstrip("/").removesuffix("/.git").removesuffix(".git").replace(":", "/").rpartition("/")[2]
    plain = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name)[:40]
    key = f"{plain or 'repository'}-{zlib.crc32(text.encode('utf-8', 'surrogateescape')):08x}"
    shallow = f"-{wanted.depth}" if wanted.depth else ""  # what is cut off here must not be so for others
    return f"{there.paths.folder}/repositories/{key}{shallow}.git"


def bring(there: Store, wanted: Wanted) -> None:
    """Bring what is wanted of a repository to a store on another host. Raises CommandError."""
    if not wanted.depth:
        _bring_all(wanted.host, wanted.repository, there, wanted.commit)
        return
    host, commit = wanted.host, wanted.commit
    some = f"{host.paths.folder}/making/{commit}-{wanted.depth}-{os.getpid()}.git"
    try:
        host.script(["sync/shallow.sh", wanted.repository, some, str(wanted.depth), commit, wanted.branch])
        _bring_all(host, some, there, commit)
    finally:
        host.run(["rm", "-rf", "--", some], check=False)


def _bring_all(source: Host, repository: str, there: Store, commit: str) -> None:
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
