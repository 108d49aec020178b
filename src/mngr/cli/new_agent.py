"""From the options of `create` to the agent that is wished; everything is checked before anything is made."""

from __future__ import annotations

import os

from mngr.cli.labels import check_key, check_text
from mngr.cli.variables import agent_environment, program_environment
from mngr.model.errors import UsageError
from mngr.model.names import Address, check_name, is_id, is_name, parse_address, shown
from mngr.model.value import replace, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.actions.create import NewAgent
    from mngr.cli.spec import Arguments, Command
    from mngr.cli.world import World
    from mngr.fleet.report import Agent
    from mngr.hosts.programs import Found
    from mngr.model.protocols import AgentType
    from mngr.sync.job import WorkspaceWish
    from mngr.transports.host import Host


@value
class _Kind:
    """An agent type, and the command that it makes of the arguments."""

    name: str
    base: str
    command: list[str]
    environment: dict[str, str]
    program: Found | None = None  # what the host has of the program that agents of this type talk through


def with_templates(world: World, arguments: Arguments, command: Command) -> Arguments:
    """Return the arguments with what templates preset, where the command line said nothing."""
    if not arguments["template"]:
        return arguments
    from mngr.cli.defaults import Section, defaults

    preset: Arguments = {}
    for name in arguments["template"]:
        section = Section(f"templates.{name}", world.settings)
        preset.update(defaults(command, command.options, world.settings.template(name), section))
    return {**arguments, **{key: given for key, given in preset.items() if key not in world.given}}


def new_agent(world: World, arguments: Arguments, host: Host) -> NewAgent:
    """Return the agent that the options wish for on a host. Raises UsageError, NotFoundError."""
    from mngr.actions.create import NewAgent

    address = parse_address(arguments["address"]) if arguments["address"] is not None else Address()
    conversation = None
    if arguments["adopt"] is not None:
        from mngr.cli.adopting import adopted

        name, conversation = adopted(world, arguments, host)
        arguments = {**arguments, "type": name}
    if arguments["depth"] == 0:
        raise UsageError("--depth 0 would bring nothing", hint="--depth 1 brings the last commit")
    if arguments["id"] is not None and not is_id(arguments["id"]):
        raise UsageError(f"{shown(arguments['id'])} is not an id", hint="agent- and 32 hex digits, or leave it out")
    kind = _kind(world, arguments, host)
    source, source_host, source_agent = _source(world, arguments["from"])
    wish = wish_of(world, arguments, address, (source, host))
    if wish.mode == "none" and not host.transport.shares_files and arguments["from"] is None:
        wish, source_host = replace(wish, source=wish.target or host.home, target=""), host
    return NewAgent(
        host=host,
        type=kind.name,
        base=kind.base,
        command=kind.command,
        wish=wish,
        project=_project(world, arguments, wish, (source_host, source_agent)),
        name=check_name(address.name) if address.name is not None else None,
        id=arguments["id"],
        labels={check_key(key): check_text(text) for key, text in arguments["label"]},
        environment=_environment(world, arguments, kind, host),
        windows=[_window(text, number) for number, text in enumerate(arguments["extra_window"], 1)],
        uploads=[upload_of(world, text) for text in arguments["upload_file"]],
        provision_commands=[*_setup(world), *arguments["extra_provision_command"]],
        parent=parent_of(world),
        trusted=world.options.yes or world.settings.get("trust"),
        program=kind.program,
        conversation=conversation,
        source_host=source_host,
        options={"forward_agent": True} if arguments["forward_agent"] else {},
    )


def _environment(world: World, arguments: Arguments, kind: _Kind, host: Host) -> dict[str, str]:
    there = world.fleet.places.environ_on(host)
    if kind.program is None:
        return agent_environment(world, arguments, kind.environment, there)
    from mngr.hosts.programs import path_for

    names = (*kind.program.program.variables, *kind.program.variables)
    own = program_environment(there, names)
    environment = agent_environment(world, arguments, {**own, **kind.environment}, there)
    environment["PATH"] = path_for(host, kind.program.program, environment.get("PATH", ""))
    return environment


