"""What is in containers that do not run: their agents' records, and any file."""

from __future__ import annotations

import os

from mngr.config import atomic, paths
from mngr.model.errors import CommandError, NotFoundError
from mngr.providers.docker.engine import ASK_SECONDS, complaint
from mngr.providers.docker.found import ContainerHosts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

MISSING = ("Could not find the file", "No such container:path", "no such file or directory", "could not be found")
LARGEST_RECORD = 4_000_000  # as the probe has it
MOST_RECORDS = 10_000


class StoppedHosts(ContainerHosts):
    """Reads files of containers that do not run."""

    def __init__(
        self, environ: Mapping[str, str], name: str = "docker", settings: Mapping[str, Any] | None = None
    ) -> None:
        import _thread

        super().__init__(environ, name, settings)
        self._lock = _thread.allocate_lock()

    def agent_records(self, host: Any) -> Iterable[bytes]:
        """Return the records of a stopped host's agents, a line each.

        They are read once for each time that the container ended; that it did, and when, is asked for all at once.
        """
        end = self._end(host.container.id)
        cache = f"{paths.UserPaths(paths.host_dir(self._environ)).cache}/containers/{host.container.id}"
        kept = _read(cache)
        if end and kept[:1] == [end.encode()]:
            return kept[1:]
        records = list(self._records(host))
        os.makedirs(os.path.dirname(cache), mode=0o700, exist_ok=True)
        atomic.write(cache, b"\n".join([end.encode(), *records]), lasting=False)
        return records

    def archive(self, host: Any, path: str) -> bytes:
        """Return a folder or file of a stopped host as a tar archive. Raises NotFoundError."""
        copied = self._engine.run("cp", f"{host.container.id}:{path}", "-", check=False)
        if copied.code == 0:
            return copied.out
        said = complaint(copied)
        if any(sign in said for sign in MISSING):
            raise NotFoundError(f"there is no {path} on '{host.name}'")
        raise CommandError(f"{path} of '{host.name}' could not be read: {said}", copied)

    def _end(self, container_id: str) -> str:
        """Return when a container ended; all that are known to have are asked for together, once."""
        with self._lock:
            if container_id not in self._ends:
                ids = {each.id for each in self._found if each.host_id and each.state != "running"} | {container_id}
                words = ["inspect", "--format={{.Id}} {{.State.FinishedAt}}", *sorted(ids)]
                told = self._engine.run(*words, seconds=2 * ASK_SECONDS, check=False).text
                for id, _, end in (line.partition(" ") for line in told.splitlines()):
                    self._ends[id] = end
            return self._ends.get(container_id, "")

    def _records(self, host: Any) -> Iterable[bytes]:
        """Read the records out of the folder of agents, which comes as a stream: it may be large."""
        import tarfile

        copying = self._engine.start("cp", f"{host.container.id}:{host.paths.agents}", "-")
        with copying, os.fdopen(os.dup(copying.stdout), "rb") as stream:
            try:
                with tarfile.open(fileobj=stream, mode="r|") as archive:
                    found = 0
                    for entry in archive:
                        parts = entry.name.split("/")
                        plain = entry.isreg() and entry.size <= LARGEST_RECORD
                        if not plain or len(parts) != 3 or parts[2] != "record.json" or found >= MOST_RECORDS:
                            continue
                        file = archive.extractfile(entry)
                        if file is not None:
                            found += 1
                            yield b" ".join(file.read().splitlines())
            except tarfile.ReadError as error:
                said = copying.finish()
                if not any(sign in said for sign in MISSING):
                    raise CommandError(f"the agents of '{host.name}' could not be read: {said}") from error


def _read(path: str) -> list[bytes]:
    try:
        with open(path, "rb") as file:
            return file.read().split(b"\n")
    except OSError:
        return []
