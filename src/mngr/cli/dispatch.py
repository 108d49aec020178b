"""From the words of a command line to the command that they mean."""

from __future__ import annotations

from mngr.cli.commands import ALIASES, load
from mngr.cli.options import COMMON, CommonOptions
from mngr.cli.parse import Parsed, parse
from mngr.cli.spec import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.runlog import RunLog
    from mngr.cli.world import World

ROOT = Command(
    name="",
    summary="git for agents",
    run=lambda _world, _arguments: 0,
    arguments=(Argument("COMMAND", "what to do", many=True),),
    options=(Option(("--version", "-V"), "print the version"),),
    stops_at_first=True,
)

# These must work when a setting is wrong, so that it can be found and mended.
WITHOUT_SETTINGS = frozenset(("config", "help", "completion", "doctor"))


def dispatch(world: World, words: list[str], log: RunLog) -> int:
    """Run the command that a command line means, and return its exit code."""
    world.options = guessed_options(words)  # for an error in the line itself
    root = parse(ROOT, words, COMMON)
    if root.arguments["version"]:
        from mngr import __version__

        world.stdout.write(f"mngr {__version__}\n")
        return 0
    names: list[str] = root.arguments["command"]
    if root.help:
        from mngr.cli.help import root_page

        world.stdout.write(root_page(world))
        return 0
    if not names:
        from mngr.cli.home import home

        for doubt in world.settings.doubts[:1]:
            world.warn(doubt.message)
        return home(world)
    log.argv = [names[0], "..."] if names[1:] else names
    return _run(world, load(names[0]), names[1:], (root, log))


def _run(world: World, command: Command, words: list[str], so_far: tuple[Parsed, RunLog]) -> int:
    root, log = so_far
    parsed = parse(command, words, COMMON)
    log.argv = [*root.masked[: len(root.masked) - len(words)], *parsed.masked]
    log.secrets = [secret for secret in (*root.secrets, *parsed.secrets) if secret]
    log.kept = command.name not in ("help", "completion")
    common = _merged(root.common, parsed.common)
    world.options = _options(common)
    world.given = parsed.given | root.given
    if parsed.help:
        from mngr.cli.help import page

        world.stdout.write(page(world, command))
        return 0
    arguments = dict(parsed.arguments)
    if command.name not in WITHOUT_SETTINGS:
        _fill(world, command, arguments, common)
    _check_format(world, command)
    return command.run(world, arguments)


def _fill(world: World, command: Command, arguments: dict[str, Any], common: dict[str, Any]) -> None:
    if world.settings.is_held_back or world.settings.doubts:
        from mngr.cli.trusting import settle

        settle(world, command.name, ignore=arguments.get("ignore_project_config", False))
    table = world.settings.command_defaults(command.name)
    if not table:
        return
    from mngr.cli.defaults import Section, defaults

    section = Section(f"commands.{command.name}", world.settings)
    for key, text in defaults(command, (*command.options, *COMMON), table, section).items():
        if key not in world.given:
            (arguments if key in arguments else common)[key] = text
    world.options = _options(common)


def _check_format(world: World, command: Command) -> None:
    world.fields = command.fields
    if world.options.format not in ("human", "json", "jsonl"):
        from mngr.output.structured import check_format

        check_format(world.options.format, command.fields)


def guessed_options(words: list[str]) -> CommonOptions:
    """Return what can be told of the common options of a line that may be wrong."""
    own = words[: words.index("--")] if "--" in words else words
    wanted = "human"
    for word, following in zip(own, [*own[1:], ""], strict=False):
        text = following if word == "--format" else word.removeprefix("--format=")
        wanted = text if text in ("json", "jsonl") else wanted
    return CommonOptions(format=wanted, debug="--debug" in own)


def full_name(name: str) -> str:
    """Return a command's name, given it or its alias."""
    return ALIASES.get(name, name)


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {**first, **second, "set": [*first.get("set", ()), *second.get("set", ())]}


def _options(common: dict[str, Any]) -> CommonOptions:
    known = {key: given for key, given in common.items() if key in CommonOptions.__annotations__ and key != "set"}
    return CommonOptions(**known, set=tuple(f"{key}={text}" for key, text in common.get("set", ())))