def _search(world: World, arguments: Arguments, host: Host) -> str:
    """Return the PATH by which an agent will find its program."""
    return dict(arguments["env"]).get("PATH") or world.fleet.places.environ_on(host).get("PATH", "")


def _kind(world: World, arguments: Arguments, host: Host) -> _Kind:
    rest: list[str] = arguments["agent_args"]
    name, found, program = _type(world, arguments, host)
    if program is None and hasattr(found, "program"):
        from mngr.hosts.programs import look

        program = look(host, [getattr(found, "program")], _search(world, arguments, host))[0]  # noqa: B009
    command = [*getattr(found, "command", []), *rest]
    base = getattr(found, "base", found).name
    if base == "command" and not command:
        raise UsageError("a command agent needs a program", hint="mngr create NAME -- PROGRAM ARGUMENTS...")
    if command and (command[0] in ("", "-") or command[0].startswith("-")) and base == "command":
        raise UsageError(f"{shown(command[0])} is not a program", hint="mngr create NAME -- PROGRAM ARGUMENTS...")
    if any("\0" in word for word in command):
        raise UsageError("an argument of the program holds a NUL byte", hint="no program can be given one")
    return _Kind(name, base, command, getattr(found, "environment", {}), program)


def _type(world: World, arguments: Arguments, host: Host) -> tuple[str, AgentType, Found | None]:
    """Return the agent type that was named, or is the default: its name, itself, its program if that was looked for.

    Raises UsageError.
    """
    named = arguments["type"] if arguments["type"] is not None else arguments["agent_type"]
    default = world.settings.get("default_type")
    program = None
    name = named or default or ("command" if arguments["agent_args"] else None)
    if name is None:
        from mngr.fleet.programs import ready

        name, program = ready(world.fleet, host, _search(world, arguments, host)) or ("shell", None)
    try:
        return name, world.fleet.agent_type(name), program
    except UsageError as error:
        if named is None and default is not None:
            origin = world.settings.origin("default_type")
            scope = f" --scope {origin.layer}" if origin.layer in ("project", "local") else ""
            raise UsageError(
                f"default_type ({origin}): {error.message}", hint=f"mngr config unset default_type{scope}"
            ) from None
        if name == arguments["agent_type"] and (hint := _as_program(arguments)):
            raise UsageError(error.message, hint) from None
        raise


def _as_program(arguments: Arguments) -> str | None:
    """Return what to type where the word for the agent type is a program."""
    import shutil

    from mngr.transports.quoting import join

    program = arguments["agent_type"]
    if not shutil.which(program):
        return None
    return f"for a program: {join(['mngr', 'create', arguments['address'], '--', program, *arguments['agent_args']])}"


def wish_of(world: World, arguments: Arguments, address: Address, places: tuple[str, Host]) -> WorkspaceWish:
    """Return what a workspace shall be that is made from a source on a host. Raises UsageError."""
    from mngr.sync.job import WorkspaceWish

    if arguments["ensure_clean"] and arguments["include_unclean"]:
        raise UsageError("--ensure-clean and --include-unclean exclude each other", hint="use one of them")
    target = arguments["target_path"] if arguments["target_path"] is not None else address.path
    if target is not None and (not target or "\n" in target or "\0" in target):
        raise UsageError(f"{shown(target)} is not a path for a workspace", hint="leave it out, and one is made up")
    return WorkspaceWish(
        mode=arguments["transfer"],
        source=places[0],
        target=_place(world, places[1], target) if target is not None else "",
        branch=arguments["branch"],
        default_branch="",
        include_unclean=arguments["include_unclean"],
        ensure_clean=arguments["ensure_clean"],
        include_ignored=arguments["include_ignored"],
        depth=arguments.get("depth"),
    )


def _place(world: World, host: Host, path: str) -> str:
    """Return an absolute path on a host: elsewhere, paths begin in the home there."""
    if host.transport.shares_files:
        return os.path.normpath(os.path.join(world.cwd, os.path.expanduser(path)))
    return os.path.normpath(os.path.join(host.home, path.removeprefix("~/") if path != "~" else ""))


