"""What can be seen of every agent on a host, in one go."""

from __future__ import annotations

from mngr.model.agent import RecordError, from_json
from mngr.model.errors import CommandError
from mngr.model.names import is_id
from mngr.model.observation import Exit, Observation, Pane, Sign
from mngr.model.value import value
from mngr.observe.state import SIGNALS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host

TRIES = 5
NO_RECORD = "it has no record"
NO_AGENT = "its session is of an agent that is no more"
_NO_SERVER = ("no server running on ", "error connecting to ", "no current target", "server exited", "lost server")


@value
class Probe:
    """All that was seen of a host. `now` is the host's clock, in seconds since 1970."""

    now: float
    observations: list[Observation]
    problems: list[str]  # what could not be looked at
    host_id: str | None = None


def look(host: Host, only: Iterable[str] = (), timeout_seconds: float | None = None) -> Probe:
    """Look at all agents of a host, or at least at those meant by some names, ids or first digits of ids.

    A session whose record has just gone, and a record whose session has, are looked at twice: what changes while
    it is looked at is not a contradiction.
    """
    words = list(only)
    said = _ask(host, words, timeout_seconds)
    if said.of_nobody:
        said = _ask(host, [], timeout_seconds)
    probe = said.probe(host.prefix)
    if not any(_contradicts(seen) for seen in probe.observations):
        return probe
    words = words if len(words) == 1 else []
    lost = [seen.agent_id for seen in probe.observations if _is_lost(seen) and seen.agent_id]
    return _ask(host, [*_servers(host, lost, timeout_seconds), *words], timeout_seconds).probe(host.prefix)


def parse(answer: bytes, prefix: str) -> Probe:
    """Read what `probe.sh` printed. Raises CommandError if it is not whole."""
    said = _Said()
    said.hear(answer)
    return said.probe(prefix)


def _ask(host: Host, words: list[str], timeout_seconds: float | None) -> _Said:
    """Ask a host, and read its answer while it comes.

    mawk gives up when a process ends while its state is read, which says nothing about the agents: asked again.
    """
    attempts_left = TRIES
    while True:
        attempts_left -= 1
        said = _Said()
        try:
            host.ask(["observe/probe.sh", host.paths.folder, host.tmux_socket, *words], said.hear, timeout_seconds)
        except CommandError as error:
            if not attempts_left or "No such process" not in error.message:
                raise
        else:
            return said


def _servers(host: Host, lost: list[str], timeout_seconds: float | None) -> list[str]:
    """Return the tmux servers where agents are that have no session on that of their host folder, as `+SOCKET`."""
    if not lost:
        return []
    script = ["observe/elsewhere.sh", host.paths.folder, host.tmux_socket, *lost]
    return [f"+{path}" for path in host.script(script, b"", timeout_seconds, check=False).text.splitlines()]


def _is_lost(seen: Observation) -> bool:
    """Tell whether it should run, and no session says that it does, or how it ended."""
    lives = seen.pane is not None and not seen.pane.dead
    return seen.wanted and not (lives or seen.exit or seen.launching or seen.foreground_alive is not None)


def _contradicts(seen: Observation) -> bool:
    orphan = seen.agent_id is not None and seen.record is None and (seen.pane is not None or seen.problem == NO_RECORD)
    return _is_lost(seen) or orphan


