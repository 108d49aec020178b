"""mngr create."""

from __future__ import annotations

from mngr.cli.create_options import ABOUT, ARGUMENTS, EXAMPLES, OPTIONS, STRAY
from mngr.cli.first_message import deliver, first_message
from mngr.cli.making import FIELDS, agree_to_tools, agreed, create_with_progress, made
from mngr.cli.new_host import OPTIONS as HOST_OPTIONS
from mngr.cli.spec import Command
from mngr.model.errors import NotFoundError, UsageError
from mngr.model.versions import PINNED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.actions.create import NewAgent
    from mngr.actions.message import Text
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent


def run(world: World, arguments: Arguments) -> int:
    """Make and start an agent."""
    from mngr.cli.new_agent import new_agent, with_templates
    from mngr.cli.new_host import Place

    arguments = with_templates(world, arguments, COMMAND)
    if _is_lone_type(arguments):
        arguments = {**arguments, "address": None, "agent_type": arguments["address"]}
    message = None if arguments["foreground"] else first_message(world, arguments)
    if arguments["reuse"] and (found := _existing(world, arguments)) is not None:
        return _reuse(world, arguments, found, message)
    place = Place(world, arguments)
    if place.host is None:
        new_agent(world, arguments, world.fleet.host("local"))  # what is wrong is told before a host is made
    with place as host:
        agree_to_tools(world, host)
        new = new_agent(world, arguments, host)
        if arguments["foreground"]:
            from mngr.cli.foreground import run_in_foreground

            return run_in_foreground(world, agreed(world, new), arguments)
        agent = _create(world, arguments, new, message)
    return made(world, arguments, agent, "created")


def _create(world: World, arguments: Arguments, new: NewAgent, message: Text | None) -> Agent:
    if message is not None and new.type == "shell" and not _names_type(world, arguments):
        raise UsageError(
            "there is nobody to tell it to: no agent program is logged in here, and a shell would run it",
            hint="log in to one (mngr doctor shows which there are), or name a type: mngr create NAME shell -m TEXT",
        )
    agent = create_with_progress(world, agreed(world, new))
    if message is not None:
        deliver(world, agent, message)
    if new.type == "shell" and not _names_type(world, arguments):
        world.note("no type was named, and no agent program is logged in here: it is a shell (see: mngr doctor)")
    return agent


def _is_lone_type(arguments: Arguments) -> bool:
    """Tell whether the only word is the name of an agent program: it is meant as the type."""
    lone = arguments["agent_type"] is None and arguments["type"] is None and not arguments["reuse"]
    return lone and arguments["address"] in PINNED


def _names_type(world: World, arguments: Arguments) -> bool:
    return any((arguments["type"], arguments["agent_type"], world.settings.get("default_type")))


def _existing(world: World, arguments: Arguments) -> Agent | None:
    if arguments["address"] is None:
        raise UsageError("--reuse needs the name of the agent", hint="mngr create NAME --reuse")
    target = world.fleet.find_all([arguments["address"]])[0]
    if target.error is not None and not isinstance(target.error, NotFoundError):
        raise target.error
    return target.agent


def _reuse(world: World, arguments: Arguments, agent: Agent, message: Text | None) -> int:
    from mngr.actions.start import start

    start(world.fleet, agent)
    if message is not None:
        deliver(world, agent, message)
    return made(world, arguments, agent, "reused")


COMMAND = Command(
    name="create",
    summary="Make and start an agent",
    run=run,
    fields=FIELDS,
    arguments=ARGUMENTS,
    options=(*OPTIONS, *HOST_OPTIONS),
    examples=EXAMPLES,
    about=ABOUT,
    stray=STRAY,
    habits={"--name": "the name stands alone: mngr create NAME", "-n": "the name stands alone: mngr create NAME"},
    rest="agent_args",
    rest_help="the program and its arguments, or what is added to those of the agent type",
)
