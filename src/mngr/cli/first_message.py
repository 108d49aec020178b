"""What a new agent is told first: checked before anything is made, given once it can take it."""

from __future__ import annotations

from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.actions.message import Text
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent

PATIENCE_SECONDS = 5.0


def first_message(world: World, arguments: Arguments) -> Text | None:
    """Return the first message, checked before anything is made."""
    from mngr.actions.message import fit_to_type
    from mngr.cli.texts import initial_message

    text = initial_message(world, arguments)
    return None if text is None else fit_to_type(text)


def deliver(world: World, agent: Agent, text: Text) -> None:
    """Give a new agent its message, once it reads its terminal, or after a while in any case."""
    from mngr.actions.message import message
    from mngr.actions.wait import wait_until

    wait_until(world.fleet, [agent], ("waiting", "done", "failed"), PATIENCE_SECONDS)
    try:
        message(agent, text)
    except UserError as error:
        name = agent.record.name
        raise type(error)(f"agent '{name}' was created, but: {error.message}", f"mngr capture {name}") from error