class _Said:
    """What the lines said so far."""

    def __init__(self) -> None:
        self.of_nobody = False  # some name or id was nobody's
        self.problems: list[str] = []
        self._now: float | None = None
        self._rest = b""
        self._ended_well = False
        self._agents: dict[str, dict[str, Any]] = {}
        self._panes: list[tuple[dict[str, Any], int]] = []
        self._server: str | None = None  # whose panes are being told, where it is not the folder's own
        self._reads: dict[int, bool] = {}
        self._programs: dict[int, str] = {}
        self._launching: set[int] = set()
        self._gone: set[str] = set()
        self._ended: dict[int, int] = {}
        self.host_id: str | None = None

    def hear(self, part: bytes) -> None:
        """Take in the next part of an answer, which may end within a line."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            kind, _, rest = line.partition(b" ")
            if self._now is not None:
                self._take(kind.decode("ascii", "replace"), rest)
            elif line.startswith(b"mngr-probe 1 "):
                self._now = float(line.split()[2])

    def probe(self, prefix: str) -> Probe:
        """Return what was seen. Raises CommandError if the answer is not whole."""
        if self._now is None or not self._ended_well or self._rest:
            raise CommandError("looking at the host's agents gave no answer that makes sense")
        return Probe(self._now, self._observations(prefix, self._now), self.problems, self.host_id)

    def _take(self, kind: str, rest: bytes) -> None:
        if kind in ("pane", "server", "tmux", "problem", "host"):
            self._take_of_host(kind, rest)
            return
        words = rest.split(b" ", 1)
        subject, text = words[0].decode("ascii", "replace"), words[1] if len(words) == 2 else b""
        if kind == "reads":
            self._reads[int(subject)] = text == b"1"
        elif kind == "runs":
            self._take_program(int(subject), text)
        elif kind == "ended":
            self._ended[int(subject)] = int(text)
        elif kind == "agent":
            self._agents[subject] = {"making": b"r" not in text, "wanted": b"w" in text}
        elif kind == "gone":
            if text in (b"record", b"making"):
                self._gone.add(subject)
        elif kind == "unknown":
            self.of_nobody = True
        elif kind == "end":
            self._ended_well = True
        else:
            self._take_of_agent(kind, self._agents[subject], subject, text)

    def _observations(self, prefix: str, now: float) -> list[Observation]:
        panes = self._first_panes(prefix)
        found = [
            self._observe(now, agent_id, (seen, panes.pop(agent_id, None)))
            for agent_id, seen in self._agents.items()
            if agent_id not in self._gone
        ]
        for pane in panes.values():
            orphan = {"problem": NO_AGENT} if pane["agent_id"] else {}
            found.append(self._observe(now, pane["agent_id"], (orphan, pane)))
        return found

    def _observe(
        self, now: float, agent_id: str | None, both: tuple[dict[str, Any], dict[str, Any] | None]
    ) -> Observation:
        seen, fields = both
        if fields is not None:
            fields = self._truly(fields)
            pid, dead = fields["pid"], fields["dead"]
            fields["program"] = fields["program"] or self._programs.get(pid, "")
            seen["pane"] = Pane(**fields)
            seen["launching"] = pid in self._launching and not dead
            seen["reads_terminal"] = None if dead else self._reads.get(pid)
        if agent_id and seen.get("record") is None and "problem" not in seen:
            seen["problem"] = NO_RECORD
        return Observation(now=now, agent_id=agent_id, **seen)

    def _truly(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return a pane with the end of its program that tmux has not noticed, as wait(2) would tell it."""
        told = self._ended.get(fields["pid"])
        if told is None:
            return fields
        signal = told & 127
        end = {"dead": True, "dead_status": None if signal else told >> 8, "dead_signal": signal or None}
        return {**fields, **end}

    def _first_panes(self, prefix: str) -> dict[str, dict[str, Any]]:
        """Return the pane of each session's program: the oldest of window 0, or of all where mngr did not make it."""
        first: dict[str, dict[str, Any]] = {}
        for pane, window in self._panes:
            agent_id, session = pane["agent_id"], pane["session"]
            if window != 0 if agent_id else not session.startswith(prefix):
                continue
            key = agent_id or f"session {session}"
            if pane["server"]:  # a session that lives there counts, whatever is left of one here
                if key in self._agents and (key not in first or (first[key]["dead"] and not pane["dead"])):
                    first[key] = pane
                continue
            if key not in first or int(pane["pane_id"][1:]) < int(first[key]["pane_id"][1:]):
                first[key] = pane
        return first

    def _take_program(self, pid: int, text: bytes) -> None:
        reads, launching, program = _text(text).split(" ", 2)
        self._programs[pid] = program
        if reads == "0":
            self._reads[pid] = False
        if launching == "1":
            self._launching.add(pid)

    def _take_of_host(self, kind: str, rest: bytes) -> None:
        text = _text(rest)
        if kind == "pane":
            try:
                pane, window = _pane(text)
                self._panes.append(({**pane, "server": self._server}, window))
            except ValueError:
                self.problems.append("tmux showed a pane that makes no sense")
        elif kind == "server":
            self._server = text
        elif kind == "host":
            self.host_id = _host_id(rest)
        elif kind == "problem":
            self.problems.append(text)
        elif not text.startswith(_NO_SERVER) or "denied" in text:
            self.problems.append(text if text.startswith("tmux") else f"tmux: {text}")

    def _take_of_agent(self, kind: str, seen: dict[str, Any], agent_id: str, text: bytes) -> None:
        if kind in ("record", "making"):
            record = _record(text, agent_id)
            seen["record" if not isinstance(record, str) else "problem"] = record
        elif kind == "exit":
            seen["exit"] = _exit(text)
        elif kind == "sign":
            seen["signs"] = [*seen.get("signs", ()), *_sign(text)]
        elif kind in ("asked", "registry"):
            seen[kind] = _text(text)
        elif kind == "stopped":
            seen["stopped_at"] = _seconds(_text(text))
        elif kind == "starting":
            seen["launching"] = True
        elif kind == "missing":
            seen["folder_missing"] = True
        elif kind == "alive":
            seen["foreground_alive"] = text == b"1"
        elif kind == "odd":
            seen["problem"] = "; ".join(filter(None, (seen.get("problem"), f"its {_text(text)}")))


