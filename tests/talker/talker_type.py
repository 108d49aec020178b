"""The agent type of the program beside this, as a plugin of somebody else would bring it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mngr.hosts import typist
from mngr.model.conversation import Dialog, Entry, Headless, Message, Program, Screen, Verdict
from mngr.model.observation import BLOCKED, RUNNING, STARTING, WAITING, Observation, Seen
from mngr.observe.state import derive

if TYPE_CHECKING:
    from mngr.hosts.keyboard import Look
    from mngr.model.agent import AgentRecord

HERE = Path(__file__).parent
STATES = {"session": WAITING, "begun": RUNNING, "ended": WAITING, "interrupted": WAITING, "answered": RUNNING}


class Reading:
    """Reads the record: a line an entry."""

    def read(self, path: str, lines: bytes) -> list[Entry]:
        """Return the entries of lines."""
        import json

        return [Entry(**json.loads(line)) for line in lines.decode().splitlines()]


class TalkerManners:
    """All that a typist must know of it."""

    name = "talker"
    clear_keys = ("C-c",)
    interrupt_keys = ("Escape",)
    dialog_pause_seconds = 0.0
    dialog_late_seconds = 0.0

    def screen(self, look: Look) -> Screen:
        """Read the screen."""
        lines = look.screen.rstrip("\n").split("\n")
        if not lines[0].startswith("TALKER "):
            return Screen()
        running = lines[0] == "TALKER busy"
        asked = [place for place, line in enumerate(lines) if line.startswith("? ")]
        if asked:
            choices = lines[asked[0] + 1 :]
            chosen = next(place for place, line in enumerate(choices) if line.startswith("*"))
            reason = "trust" if "trust" in lines[asked[0]] else "permission"
            dialog = Dialog(reason, lines[asked[0]][2:], [line[2:].strip() for line in choices], chosen)
            return Screen(running=running, dialog=dialog)
        begin = max(place for place, line in enumerate(lines) if line == "-----") + 1 if "-----" in lines else 1
        return Screen(ready=True, running=running, draft="\n".join(line[2:] for line in lines[begin:]).strip())

    def pastes(self, text: str) -> list[str]:
        """Cut a text into pastes of ten lines."""
        lines = text.splitlines(keepends=True)
        return ["".join(lines[place : place + 10]) for place in range(0, len(lines), 10)]

    def is_command(self, text: str) -> bool:
        """Tell whether it is a command of its own."""
        return text.startswith("/")

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of its record."""
        return Reading()


class TalkerType:
    """The type."""

    name = "talker"
    program = Program("python3", "talker", "1")

    def launch(self, record: AgentRecord) -> list[str]:
        """Return what starts it."""
        begin = 'export MNGR_PROGRAM_PID=$$; exec python3 "$MNGR_AGENT_STATE_DIR/talker" "$@"'
        return ["sh", "-c", begin, "talker", *record.command]

    def state(self, seen: Observation) -> Seen:
        """Derive the state from its signs."""
        if seen.pane is None or seen.pane.dead or seen.record is None:
            return derive(seen)
        last = seen.signs[-1] if seen.signs else None
        if last is None or (last.at or 0) < seen.pane.created_at - 1:
            return Seen(STARTING)
        if last.says in ("asked", "failed"):
            asked = last.says == "asked"
            return Seen(BLOCKED, "permission" if asked else "error", seen.asked, last.at, dialog=asked)
        return Seen(STATES[last.says], since=last.at)

    def files(self, record: AgentRecord) -> dict[str, bytes]:
        """Return the program and its hook."""
        import mngr.observe

        hook = Path(mngr.observe.__file__).parent / "hook.sh"
        return {"talker": (HERE / "program.py").read_bytes(), "hook": hook.read_bytes()}

    def prepare(self, host: Any, record: AgentRecord, trusted: bool) -> None:
        """Need nothing."""

    def deliver(self, session: Any, message: Message) -> Verdict:
        """Give it a message."""
        return typist.deliver(session, MANNERS, message)

    def answer(self, session: Any, choice: str | None) -> Dialog:
        """Answer its dialog."""
        return typist.answer(session, MANNERS, choice)

    def interrupt(self, session: Any) -> bool:
        """End its turn."""
        return typist.interrupt(session, MANNERS)

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of its record."""
        return Reading()

    def headless(self, record: AgentRecord) -> Headless:
        """Have no such run."""
        return Headless(record.command, lambda line: line.decode())


MANNERS = TalkerManners()
PLUGIN = TalkerType()
