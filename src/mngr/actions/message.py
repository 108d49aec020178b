"""Give an agent a message."""

from __future__ import annotations

from mngr.actions.delivery import ENDED_STATES, became, can_be_told, expect_same, give, give_open, settle
from mngr.actions.start import start
from mngr.fleet.program import conversational
from mngr.hosts import outbox
from mngr.hosts.keyboard import NotRunning
from mngr.hosts.outbox import Letter
from mngr.hosts.session import TmuxSession
from mngr.model.conversation import FAILED, QUEUED, TYPED, Verdict
from mngr.model.errors import BlockedError, NotAcceptedError, UsageError, UserError
from mngr.model.names import new_id, shown
from mngr.model.times import iso
from mngr.model.value import value
from mngr.transports.mux import LinkLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent

LONGEST_ID = 64


@value
class Text:
    """A message fit to be typed, and how many control characters had to be left out."""

    typed: str
    removed: int = 0


def fit_to_type(text: str) -> Text:
    """Return text without what a terminal would obey: control characters and escape sequences; one last newline goes.

    Line ends become newlines. Raises UsageError when nothing is left, or when it is not text.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    if any("\ud800" <= character <= "\udfff" for character in plain):
        raise UsageError("the message is not UTF-8 text", hint="give the agent a file instead")
    if "\x1b" in plain:
        import re

        shorter = re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])", "", plain)
    else:
        shorter = plain
    kept = "".join(character for character in shorter if not _is_control(character))
    if not kept.strip():
        raise UsageError("the message is empty", hint="mngr message NAME 'text', or -m, --message-file, or stdin")
    return Text(kept, len(plain) - len(kept))


def _is_control(character: str) -> bool:
    return character not in "\n\t" and (character < " " or "\x7f" <= character <= "\x9f")


def new_message_id(given: str | None = None) -> str:
    """Return an id for a message: a new one, or the one that was given. Raises UsageError."""
    if given is None:
        return new_id("msg")
    if not given.isascii() or not given.replace("-", "").replace("_", "").isalnum() or len(given) > LONGEST_ID:
        raise UsageError(f"{shown(given)} is not an id of a message", hint="up to 64 letters, digits, - and _")
    return given


@value
class Saying:
    """How a message is given: its id, who sends it, whether it may wait, and whether the agent is started for it."""

    id: str
    is_named: bool = False  # whoever gives it chose the id, and may give it again
    sender: str | None = None
    queue: bool = False
    held: bool = False  # waited for now, but kept in the outbox should it not be taken yet
    start: bool = False


@value
class Said:
    """What became of a message; `waits` tells that somebody should go on trying to deliver it."""

    verdict: Verdict
    waits: bool = False
    error: UserError | None = None  # why it waits, of one that is held
    noted: bool = True  # the outbox has it
    answer: str | None = None


def message(fleet: Fleet, agent: Agent, text: Text, saying: Saying) -> Said:
    """Say something to an agent: brought with proof where its program has a record, typed where it has none.

    Raises NotAcceptedError, BlockedError.
    """
    if saying.start and start(fleet, agent):
        settle(fleet, agent)
    letter = _letter(fleet, text, saying)
    plain = conversational(fleet, agent.record) is None and not saying.is_named and not saying.queue
    try:
        if plain and TmuxSession(agent.host, agent.record).paste(text.typed.encode()):
            return Said(Verdict(TYPED), noted=False)
        return _queue(fleet, agent, letter) if saying.queue else _say(fleet, agent, letter, held=saying.held)
    except LinkLost as lost:
        host, name = agent.host.address, agent.record.name
        raise LinkLost(
            f"the connection to {host} was lost: whether '{name}' got the message is not known",
            hint=f"mngr capture {name}" if plain else f"given again with --id {letter.id} it arrives once",
        ) from lost


def _say(fleet: Fleet, agent: Agent, letter: Letter, *, held: bool) -> Said:
    """Bring a message at once, or have it wait in the outbox if it is `held`."""
    try:
        return Said(_give(fleet, agent, letter))
    except (BlockedError, NotAcceptedError) as error:
        if not held:
            raise
        verdict = became(agent, letter.id)
        if verdict.state == FAILED:
            raise
        return Said(verdict, waits=True, error=error)


def _letter(fleet: Fleet, text: Text, saying: Saying) -> Letter:
    return Letter(
        saying.id, text.typed, iso(fleet.now()), direct=not (saying.queue or saying.held), sender=saying.sender
    )


def _give(fleet: Fleet, agent: Agent, letter: Letter) -> Verdict:
    try:
        verdict = give(fleet, agent, letter)
    except NotRunning as error:
        name = agent.record.name
        raise NotAcceptedError(
            f"'{name}' did not get the message: {error.message.partition(': ')[2]}",
            hint=f"mngr start {name}, or add --start or --queue",
        ) from error
    if verdict.state == FAILED:
        raise NotAcceptedError(f"'{agent.record.name}' did not get the message {letter.id}: {verdict.note}")
    return verdict


def _queue(fleet: Fleet, agent: Agent, letter: Letter) -> Said:
    """Put a message into the outbox, and bring it at once where that can be done."""
    known = outbox.add(agent.host, agent.record, letter)
    if known is not None:
        expect_same(known, letter)
        if not known.is_open:
            return Said(Verdict(known.state, known.why))
    seen = fleet.look_at(agent).seen
    if seen.state in ENDED_STATES:
        return Said(Verdict(QUEUED, f"{agent.record.name} is {seen.state}: mngr start {agent.record.name}"))
    if not can_be_told(seen):
        return Said(Verdict(QUEUED, f"{agent.record.name} is {seen.state}"), waits=True)
    try:
        verdicts = give_open(fleet, agent)
    except (BlockedError, NotAcceptedError) as error:
        return Said(Verdict(QUEUED, error.message), waits=True)
    return Said(verdicts.get(letter.id) or became(agent, letter.id))
