"""What an agent answered to a message."""

from __future__ import annotations

import time

from mngr.fleet.program import conversational
from mngr.hosts import outbox
from mngr.hosts.typist import plain
from mngr.model.conversation import ASSISTANT, ERROR, INTERRUPTED, QUEUED, TURN_ENDED, USER, Entry
from mngr.model.errors import BlockedError, NotAcceptedError, TimedOutError
from mngr.model.observation import BLOCKED, RUNNING, STARTING, UNKNOWN, WAITING
from mngr.model.times import iso
from mngr.model.value import value
from mngr.observe.record import ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.hosts.outbox import Letter
    from mngr.model.observation import Seen
    from mngr.model.protocols import Converses

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.0
SETTLED_LOOKS = 4  # how often it must be seen at rest, where its record does not tell that the turn ended


@value
class Reply:
    """What was said since a message: by the agent, and how the turn ended, if it did."""

    text: str
    how: str | None = None


def reply_to(text: str, entries: list[Entry]) -> Reply | None:
    """Return what was answered to a message, as far as it goes; None when the entries do not show the message."""
    wanted, own = plain(text), [entry for entry in entries if entry.subagent is None]
    heard = [place for place, entry in enumerate(own) if entry.role == USER and plain(entry.text) == wanted]
    queued = [place for place, entry in enumerate(own) if entry.kind == QUEUED and plain(entry.text) == wanted]
    if not heard and not queued:
        return None
    said: list[str] = []
    asked = own[heard[0]].id if heard else None
    for entry in own[(heard or queued)[0] + 1 :]:
        if entry.answers is not None and entry.answers != asked:
            continue  # it answers another message, which was still being answered
        if entry.role == ASSISTANT and entry.text.strip():
            said.append(entry.text.strip())
        if heard and entry.kind in (TURN_ENDED, INTERRUPTED):
            return Reply("\n\n".join(said), entry.kind)
    return Reply("\n\n".join(said))


class Listener:
    """Reads on in one agent's record from where it ended when a message was typed."""

    def __init__(self, agent: Agent, kind: Converses, offsets: dict[str, int]) -> None:
        self.agent = agent
        self._conversations: list[str] = []
        self._reading = kind.reading(self._conversations)
        self._offsets = dict(offsets)
        self.entries: list[Entry] = []

    def listen(self) -> list[Entry]:
        """Return all entries until now."""
        agent_id = self.agent.record.id
        answer = ask(self.agent.host, {agent_id: (self._offsets, ())})[agent_id]
        self._conversations[:] = answer.conversations
        for part in answer.parts:
            self.entries += self._reading.read(part.path, part.content)
            self._offsets[part.path] = part.end
        return self.entries


def wait_for_reply(fleet: Fleet, agent: Agent, letter_id: str, deadline: float | None) -> Reply | None:
    """Wait for the end of the turn that a message began, and return what the agent said in it.

    None when no record can tell. Raises BlockedError, NotAcceptedError when its program or its turn was ended,
    TimedOutError.
    """
    kind = conversational(fleet, agent.record)
    letters = outbox.show(agent.host, [agent.record.id]).get(agent.record.id, [])
    letter = next((each for each in letters if each.id == letter_id), None)
    if kind is None or letter is None:
        return None
    listener = Listener(agent, kind, letter.typed.offsets if letter.typed is not None else {})
    pause, settled = FIRST_PAUSE_SECONDS, 0
    while True:
        seen = fleet.look_at(agent).seen  # before the record: what it says of an end comes after what was said
        reply = reply_to(letter.text, listener.listen())
        if reply is not None and reply.how is not None:
            return _ended(agent, letter, reply)
        at_rest = seen.state == WAITING or _shows_an_old_error(seen, listener.entries)
        settled = settled + 1 if at_rest and reply is not None else 0
        if seen.state != WAITING and (not at_rest or settled >= SETTLED_LOOKS):
            _expect_at_work(agent, seen)
        if settled >= SETTLED_LOOKS and reply is not None:
            return _ended(agent, letter, reply)
        if deadline is not None and time.monotonic() > deadline:
            raise TimedOutError(f"'{agent.record.name}' took the message, and has not answered yet", _hint(agent))
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE_SECONDS)


def _ended(agent: Agent, letter: Letter, reply: Reply) -> Reply:
    outbox.note(agent.host, agent.record, [(letter.id, iso(time.time()))])
    if reply.how == INTERRUPTED:
        raise NotAcceptedError(f"'{agent.record.name}' took the message, and its turn was interrupted", _hint(agent))
    return reply


def _shows_an_old_error(seen: Seen, entries: list[Entry]) -> bool:
    """Tell whether an error is shown that the record does not tell of since: the signs are later than the record."""
    return seen.state == BLOCKED and not seen.dialog and not any(entry.kind == ERROR for entry in entries)


def _expect_at_work(agent: Agent, seen: Seen) -> None:
    name = agent.record.name
    if seen.state == BLOCKED:
        question = " ".join((seen.question or "").split())[:200]
        raise BlockedError(
            f"'{name}' took the message, and is blocked ({seen.reason}): {question}",
            hint=f"see and answer it: mngr answer {name}" if seen.dialog else f"mngr message {name} 'go on'",
        )
    if seen.state not in (STARTING, RUNNING, WAITING, UNKNOWN):
        raise NotAcceptedError(f"'{name}' took the message, and is {seen.state} before it answered", _hint(agent))


def _hint(agent: Agent) -> str:
    return f"see: mngr transcript {agent.record.name}"
