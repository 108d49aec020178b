"""What a new agent is told first: checked before anything is made, given once it can take it."""

from __future__ import annotations

from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.actions.message import Text
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent


def first_message(world: World, arguments: Arguments) -> Text | None:
    """Return the first message, checked before anything is made."""
    from mngr.actions.message import fit_to_type
    from mngr.cli.texts import initial_message

    text = initial_message(world, arguments)
    return None if text is None else fit_to_type(text)


def deliver(world: World, agent: Agent, text: Text) -> None:
    """Give a new agent its message: held until its program can take it, and kept in its outbox where it cannot yet."""
    name = agent.record.name
    try:
        _deliver(world, agent, text)
    except KeyboardInterrupt:
        world.note(f"agent '{name}' was created; what became of its message: mngr outbox {name}")
        raise


def _deliver(world: World, agent: Agent, text: Text) -> None:
    from mngr.actions.delivery import settle
    from mngr.actions.message import Saying, message, new_message_id
    from mngr.cli.background import keep_bringing_to

    settle(world.fleet, agent)
    saying = Saying(new_message_id(), sender=world.environ.get("MNGR_AGENT_NAME"), held=True)
    name = agent.record.name
    try:
        said = message(world.fleet, agent, text, saying)
    except UserError as error:
        raise type(error)(f"agent '{name}' was created, but: {error.message}", f"mngr capture {name}") from error
    if said.error is not None:
        keep_bringing_to(world, [agent])
        raise type(said.error)(
            f"agent '{name}' was created, and its message waits in its outbox: {said.error.message}", said.error.hint
        )
