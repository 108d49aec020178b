"""Messages to an agent and what became of them: a file in its folder on its host, only ever added to."""

from __future__ import annotations

from mngr.hosts.lock import AGENT_GONE, REFUSED, refusal
from mngr.model.conversation import ACCEPTED, ANSWERED, IN_QUEUE, QUEUED, TYPED, Typed
from mngr.model.errors import UnreachableError, UserError
from mngr.model.value import replace, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host

BOX = "outbox.jsonl"
LOCK_SECONDS = 180
ANSWER_SECONDS = 30.0


@value
class Letter:
    """One message and what became of it. Times are ISO 8601 UTC. `typed`: where, if a record can prove it."""

    id: str
    text: str
    time: str
    state: str = QUEUED
    direct: bool = False  # its sender waits for it, and tells what became of it: it goes no further when that one ends
    sender: str | None = None  # the name of the agent that sent it
    typed: Typed | None = None
    why: str | None = None
    changed_at: str | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether something has still to become of it."""
        waits = self.state == TYPED or (self.state == ACCEPTED and self.why == IN_QUEUE)
        return self.state == QUEUED or (waits and self.typed is not None)


def letter_line(letter: Letter) -> bytes:
    """Return the line that puts a message into the outbox. Its first three fields are what scripts read."""
    more: dict[str, Any] = {"text": letter.text}
    if letter.sender is not None:
        more["from"] = letter.sender
    if letter.direct:
        more["direct"] = True
    return _line(letter.id, letter.time, QUEUED, more)


def state_line(letter_id: str, time: str, state: str, why: str | None = None) -> str:
    """Return the line that says what became of a message."""
    return _line(letter_id, time, state, {"why": why} if why else {}).decode().rstrip("\n")


def typed_line(letter_id: str, time: str, typed: Typed) -> str:
    """Return the line that says that a message will be typed now, and where the record ends before that."""
    where = {"program": typed.program, "offsets": typed.offsets}
    return _line(letter_id, time, TYPED, {"typed": where}).decode().rstrip("\n")


def _line(letter_id: str, time: str, state: str, more: dict[str, Any]) -> bytes:
    import json

    return json.dumps({"id": letter_id, "time": time, "state": state, **more}).encode() + b"\n"


def read_letters(lines: bytes) -> list[Letter]:
    """Return the messages that lines tell of, in order, as they are by now; what is damaged tells none."""
    import json

    found: dict[str, Letter] = {}
    for line in lines.split(b"\n"):
        try:
            fields: dict[str, Any] = json.loads(line) if line else {}
            letter_id, time, state = fields["id"], fields["time"], fields["state"]
            if type(letter_id) is not str or type(time) is not str or type(state) is not str:
                continue
            letter = found.get(letter_id)
            if letter is not None:
                if "text" not in fields:  # the same message once more changes nothing
                    found[letter_id] = _changed(letter, fields)
            elif type(fields["text"]) is str:
                sender, direct = fields.get("from"), fields.get("direct") is True
                found[letter_id] = Letter(letter_id, fields["text"], time, QUEUED, direct, sender)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return list(found.values())


def _changed(letter: Letter, fields: dict[str, Any]) -> Letter:
    where, typed = fields.get("typed"), letter.typed
    if fields["state"] == TYPED:
        typed = None
    if where is not None:
        typed = Typed(str(where["program"]), {str(path): int(offset) for path, offset in where["offsets"].items()})
    return replace(letter, state=fields["state"], changed_at=fields["time"], why=fields.get("why"), typed=typed)


def show(host: Host, ids: list[str]) -> dict[str, list[Letter]]:
    """Return the messages to some agents, by the agent's id; to all agents of the host when none is named."""
    answer = host.script(["hosts/outbox.sh", host.paths.folder, "show", *ids], check=False).out
    found: dict[str, list[Letter]] = {}
    while answer:
        heading, _, answer = answer.partition(b"\n")
        words = heading.split(b" ")
        if len(words) != 3 or not words[2].isdigit():
            break
        size = int(words[2])
        found[words[1].decode()] = read_letters(answer[:size])
        answer = answer[size + 1 :]
    return found


