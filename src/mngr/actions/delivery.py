"""Bring messages to an agent: those that wait in its outbox first, in order, then a new one."""

from __future__ import annotations

import time

from mngr.actions.wait import wait_until
from mngr.fleet.program import conversational
from mngr.hosts import outbox
from mngr.hosts.outbox import Letter, Outbox
from mngr.hosts.session import TmuxSession
from mngr.model.conversation import ACCEPTED, ERROR, FAILED, QUEUED, TYPED, Message, Verdict
from mngr.model.errors import BlockedError, NotAcceptedError, UnreachableError, UsageError, UserError
from mngr.model.observation import BLOCKED, DONE, RUNNING, STOPPED, WAITING
from mngr.model.observation import FAILED as PROGRAM_FAILED
from mngr.model.times import iso
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.model.observation import Seen

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0
PATIENCE_SECONDS = 5.0
ENDED_STATES = (STOPPED, DONE, PROGRAM_FAILED)


def give(fleet: Fleet, agent: Agent, letter: Letter) -> Verdict:
    """Bring an agent what waits for it, and then a message; return what became of that.

    Raises BlockedError, NotAcceptedError: a message whose sender waits (`direct`) goes no further then, any other
    stays in the outbox.
    """
    with Outbox(agent.host, agent.record, letter) as box:
        courier = Courier(fleet, agent, box)
        if box.known is not None:
            expect_same(box.known, letter)
            if box.known.state == FAILED:
                courier.try_again(box.known)
            elif not box.known.is_open:
                return Verdict(box.known.state, box.known.why)
        try:
            return courier.bring_all(letter.id)[letter.id]
        except UnreachableError:
            raise  # nothing can be written down; whoever comes next finds what became of it
        except UserError as error:
            if letter.direct and letter.id not in courier.touched:
                courier.note(letter, FAILED, error.message)
            raise


def give_open(fleet: Fleet, agent: Agent) -> dict[str, Verdict]:
    """Bring an agent what waits in its outbox, in order; return what became of each. Raises as `give`."""
    with Outbox(agent.host, agent.record) as box:
        return Courier(fleet, agent, box).bring_all() if box.letters else {}


def expect_same(known: Letter, letter: Letter) -> None:
    """Check that a message that was given before is the same. Raises UsageError."""
    if known.text != letter.text:
        raise UsageError(f"another message was given as {known.id}", hint="leave --id out, or choose another")


class Courier:
    """Brings an agent the messages of its outbox."""

    def __init__(self, fleet: Fleet, agent: Agent, box: Outbox) -> None:
        self.fleet = fleet
        self.agent = agent
        self.box = box
        self.kind = conversational(fleet, agent.record)
        self._again = ""  # the id of one that failed before
        self.touched: set[str] = set()  # ids of which the outbox says more by now than that they wait

    def bring_all(self, own: str = "") -> dict[str, Verdict]:
        """Bring every message that is open. `own` is the id of the one whose sender this is. Raises as `give`."""
        verdicts: dict[str, Verdict] = {}
        for letter in self.box.letters:
            if letter.direct and letter.id != own and letter.state == QUEUED:
                self.note(letter, FAILED, "its sender was ended before it was typed")
                continue
            try:
                verdicts[letter.id] = self._bring(letter)
            except Lost as lost:
                if letter.id == own:
                    raise NotAcceptedError(lost.message, lost.hint) from lost
        return verdicts

    def try_again(self, letter: Letter) -> None:
        """Bring a message that failed, and that its sender gives once more; its record is asked for it first."""
        self._again = letter.id
        self.box.letters.append(replace(letter, state=TYPED if letter.typed else QUEUED, direct=False))

    def note(self, letter: Letter, state: str, why: str | None = None) -> None:
        """Write down what became of a message."""
        self.touched.add(letter.id)
        self.box.note(letter.id, iso(self.fleet.now()), state, why)

    def _bring(self, letter: Letter) -> Verdict:
        session = TmuxSession(self.agent.host, self.agent.record)
        if self.kind is None:
            return self._paste(session, letter)
        from mngr.hosts.typist import BlockedMeanwhile, Uncertain, Unproven

        typed = letter.typed if letter.state in (TYPED, ACCEPTED) else None
        try:
            verdict = self.kind.deliver(session, Message(letter.id, letter.text, typed))
        except (BlockedMeanwhile, Uncertain):
            self.touched.add(letter.id)  # it is typed: what became of it is seen later
            raise
        except Unproven as unproven:
            promised = not letter.direct or letter.state == ACCEPTED
            if (unproven.ended and promised) or (typed is not None and letter.id == self._again):
                verdict = self.kind.deliver(session, Message(letter.id, letter.text))
            else:
                self.note(letter, FAILED, unproven.message)
                raise Lost(unproven.message, unproven.hint) from unproven
        if (verdict.state, verdict.note) != (letter.state, letter.why):
            try:
                self.note(letter, verdict.state, verdict.note)
            except UnreachableError:
                return verdict  # the program's own record has it, where whoever comes next sees it too
        return verdict

    def _paste(self, session: TmuxSession, letter: Letter) -> Verdict:
        """Type into the terminal of a plain program; the host notes it before, so that it is never typed twice."""
        if letter.id == self._again:
            self.note(letter, QUEUED)
        self.touched.add(letter.id)
        try:
            session.paste(letter.text.encode(), letter.id)
        except UnreachableError:
            raise
        except UserError as error:
            self.note(letter, FAILED if letter.direct else QUEUED, error.message)
            raise
        return Verdict(TYPED)


