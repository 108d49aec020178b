"""What is written down about each agent, on its own host, and who has which name."""

from __future__ import annotations

from mngr.hosts.lock import HOST_STOPS, locked_script, refusal
from mngr.model.agent import AgentRecord, RecordError, from_json, to_json
from mngr.model.errors import CommandError, NotFoundError, UserError
from mngr.model.names import new_id
from mngr.model.value import replace
from mngr.transports.quoting import COMPLETE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.transports.host import Host

ANSWER_SECONDS = 30
TRIES = 50
PORTS = 16  # in the block that each agent has


class TakenError(UserError):
    """A name or an id that another agent has."""


class StaleClaim(Exception):
    """A name held by an agent that nobody makes any more."""

    def __init__(self, agent_id: str) -> None:
        super().__init__(agent_id)
        self.agent_id = agent_id


class Changed(Exception):
    """Another one changed a record since it was read: `line` is what it is now, `record` what that says."""

    def __init__(self, line: bytes) -> None:
        super().__init__(line)
        self.line = line
        self.record = from_json(line)


class Claim:
    """A name, taken for an agent that is being made, and its lock, held until `release`."""

    def __init__(self, host: Host, record: AgentRecord) -> None:
        self.ports: int | None = None  # the first of a block of ports that is the agent's own
        self._host = host
        self._record = record
        self._process: Any = None  # a `transports.piped.Piped`

    def take(self) -> None:
        """Take the name. Raises TakenError, StaleClaim, CommandError."""
        host, record = self._host, self._record
        script = ["hosts/claim.sh", host.paths.folder, record.id, record.name, new_id("host")]
        self._process = process = host.spawn(host.script_command(script))
        process.write(to_json(record))
        answer, _, other = process.read_line(ANSWER_SECONDS).decode().strip().partition(" ")
        if answer == "held":
            self.ports = int(other) if other.isdecimal() else None
            return
        said = process.finish()
        if answer == "stale":
            raise StaleClaim(other)
        if answer == "taken":
            raise TakenError(f"there is an agent '{record.name}' already", hint=_taken_hint(record.name))
        if answer == "stopping":
            raise refusal(HOST_STOPS)
        if answer == "used":
            raise TakenError(f"the id {record.id} is in use", hint="leave --id out, and one is made up")
        raise CommandError(f"cannot write below {host.paths.folder}: {said}", hint="is the disk full or read-only?")

    def plan(self, record: AgentRecord) -> None:
        """Write down what is about to be made, so that it can be taken back if nobody finishes it."""
        self._process.write(to_json(record))
        if self._process.read_line(ANSWER_SECONDS) != b"planned\n":
            folder = self._host.paths.folder
            raise CommandError(f"cannot write below {folder}", hint="is the disk full or read-only?")

    def release(self) -> None:
        """Let the lock go. The name stays, unless nobody went on with it: then the script itself takes it back."""
        if self._process is not None:
            self._process.close()
            self._process.wait(ANSWER_SECONDS)


def _taken_hint(name: str) -> str:
    return f"choose another name, or use that agent: mngr create {name} --reuse"


def erase(host: Host, record: AgentRecord) -> None:
    """Remove an agent's folder and let its name go. For what was never finished: nothing is kept."""
    host.whole_script(["hosts/erase.sh", host.paths.folder, record.id, record.name])


def change(host: Host, agent_id: str, shell_text: bytes) -> None:
    """Change files in an agent's folder by shell text that `transports.quoting` made."""
    host.script(["hosts/write.sh", host.paths.folder, agent_id], shell_text + COMPLETE)


def amend(host: Host, record: AgentRecord, change_of: Callable[[AgentRecord], AgentRecord]) -> AgentRecord:
    """Change an agent's record, as it is by then, under its lock; return what it became.

    What another has changed in it since it was read stays changed.
    """
    line = to_json(record)
    for _ in range(TRIES):
        changed = change_of(record)
        if changed == record:
            return record
        script = ["hosts/amend.sh", host.paths.folder, record.id]
        answer = locked_script(host, record.id, script, line + to_json(changed))
        try:
            expect_unchanged(answer.out)
        except Changed as meanwhile:
            line, record = meanwhile.line, meanwhile.record
        else:
            return changed
    raise UserError(f"'{record.name}' is being changed by others all the time", hint="try again")


def expect_unchanged(answer: bytes) -> None:
    """Raise Changed if a script answered that the record is not the one it was to replace."""
    heading, _, line = answer.partition(b"\n")
    if heading == b"changed":
        raise Changed(line)


def find(host: Host, words: list[str]) -> list[tuple[str, str, AgentRecord | RecordError]]:
    """Return (word, id, record or why it cannot be read) for every agent that a name, an id or its start names."""
    lines = host.ask(["hosts/find.sh", host.paths.folder, *words]).out.split(b"\n")
    found: list[tuple[str, str, AgentRecord | RecordError]] = []
    for heading, line in zip(lines[::2], lines[1::2], strict=False):
        word, agent_id = heading.decode().split(" ")
        try:
            record = from_json(line)
            if record.id != agent_id:
                raise RecordError("the record is of another agent")
            found.append((word, agent_id, record))
        except RecordError as error:
            found.append((word, agent_id, error))
    return found


def destroyed(host: Host) -> list[tuple[float, AgentRecord]]:
    """Return (when, record) of every agent that was destroyed, or half destroyed, and can be restored."""
    lines = host.script(["hosts/destroyed.sh", host.paths.folder]).out.split(b"\n")
    found: list[tuple[float, AgentRecord]] = []
    for when, line in zip(lines[::2], lines[1::2], strict=False):
        try:
            found.append((float(when or 0), from_json(line)))
        except RecordError:
            continue
    return found


def record_line(record: AgentRecord) -> bytes:
    """Return a record as the one line that scripts read."""
    return to_json(record)


def rename(host: Host, record: AgentRecord, name: str) -> AgentRecord:
    """Give an agent another name, and return its record. Raises TakenError when another has it, NotFoundError."""
    old, line = record.name, to_json(record)
    for _ in range(TRIES):
        renamed = replace(record, name=name)
        script = ["hosts/rename.sh", host.paths.folder, record.id, old, name, host.tmux_socket, host.prefix]
        answer = locked_script(host, record.id, script, line + to_json(renamed))
        try:
            expect_unchanged(answer.out)
        except Changed as meanwhile:
            line, record = meanwhile.line, meanwhile.record
        else:
            if answer.text.strip() != "renamed":
                what = "a tmux session" if b"session" in answer.out else "an agent"
                raise TakenError(f"there is {what} '{name}' already", hint="choose another name")
            return renamed
        if record.name != old:
            raise NotFoundError(
                f"another mngr renamed '{old}' to '{record.name}'", hint=f"mngr rename {record.name} {name}"
            )
    raise UserError(f"'{old}' is being changed by others all the time", hint="try again")