def add(host: Host, record: AgentRecord, letter: Letter) -> Letter | None:
    """Put a message into the outbox, unless it is there: then return it as it is. Raises NotFoundError."""
    script = ["hosts/outbox.sh", host.paths.folder, "add", record.id, letter.id]
    result = host.script(script, letter_line(letter), check=False)
    if result.code == AGENT_GONE:
        raise refusal(result.code)
    if result.code != 0:
        raise UserError(f"'{record.name}' cannot be written to: {result.complaint}", hint="is the disk full?")
    known = read_letters(result.out)
    if result.out and not known:  # it had begun to come, and the link broke, or the disk was full
        host.script(["hosts/outbox.sh", host.paths.folder, "note", record.id], letter_line(letter))
    return known[0] if known else None


def note(host: Host, record: AgentRecord, answered: list[tuple[str, str]]) -> None:
    """Write down that messages were answered: their ids, and when that was seen."""
    lines = "".join(f"{state_line(letter_id, time, ANSWERED)}\n" for letter_id, time in answered)
    host.script(["hosts/outbox.sh", host.paths.folder, "note", record.id], lines.encode(), check=False)


class Outbox:
    """An agent's outbox in the hands of one who delivers; another waits. `new` is put into it, unless it is there.

    `letters` are those of which something has still to become, in order; `known` is `new` where it was there before.
    """

    def __init__(self, host: Host, record: AgentRecord, new: Letter | None = None) -> None:
        self.record = record
        self.letters: list[Letter] = []
        self.known: Letter | None = None
        self._new = new
        line = letter_line(new) if new is not None else b""
        lock = ["hosts/lock.sh", f"{host.paths.agent(record.id)}/outbox.lock", str(LOCK_SECONDS)]
        script = ["hosts/outbox.sh", host.paths.folder, "hold", record.id, new.id if new else "-", str(len(line))]
        self._process = host.spawn([*host.script_command(lock), *host.script_command(script)])
        try:
            self._process.write(line)
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Outbox:
        """Wait until it is free. Raises BusyError, NotFoundError."""
        try:
            heading = self._process.read_line(LOCK_SECONDS + ANSWER_SECONDS).split()
            if len(heading) != 2 or heading[0] != b"open":
                raise self._refusal()
            lines = self._process.read_exactly(int(heading[1]) + 1, ANSWER_SECONDS)
        except BaseException:
            self._end()
            raise
        letters = read_letters(lines)
        own = next((letter for letter in letters if self._new is not None and letter.id == self._new.id), None)
        if own is not None and own != self._new:
            self.known = own
        self.letters = [letter for letter in letters if letter.is_open]
        if own is None and self._new is not None:  # it had begun to come, and the link broke, or the disk was full
            self._write(letter_line(self._new))
            self.letters.append(self._new)
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def note(self, letter_id: str, time: str, state: str, why: str | None = None) -> None:
        """Write down what became of a message."""
        self._write(f"{state_line(letter_id, time, state, why)}\n".encode())

    def _write(self, line: bytes) -> None:
        self._process.write(line)
        answer = self._process.read_line(ANSWER_SECONDS)
        if answer != b"noted\n":
            said = "" if answer else self._process.finish()
            why = f": {said}" if said else ""
            raise UserError(f"the outbox of '{self.record.name}' cannot be written{why}", hint="is the disk full?")

    def _refusal(self) -> UserError:
        said, code = self._process.finish(), self._process.wait(ANSWER_SECONDS)
        if code in REFUSED:
            return refusal(code)
        why = f": {said}" if said else ""
        return UserError(f"the outbox of '{self.record.name}' cannot be written{why}", hint="is the disk full?")

    def _end(self) -> None:
        self._process.close()
        try:
            self._process.wait(ANSWER_SECONDS)
        except UnreachableError:
            return  # what was to be told was told, or is told already
