"""`mngr help`: the pages of commands and topics, and what stands in them."""

from __future__ import annotations

import os

from mngr.cli.commands import ALIASES, GROUPS, SUMMARIES, TOPICS, load
from mngr.cli.options import COMMON
from mngr.cli.parse import usage
from mngr.cli.spec import Argument, Command, Option
from mngr.output.style import Style, style_for, text_width, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from mngr.cli.world import World

WIDEST_PAGE = 100
COLUMN = 28


def run(world: World, arguments: dict[str, Any]) -> int:
    """Print the page of a command or a topic, or the one of mngr itself."""
    name: str | None = arguments["word"]
    if name is None:
        text = root_page(world)
    elif name in TOPICS:
        text = topic_page(world, name)
    elif name in SUMMARIES or name in ALIASES:
        text = page(world, load(name))
    else:
        raise _no_page(name)
    world.stdout.write(text)
    return 0


def page(world: World, command: Command) -> str:
    """Return a command's help page: examples first."""
    writer = _Writer(world)
    short = [alias for alias, name in ALIASES.items() if name == command.name]
    writer.line(f"{writer.bold(f'mngr {command.name}')} - {command.summary}")
    if command.examples:
        writer.section("Examples")
    writer.examples(command.examples)
    writer.section("Usage")
    writer.paragraph(usage(command))
    if short:
        writer.paragraph(f"Alias: mngr {', '.join(short)}")
    _parts(writer, command)
    writer.prose(command.about)
    return writer.text()


def root_page(world: World) -> str:
    """Return the page that lists all commands and topics."""
    writer = _Writer(world)
    writer.line(f"{writer.bold('mngr')} - git for agents: create, watch, message and destroy coding agents")
    writer.section("Usage")
    writer.paragraph("mngr COMMAND [options]")
    for heading, entries in GROUPS:
        writer.section(heading)
        for name, summary in entries:
            short = [alias for alias, full in ALIASES.items() if full == name]
            writer.entry(", ".join((name, *short)), summary)
    _options(writer, COMMON)
    writer.section("Topics (mngr help TOPIC)")
    for name, summary in TOPICS.items():
        writer.entry(name, summary)
    writer.line("")
    writer.line("mngr help COMMAND shows a command's page, with examples.")
    return writer.text()


def topic_page(world: World, name: str) -> str:
    """Return a topic's page."""
    writer = _Writer(world)
    writer.prose(topic_text(name), first=True)
    return writer.text()


def topic_text(name: str) -> str:
    """Return a topic as it is written, in Markdown."""
    with open(f"{os.path.dirname(os.path.abspath(__file__))}/topics/{name}.md", encoding="utf-8") as file:
        return file.read()


def title_line(world: World) -> str:
    """Return the line that says what mngr is."""
    return f"{_Writer(world).bold('mngr')} - git for agents"


def steps(world: World, examples: Iterable[tuple[str, str]]) -> list[str]:
    """Return what to do next: command lines and what they do."""
    writer = _Writer(world)
    writer.section("Next steps")
    writer.examples(list(examples))
    return writer.lines


def _parts(writer: _Writer, command: Command) -> None:
    if command.arguments or command.rest:
        writer.section("Arguments")
        for argument in command.arguments:
            writer.entry(argument.form, _argument_help(argument))
        if command.rest:
            writer.entry(f"-- {command.rest.upper()}...", command.rest_help)
    _options(writer, command.options)
    _options(writer, [option for option in COMMON if not _shadowed(option, command)])
    if command.fields:
        writer.section("Fields of the results (--format)")
        writer.paragraph(" ".join(command.fields))


def _shadowed(option: Option, command: Command) -> bool:
    return any(set(option.names) & set(own.names) for own in command.options)


def _options(writer: _Writer, options: Iterable[Option]) -> None:
    groups: dict[str, list[Option]] = {}
    for option in options:
        groups.setdefault(option.group, []).append(option)
    for heading, members in groups.items():
        writer.section(heading)
        for option in members:
            writer.entry(option_head(option), option_help(option))