def _host_id(text: bytes) -> str | None:
    import json

    try:
        found = json.loads(text)["id"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) and is_id(found, "host") else None


def _record(text: bytes, agent_id: str) -> AgentRecord | str:
    try:
        record = from_json(text)
    except RecordError as error:
        return error.message
    return record if record.id == agent_id else "the record is of another agent"


def _pane(line: str) -> tuple[dict[str, Any], int]:
    """Read a pane; the order of fields is the one of `probe.sh`. Returns the number of its window, too."""
    fields = line.split(" ", 13)
    session_id, window, pane_id, pid, dead, status, signal, at, tty, created, typed, wrote, attached, rest = fields
    session, _, rest = rest.partition(":")
    agent, _, rest = rest.partition(":")
    program, _, title = rest.partition(":")
    pane: dict[str, Any] = {
        "session": session,
        "session_id": session_id,
        "pane_id": pane_id,
        "pid": int(pid),
        "dead": dead == "1",
        "tty": tty[1:],
        "program": program,
        "created_at": float(created),
        "typed_at": float(typed),
        "output_at": float(wrote),
        "attached": int(attached),
        "dead_status": _number(status[1:]),
        "dead_signal": _signal(signal[1:]),
        "dead_at": _number(at[1:]),
        "agent_id": agent[1:] or None,
        "title": title,
    }
    return pane, int(window)


def _exit(text: bytes) -> Exit | None:
    words = [*_text(text).split(" "), "", "", ""][:3]
    at = _seconds(words[2])
    return None if at is None else Exit(_number(words[0]), _signal(words[1]), at)


def _sign(text: bytes) -> list[Sign]:
    at, _, rest = _text(text).partition(" ")
    source, _, says = rest.partition(" ")
    return [Sign(source, says, _seconds(at))] if source and _seconds(at) is not None else []


def _seconds(text: str) -> float | None:
    return float(text) if _number(text.strip().replace(".", "", 1)) is not None else None


def _signal(text: str) -> int | None:
    """Return the number of a signal; some tmux say its name."""
    names = {name: number for number, name in SIGNALS.items()}
    return names.get(text.upper().removeprefix("SIG"), _number(text))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