class Lost(NotAcceptedError):
    """A message that was typed, was not taken, and is not tried again."""


def bring_now_and_then(fleet: Fleet, agent: Agent) -> None:
    """Bring an agent what waits in its outbox as soon as it can be, until nothing does or it is not running."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            state = fleet.look_at(agent).seen
            if state.state in ENDED_STATES or not is_waited_for(agent):
                return
            if can_be_told(state):
                give_open(fleet, agent)
                continue
        except (BlockedError, NotAcceptedError):
            pass
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE_SECONDS)


def bring_after_start(fleet: Fleet, agent: Agent) -> dict[str, Verdict]:
    """Bring what waits for an agent that was just started, once its program is ready. Raises as `give`."""
    if not is_waited_for(agent):
        return {}
    settle(fleet, agent)
    return give_open(fleet, agent)


def settle(fleet: Fleet, agent: Agent) -> None:
    """Wait until a plain program that was just started reads its terminal, or for a while; others tell it."""
    if conversational(fleet, agent.record) is None:
        wait_until(fleet, [agent], (WAITING, DONE, PROGRAM_FAILED), PATIENCE_SECONDS)


def can_be_told(seen: Seen) -> bool:
    """Tell whether an agent in such a state may take a message now."""
    return not seen.dialog and (seen.state in (WAITING, RUNNING) or (seen.state == BLOCKED and seen.reason == ERROR))


def became(agent: Agent, letter_id: str) -> Verdict:
    """Return what became of a message that another brought."""
    letters = outbox.show(agent.host, [agent.record.id]).get(agent.record.id, [])
    letter = next((letter for letter in letters if letter.id == letter_id), None)
    return Verdict(letter.state, letter.why) if letter is not None else Verdict(FAILED, "the outbox has gone")


def is_waited_for(agent: Agent) -> bool:
    """Tell whether something waits in an agent's outbox."""
    letters = outbox.show(agent.host, [agent.record.id]).get(agent.record.id, [])
    return any(letter.is_open for letter in letters)


def keep_bringing(fleet: Fleet, agent: Agent) -> None:
    """Do so as the only process that does, told by a lock on the host; errors end it: the next visit goes on."""
    from mngr.hosts.lock import BusyError, Locked

    while is_waited_for(agent):
        try:
            with Locked(agent.host, agent.record.id, 0, "deliverer.lock"):
                bring_now_and_then(fleet, agent)
        except BusyError:
            return
        if fleet.look_at(agent).seen.state in ENDED_STATES:
            return
