"""Answer the question that blocks an agent."""

from __future__ import annotations

from mngr.fleet.program import conversational
from mngr.hosts.keyboard import NotRunning
from mngr.hosts.session import TmuxSession
from mngr.model.errors import UserError
from mngr.model.observation import BLOCKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.model.conversation import Dialog
    from mngr.model.protocols import Converses


def answer(fleet: Fleet, agent: Agent, choice: str | None) -> Dialog:
    """Answer the open dialog and see it go, or with None only return it.

    Raises UserError when nothing is asked, UsageError when there is no such choice.
    """
    kind = talked_to(fleet, agent)
    try:
        return kind.answer(TmuxSession(agent.host, agent.record), choice)
    except NotRunning as error:
        raise UserError(error.message, error.hint) from error
    except UserError as error:
        seen = fleet.look_at(agent).seen
        if type(error) is UserError and seen.state == BLOCKED and not seen.dialog:
            raise UserError(
                f"'{agent.record.name}' asks nothing: it stopped by {seen.reason}: {seen.question or ''}".rstrip(": "),
                hint=f"when that is mended, say so: mngr message {agent.record.name} 'go on'",
            ) from error
        raise


def talked_to(fleet: Fleet, agent: Agent) -> Converses:
    """Return the type of an agent that is talked to. Raises UserError for any other."""
    kind = conversational(fleet, agent.record)
    if kind is None:
        name, type_name = agent.record.name, agent.record.type
        raise UserError(
            f"'{name}' is a {type_name} agent: mngr knows nothing of what it asks",
            hint=f"type into its terminal: mngr message {name} TEXT, or: mngr connect {name}",
        )
    return kind
