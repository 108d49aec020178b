"""mngr clone."""

from __future__ import annotations

from mngr.cli.create_options import OPTIONS
from mngr.cli.making import FIELDS
from mngr.cli.spec import Argument, Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.actions.create import NewAgent
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World

OF_CREATE = (
    *("label", "transfer", "target_path", "branch", "include_unclean", "ensure_clean", "include_ignored"),
    *("message", "message_file", "edit_message", "extra_provision_command", "connect", "connect_command"),
)


def run(world: World, arguments: Arguments) -> int:
    """Make another agent with all that an agent made and knows."""
    from mngr.cli.first_message import deliver, first_message
    from mngr.cli.making import agree_to_tools, agreed, create_with_progress, made

    message = first_message(world, arguments)
    new = _new(world, arguments)
    agree_to_tools(world, new.host)
    agent = create_with_progress(world, agreed(world, new))
    if message is not None:
        deliver(world, agent, message)
    return made(world, arguments, agent, "cloned")


def _new(world: World, arguments: Arguments) -> NewAgent:
    from mngr.actions.clone import clone_of
    from mngr.cli.labels import check_key, check_text
    from mngr.cli.new_agent import parent_of, wish_of
    from mngr.fleet.places import keep
    from mngr.model.names import Address, check_name, parse_address
    from mngr.model.value import replace

    source = world.fleet.find(arguments["agent"])
    address = parse_address(arguments["address"]) if arguments["address"] is not None else Address()
    host = source.host
    if address.host or address.provider:
        host = world.fleet.host(address.host, address.provider)
        if host.paths.folder:  # it answers
            keep(world.fleet.places, host)
    new = clone_of(
        world.fleet, source, wish_of(world, arguments, address, (source.record.workspace.folder, host)), host
    )
    labels = {check_key(key): check_text(text) for key, text in arguments["label"]}
    return replace(
        new,
        name=check_name(address.name) if address.name is not None else None,
        labels={**new.labels, **labels},
        parent=parent_of(world),
        trusted=new.trusted or world.options.yes or world.settings.get("trust"),
        provision_commands=arguments["extra_provision_command"],
    )


COMMAND = Command(
    name="clone",
    summary="Make another agent with all that an agent made and knows",
    run=run,
    fields=FIELDS,
    arguments=(
        Argument("AGENT", "the agent to make another of; it may be running", required=True, complete="agent"),
        Argument("ADDRESS", "the new agent's name; left out, one is made up"),
    ),
    options=tuple(option for option in OPTIONS if option.key in OF_CREATE),
    examples=(
        ("mngr clone fix", "another agent with what fix has made, and knows, by now"),
        ("mngr clone fix try-two -m 'now without the cache'", "and tell it something"),
        ("mngr clone fix other@box.ssh", "on another host, with its conversation"),
    ),
    about=(
        "The clone has a workspace of its own, made from the agent's: a branch that starts where the agent's is, with "
        "what is uncommitted there. It has the agent's type, options, labels and environment. A program that is talked "
        "to carries on a copy of the conversation up to now; what that cost is not counted again. To start from an "
        "agent's files alone: mngr create --from AGENT."
    ),
)
