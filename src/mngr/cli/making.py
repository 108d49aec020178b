"""Making an agent, for the commands that do: what is asked first, what is shown meanwhile, and what is told at last."""

from __future__ import annotations

from mngr.model.errors import UserError
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.create import NewAgent
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import Agent
    from mngr.hosts.programs import Found
    from mngr.hosts.ways import Way
    from mngr.transports.host import Host

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


def agree_to_install(world: World, host: Host, program: Found | None) -> Way | None:
    """Ask whether a program may be brought to a host, and return how; None where it is there. Raises UserError."""
    if program is None or program.file is not None:
        return None
    from mngr.hosts.programs import package_of
    from mngr.hosts.ways import choose

    here = world.fleet.host("local")
    way = choose(host, here, program, world.fleet.places.environ_on(here).get("PATH", ""))
    name, on = program.program.command, "" if host.transport.shares_files else f" on {host.address}"
    missing = f"{name} is not installed{on}"
    if program.program.pinned:
        missing = f"the {name} that your settings name ({program.program.version}) is not installed{on}"
    if not world.confirm(f"{missing}. {way.plan}?"):
        raise UserError(missing, hint=f"install it as you like: npm install -g {package_of(program.program)}")
    return way


def agreed(world: World, new: NewAgent) -> NewAgent:
    """Return a wished agent with the way by which its program comes, if it is missing. Raises UserError."""
    way = agree_to_install(world, new.host, new.program)
    return new if way is None else replace(new, way=way)


def agree_to_tools(world: World, host: Host) -> None:
    """Install what another host lacks of what every agent needs, if that may be. Raises UserError when it may not."""
    if host.transport.shares_files:
        return
    from mngr.hosts import tools
    from mngr.hosts.lock import KeptUp
    from mngr.output.progress import Progress

    lacking = tools.look(host)
    if not lacking.tools:
        return
    missing = f"{' and '.join(lacking.tools)} {'is' if len(lacking.tools) == 1 else 'are'} missing on {host.address}"
    hint = f"install it there; mngr doctor @{host.address} shows all that is missing"
    if lacking.manager is None:
        raise UserError(missing, hint)
    if not world.confirm(f"{missing}. Install it there with {lacking.manager}?"):
        raise UserError(missing, hint)
    with Progress(world) as progress:
        progress.step(f"install {' '.join(lacking.tools)}")
        with KeptUp(host):
            tools.install(host, lacking.tools)


def create_with_progress(world: World, new: NewAgent) -> Agent:
    """Make an agent, and show the steps."""
    from mngr.actions.create import Telling, create
    from mngr.output.progress import Progress

    with Progress(world) as progress:
        return create(world.fleet, new, Telling(progress.step, world.note))


def made(world: World, arguments: Arguments, agent: Agent, done: str) -> int:
    """Attach to an agent, or tell what was made, and return the exit code."""
    from mngr.cli.attach import attach, connects

    if connects(world, arguments):
        return attach(world, agent, arguments["connect_command"])
    try:
        _tell(world, agent, done)
    except KeyboardInterrupt:
        world.note(f"agent '{agent.record.name}' was {done}")
        raise
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
