"""Which agents this very process runs inside of."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mngr.fleet.report import Agent

VARIABLE = "MNGR_AGENT_ID"
MOST_PARENTS = 1000


def surrounding(agents: Iterable[Agent]) -> list[Agent]:
    """Return those of some agents, on this machine, whose end would be that of this process, or of a parent of it."""
    ids = {os.environ.get(VARIABLE, ""), *_ids_of_parents()}
    return [agent for agent in agents if agent.record.id in ids and agent.host.transport.shares_files]


def _ids_of_parents() -> Iterator[str]:
    """Yield the ids in the environments of our parents, where /proc tells them: our own may have been emptied."""
    mark = f"{VARIABLE}=".encode()
    pid = os.getppid()
    for _ in range(MOST_PARENTS):
        words = _read(f"/proc/{pid}/environ").split(b"\0") if pid > 1 else []
        yield from (word[len(mark) :].decode("ascii", "replace") for word in words if word.startswith(mark))
        fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        if len(fields) < 2:
            return
        pid = int(fields[1])


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
