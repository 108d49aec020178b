"""End an agent's turn."""

from __future__ import annotations

from mngr.fleet.program import conversational
from mngr.hosts.keyboard import Keyboard, NotRunning
from mngr.hosts.session import TmuxSession
from mngr.model.errors import UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent

INTERRUPTED, IDLE, SENT = "interrupted", "idle", "sent C-c"


@value
class Interruption:
    """What an interrupt did: INTERRUPTED (seen), IDLE (there was no turn), SENT; and the question that went with it."""

    result: str
    question: str | None = None


def interrupt(fleet: Fleet, agent: Agent) -> Interruption:
    """End an agent's turn and see that it ended; of a plain program, press C-c. Raises UserError."""
    kind = conversational(fleet, agent.record)
    session = TmuxSession(agent.host, agent.record)
    try:
        if kind is None:
            return _press(agent)
        seen = fleet.look_at(agent).seen
        ended = kind.interrupt(session)
    except NotRunning as error:
        raise UserError(error.message, error.hint) from error
    return Interruption(INTERRUPTED, seen.question if seen.dialog else None) if ended else Interruption(IDLE)


def _press(agent: Agent) -> Interruption:
    with Keyboard(agent.host, agent.record) as keyboard:
        if keyboard.look().dead:
            raise NotRunning(agent.record.name, "ended")
        keyboard.press("C-c")
    return Interruption(SENT)