def option_head(option: Option) -> str:
    """Return how an option is written: `-m, --message TEXT`."""
    short = [name for name in option.names if name[:2] != "--"]
    long = [name for name in option.names if name[:2] == "--"]
    if option.negatable:
        long[0] = f"--[no-]{long[0][2:]}"
    names = ", ".join((*short, *long))
    indent = "" if short else "    "
    return f"{indent}{names} {option.metavar}" if option.metavar else f"{indent}{names}"


def option_help(option: Option) -> str:
    """Return what an option does, with what it can be."""
    parts = [option.help]
    if option.choices:
        parts.append(f"({', '.join(option.choices)})")
    if option.many:
        parts.append("(can be repeated)")
    return " ".join(parts)


def _argument_help(argument: Argument) -> str:
    return f"{argument.help} ({', '.join(argument.choices)})" if argument.choices else argument.help


def _no_page(name: str) -> Exception:
    from mngr.model.errors import UsageError
    from mngr.model.names import nearest, shown

    near = nearest(name, (*SUMMARIES, *TOPICS))
    return UsageError(
        f"{shown(name)} is neither a command nor a topic",
        hint=f"did you mean {' or '.join(f'mngr help {word}' for word in near)}?" if near else "see: mngr help",
    )


class _Writer:
    """Lays out a page."""

    def __init__(self, world: World) -> None:
        self.lines: list[str] = []
        self.width = min(world.width, WIDEST_PAGE) if world.is_terminal else 80
        self._style: Style = style_for(is_terminal=world.is_terminal, environ=world.environ)

    def text(self) -> str:
        """Return the whole page."""
        return "".join(f"{line}\n" for line in self.lines)

    def bold(self, text: str) -> str:
        """Return text that stands out."""
        return self._style.paint(text, "bold")

    def line(self, text: str) -> None:
        """Add a line as it is."""
        self.lines.append(text)

    def section(self, heading: str) -> None:
        """Begin a section."""
        self.lines += ["", self.bold(heading)]

    def paragraph(self, text: str) -> None:
        """Add an indented paragraph."""
        self.lines += wrap(text, self.width, "  ")

    def examples(self, examples: Sequence[tuple[str, str]]) -> None:
        """Add command lines and what they do: beside them where all have room, else below."""
        widest = max((text_width(line) for line, _ in examples), default=0) + 3
        beside = all(widest + text_width(meaning) <= self.width - 2 for _, meaning in examples)
        for line, meaning in examples:
            painted = self._style.paint(line, "cyan")
            if beside:
                self.lines.append(f"  {painted}{' ' * (widest - text_width(line))}{meaning}".rstrip())
            else:
                self.lines += [f"  {painted}", *wrap(meaning, self.width, "      ")]

    def entry(self, head: str, text: str) -> None:
        """Add a term and what it means, in two columns."""
        wrapped = wrap(text, self.width, " " * COLUMN)
        painted = self._style.paint(head, "cyan")
        if text_width(head) > COLUMN - 4 or not wrapped:
            self.lines += [f"  {painted}", *wrapped]
        else:
            space = " " * (COLUMN - 2 - text_width(head))
            self.lines += [f"  {painted}{space}{wrapped[0].strip()}", *wrapped[1:]]

    def prose(self, text: str, *, first: bool = False) -> None:
        """Add paragraphs of simple Markdown: headings stand out, paragraphs are wrapped, the rest stays as it is."""
        for place, block in enumerate(text.strip().split("\n\n")):
            if not block.strip():
                continue
            if place or not first:
                self.lines.append("")
            if block.startswith("#"):
                self.lines.append(self.bold(block.lstrip("# ")))
            elif block.startswith((" ", "|", "- ", "```")) or "\n  " in block:
                self.lines += block.split("\n")
            else:
                self.lines += wrap(block, self.width)


COMMAND = Command(
    name="help",
    summary=SUMMARIES["help"],
    run=run,
    arguments=(Argument("WORD", "a command or a topic", complete="help"),),
    examples=(
        ("mngr help", "all commands and topics"),
        ("mngr help create", "a command's page, with examples"),
        ("mngr help addresses", "a topic"),
    ),
)
