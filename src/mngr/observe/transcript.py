"""What was said between an agent and those who talk to it, from its program's own record: whole, and as it goes on."""

from __future__ import annotations

from mngr.observe.record import ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.agent import AgentRecord
    from mngr.model.conversation import Entry
    from mngr.model.protocols import Converses
    from mngr.model.recorded import Part
    from mngr.transports.host import Host


def read(host: Host, record: AgentRecord, kind: Converses) -> list[Entry]:
    """Return all that was said, in order of time, what sub-agents said among it."""
    return Follower(host, record, kind).read(to_the_end=True)


class Follower:
    """Reads an agent's record, and what comes to it later; each entry once. It takes no lock."""

    def __init__(self, host: Host, record: AgentRecord, kind: Converses) -> None:
        self.gone = False  # whether the agent was destroyed
        self._host = host
        self._id = record.id
        self._conversations: list[str] = []
        self._reading = kind.reading(self._conversations)
        self._offsets: dict[str, int] = {}
        self._seen: dict[int, str] = {}  # in which file each entry was seen first

    def read(self, to_the_end: bool = False) -> list[Entry]:
        """Return what is new, in order of time. `to_the_end` takes a last line that nobody finished as it is."""
        answer = ask(self._host, {self._id: (self._offsets, ())})[self._id]
        self.gone = answer.place != "agents"
        self._conversations[:] = answer.conversations
        files = [self._new(part, part.half if to_the_end else b"") for part in answer.parts]
        self._offsets.update({part.path: part.end for part in answer.parts})
        return in_order(files)

    def _new(self, part: Part, half: bytes) -> list[Entry]:
        """Return the entries of a part, without those that another file, or an older state of this one, had too."""
        again = part.offset < self._offsets.get(part.path, 0)
        found: list[Entry] = []
        for entry in self._reading.read(part.path, part.content + half):
            key = _key(entry)
            first = self._seen.get(key)
            self._seen[key] = first or part.path
            if first is None or (not again and (entry.id is None or first == part.path)):
                found.append(entry)
        return found


def in_order(files: list[list[Entry]]) -> list[Entry]:
    """Merge the entries of files by time. Within a file they stay in order: those without a time go with the last."""
    timed: list[tuple[str, Entry]] = []
    for entries in files:
        latest = ""
        for entry in entries:
            latest = max(latest, entry.time or "")
            timed.append((latest, entry))
    return [entry for _, entry in sorted(timed, key=lambda pair: pair[0])]


def _key(entry: Entry) -> int:
    """Return what tells an entry from others; the program's own id may stand for several parts of one answer."""
    return hash((entry.id, entry.role, entry.kind, entry.call_id, entry.text, None if entry.id else entry.time))
