"""mngr create."""

from __future__ import annotations

from mngr.cli.create_options import ABOUT, ARGUMENTS, EXAMPLES, OPTIONS, STRAY
from mngr.cli.spec import Command
from mngr.model.errors import NotFoundError, UsageError, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.create import NewAgent
    from mngr.actions.message import Text
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent

FIELDS = (
    "id",
    "name",
    "type",
    "address",
    "host.name",
    "host.provider",
    "work_dir",
    "branch",
    "base_branch",
    "project",
    "result",
)


def run(world: World, arguments: Arguments) -> int:
    """Make and start an agent."""
    from mngr.cli.new_agent import new_agent, with_templates

    arguments = with_templates(world, arguments, COMMAND)
    message = _message(world, arguments)
    if arguments["reuse"] and (found := _existing(world, arguments)) is not None:
        return _reuse(world, arguments, found, message)
    new = new_agent(world, arguments)
    if arguments["foreground"]:
        if message is not None:
            raise UsageError("--foreground takes no message", hint="give the program its input by standard input")
        return _foreground(world, new)
    agent = _create(world, new)
    if message is not None:
        _deliver(world, agent, message)
    if new.type == "shell" and not _names_type(world, arguments):
        world.note("no agent type was named and none is configured: it is a shell (see: mngr help create)")
    return _done(world, arguments, agent, "created")


def _names_type(world: World, arguments: Arguments) -> bool:
    return any((arguments["type"], arguments["agent_type"], world.settings.get("default_type")))


def _message(world: World, arguments: Arguments) -> Text | None:
    """Return the first message, checked before anything is made."""
    from mngr.actions.message import fit_to_type
    from mngr.cli.texts import initial_message

    text = initial_message(world, arguments)
    return None if text is None else fit_to_type(text)


def _create(world: World, new: NewAgent) -> Agent:
    from mngr.actions.create import Telling, create
    from mngr.output.progress import Progress

    with Progress(world) as progress:
        return create(world.fleet, new, Telling(progress.step, world.note))


def _foreground(world: World, new: NewAgent) -> int:
    from mngr.actions.create import Telling
    from mngr.actions.foreground import run_in_foreground

    return run_in_foreground(world.fleet, new, Telling(lambda _: None, world.note))


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
        _deliver(world, agent, message)
    return _done(world, arguments, agent, "reused")


def _deliver(world: World, agent: Agent, text: Text) -> None:
    """Give a new agent its message: held until its program can take it, and kept in its outbox where it cannot yet."""
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


def _done(world: World, arguments: Arguments, agent: Agent, done: str) -> int:
    from mngr.cli.attach import attach, connects

    if connects(world, arguments):
        return attach(world, agent, arguments["connect_command"])
    _tell(world, agent, done)
    return 0


def _tell(world: World, agent: Agent, done: str) -> None:
    from mngr.output.emit import emit_one
    from mngr.output.style import clean, short_path

    record = agent.record
    workspace = record.workspace
    row: dict[str, Any] = {
        "id": record.id,
        "name": record.name,
        "type": record.type,
        "address": agent.address,
        "host": {"name": agent.host.name, "provider": agent.host.provider},
        "work_dir": workspace.folder,
        "branch": workspace.branch,
        "base_branch": workspace.base_branch,
        "project": record.project,
        "result": done,
    }

    def human() -> list[str]:
        place = short_path(workspace.folder, world.environ)
        branch = f" on branch {workspace.branch}" if workspace.branch else ""
        return [clean(f"{done} {record.name} ({record.type}) in {place}{branch}")]

    emit_one(world, row, human=human)
    if world.is_terminal and world.options.format == "human":
        world.note(f"see it: mngr connect {record.name}")


COMMAND = Command(
    name="create",
    summary="Make and start an agent",
    run=run,
    fields=FIELDS,
    arguments=ARGUMENTS,
    options=OPTIONS,
    examples=EXAMPLES,
    about=ABOUT,
    stray=STRAY,
    habits={"--name": "the name stands alone: mngr create NAME", "-n": "the name stands alone: mngr create NAME"},
    rest="agent_args",
    rest_help="the program and its arguments, or what is added to those of the agent type",
)