def _source(world: World, text: str | None) -> tuple[str, Host, Agent | None]:
    """Return a source (a path or a URL), the host where it is, and the agent whose workspace it is, if it is one's."""
    here = world.fleet.host("local")
    if text is None:
        if world.folder_is_gone:
            raise UsageError("the current folder is gone", hint="go to another, or use --from FOLDER")
        return world.cwd, here, None
    if not text or "\0" in text:
        raise UsageError(f"{shown(text)} is not a source", hint="a folder, an agent, or a git URL")
    if text.startswith("@"):
        return (*_folder_there(world, text), None)
    if is_url(text):
        return text, here, None
    path = os.path.normpath(os.path.join(world.cwd, os.path.expanduser(text)))
    if os.path.isdir(path):
        return path, here, None
    name, _, _ = text.partition("@")
    if is_name(name):
        agent = world.fleet.find(text)
        return agent.record.workspace.folder, agent.host, agent
    raise UsageError(
        f"{shown(text)} is neither a folder nor an agent", hint="--from FOLDER, @HOST:FOLDER, AGENT or git URL"
    )


def _folder_there(world: World, text: str) -> tuple[str, Host]:
    """Return the folder and the host that `@HOST:FOLDER` says."""
    address = parse_address(text)
    if not address.path:
        raise UsageError(f"{shown(text)} does not say which folder there", hint="--from @HOST:FOLDER")
    host = world.fleet.host(address.host, address.provider)
    return _place(world, host, address.path), host


def is_url(text: str) -> bool:
    """Tell whether text is a git URL, in the form `scheme://...` or `user@host:path`."""
    if "://" in text:
        return True
    place, colon, _ = text.partition(":")
    return bool(colon) and "@" in place and "/" not in place


def _project(world: World, arguments: Arguments, wish: WorkspaceWish, source: tuple[Host, Agent | None]) -> str:
    if arguments["project"] is not None:
        if not arguments["project"].strip():
            raise UsageError("the name of the project is empty", hint="leave --project out, or name one")
        return check_text(arguments["project"])
    configured = world.settings.get("project.name")
    if configured:
        return configured
    source_host, agent = source
    if agent is not None:
        return agent.record.project
    if not source_host.transport.shares_files:
        return os.path.basename(wish.source).removesuffix(".git") or "root"
    if is_url(wish.source):
        return wish.source.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].removesuffix(".git")
    from mngr.config.project import find_root, repository

    root = find_root(world.environ, wish.source)
    return os.path.basename(repository(root) if root else wish.source).removesuffix(".git") or "root"


def _setup(world: World) -> list[str]:
    command = world.settings.get("project.setup")
    return [command] if command else []


def _window(text: str, number: int) -> list[str]:
    name, equals, command = text.partition("=")
    if equals and name and all(character.isalnum() or character in "-_" for character in name):
        chosen, shell_command = name, command
    else:
        chosen, shell_command = f"extra-{number}", text
    if not shell_command.strip() or "\0" in text:
        raise UsageError(f"{shown(text)} is not a window", hint="-w COMMAND, or -w NAME=COMMAND")
    return [chosen, shell_command]


def upload_of(world: World, text: str) -> tuple[str, str]:
    """Return what --upload-file copies, and where to. Raises UsageError."""
    local, colon, remote = text.rpartition(":")
    if not colon or not local or not remote:
        raise UsageError(f"{shown(text)} does not say what to upload where", hint="--upload-file LOCAL:REMOTE")
    path = os.path.normpath(os.path.join(world.cwd, os.path.expanduser(local)))
    if not os.path.exists(path):
        raise UsageError(f"{shown(local)} cannot be uploaded: there is no such file", hint="--upload-file LOCAL:REMOTE")
    if ".." in remote.split("/"):
        raise UsageError(
            f"{shown(remote)} leads out of the workspace", hint="a path in the workspace, an absolute one, or ~/PATH"
        )
    return path, remote


def parent_of(world: World) -> str | None:
    """Return the id of the agent in which this very command was typed."""
    parent = world.environ.get("MNGR_AGENT_ID", "")
    return parent if is_id(parent) else None
