"""The pages of `docs/commands/`, written from the commands themselves."""

from __future__ import annotations

from mngr.cli.commands import ALIASES, GROUPS, TOPICS, load
from mngr.cli.help import option_head, option_help, topic_text
from mngr.cli.options import COMMON
from mngr.cli.parse import usage
from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mngr.cli.spec import Argument, Command, Option


def pages() -> dict[str, str]:
    """Return every page by its name without `.md`: one for each command and topic, and the `README` that lists them."""
    commands = {name: command for _, entries in GROUPS for name, _ in entries if (command := _command(name))}
    found = {name: page(command) for name, command in commands.items()}
    found.update({f"topic-{name}": topic_text(name) for name in TOPICS})
    found["README"] = _contents(commands)
    return found


def page(command: Command) -> str:
    """Return a command's page in Markdown."""
    parts = [f"# mngr {command.name}", f"{command.summary}."]
    if command.examples:
        lines = [f"# {meaning}\n{line}" for line, meaning in command.examples]
        parts += ["## Examples", "```sh\n" + "\n\n".join(lines) + "\n```"]
    parts += ["## Usage", f"```\n{usage(command)}\n```"]
    short = [alias for alias, name in ALIASES.items() if name == command.name]
    parts += [f"Alias: `mngr {', '.join(short)}`"] if short else []
    parts += [command.about.strip()] if command.about else []
    if command.arguments or command.rest:
        parts += ["## Arguments", "\n".join(_arguments(command))]
    parts += _options(command.options)
    if command.fields:
        parts += ["## Fields", "For `--format`: " + ", ".join(f"`{field}`" for field in command.fields) + "."]
    parts += ["[Options of every command](README.md#options-of-every-command)"]
    return "\n\n".join(parts) + "\n"


def _command(name: str) -> Command | None:
    try:
        return load(name)
    except UsageError:
        return None


def _arguments(command: Command) -> list[str]:
    lines = [_entry(_name(argument), argument.help, argument.choices) for argument in command.arguments]
    return [*lines, _entry(f"-- {command.rest.upper()}...", command.rest_help)] if command.rest else lines


def _name(argument: Argument) -> str:
    return argument.form


def _options(options: Iterable[Option], level: str = "##") -> list[str]:
    groups: dict[str, list[str]] = {}
    for option in options:
        groups.setdefault(option.group, []).append(_entry(option_head(option).strip(), option_help(option)))
    return [part for heading, lines in groups.items() for part in (f"{level} {heading}", "\n".join(lines))]


def _entry(term: str, text: str, choices: tuple[str, ...] = ()) -> str:
    return f"- `{term}`: {text}" + (f" ({', '.join(choices)})" if choices else "")


def _contents(commands: dict[str, Command]) -> str:
    parts = ["# Commands", "Written by `scripts/docs.py` from the commands themselves; `mngr help` shows the same."]
    for heading, entries in GROUPS:
        lines = [f"- [{name}]({name}.md): {summary}" for name, summary in entries if name in commands]
        parts += [f"## {heading}", "\n".join(lines)] if lines else []
    parts += ["## Topics", "\n".join(f"- [{name}](topic-{name}.md): {text}" for name, text in TOPICS.items())]
    lines = [_entry(option_head(option).strip(), option_help(option)) for option in COMMON]
    return "\n\n".join([*parts, "## Options of every command", "\n".join(lines)]) + "\n"
