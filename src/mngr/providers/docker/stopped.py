"""What is in containers that do not run: their agents' records, and any file."""

from __future__ import annotations

import os
import time

from mngr.config import atomic, paths
from mngr.model.errors import CommandError, NotFoundError
from mngr.providers.docker.engine import ASK_SECONDS, complaint
from mngr.providers.docker.found import ContainerHosts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from mngr.providers.docker.containers import Container

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

        They are read once for each time that the container ended. When that was is asked only where it may have been
        after they were last known to be right, and then for all at once.
        """
        container: Container = host.container
        if container.state == "paused":  # it has not ended, and was at work since it was last frozen
            return list(self._records(host))
        kept = _read(cache := self._cache(container))
        if kept and self._is_sure(container):
            return kept[1:]
        asked_at = time.time()
        end = self._end(container)
        if end and kept[:1] == [end.encode()]:
            os.utime(cache, (asked_at, asked_at))
            return kept[1:]
        records = list(self._records(host))
        os.makedirs(os.path.dirname(cache), mode=0o700, exist_ok=True)
        atomic.write(cache, b"\n".join([end.encode(), *records]), lasting=False)
        os.utime(cache, (asked_at, asked_at))
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

    def _cache(self, container: Container) -> str:
        """Return the file of what was read; its time is when that was last known to be right."""
        return f"{paths.UserPaths(paths.host_dir(self._environ)).cache}/containers/{container.id}"

    def _is_sure(self, container: Container) -> bool:
        """Tell whether a container ended for the last time before what was read of it was known to be right."""
        if self._found.get(container.id) is not container:
            return False
        try:
            known_at = os.stat(self._cache(container)).st_mtime
        except OSError:
            return False
        return self._found_at - container.ended_before_seconds < known_at <= self._found_at

    def _end(self, container: Container) -> str:
        """Return when a container ended; all of which that is not sure are asked for together, once."""
        with self._lock:
            if container.id not in self._ends:
                others = [each for each in self._found.values() if each.host_id and each.state != "running"]
                ids = {each.id for each in others if not self._is_sure(each)} | {container.id}
                words = ["inspect", "--format={{.Id}} {{.State.FinishedAt}}", *sorted(ids)]
                told = self._engine.run(*words, seconds=2 * ASK_SECONDS, check=False).text
                for id, _, end in (line.partition(" ") for line in told.splitlines()):
                    self._ends[id] = end
            return self._ends.get(container.id, "")

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
