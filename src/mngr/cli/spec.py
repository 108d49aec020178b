"""How a command says what it takes: parsing, help, docs, completion and config defaults all follow from it."""

from __future__ import annotations

from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.cli.world import World

    Arguments = dict[str, Any]


@value
class Option:
    """One option. Its key in the parsed arguments is its first long name, without dashes, hyphens as underscores.

    With no `metavar` it is a flag (False unless given; `negatable` adds `--no-NAME`, and None unless given).
    `many` options may be repeated and give a list. `kind` is what its text is turned into: `text`, `int` (0 or
    more), `duration` (seconds), `pair` (K=V, a tuple), or `choice` (one of `choices`).
    """

    names: tuple[str, ...]
    help: str
    metavar: str | None = None
    kind: str = "text"
    choices: tuple[str, ...] = ()
    many: bool = False
    negatable: bool = False
    secret: bool = False  # its text is masked in logs and in -v
    complete: str | None = None  # what its text can be: agent, host, file, folder, command, type, template, state ...
    group: str = "Options"  # the heading it stands under in help

    @property
    def key(self) -> str:
        """Return its key in the parsed arguments."""
        return self.long_name[2:].replace("-", "_")

    @property
    def long_name(self) -> str:
        """Return its first long name, with dashes."""
        return next(name for name in self.names if name.startswith("--"))


@value
class Argument:
    """One positional argument: None when it is missing. `many` gives a list (empty only when not `required`).

    `written` is how it is shown in help where it stands for words of several kinds.
    """

    name: str
    help: str
    required: bool = False
    many: bool = False
    complete: str | None = None
    choices: tuple[str, ...] = ()
    written: str = ""

    @property
    def key(self) -> str:
        """Return its key in the parsed arguments."""
        return self.name.lower().replace("-", "_")

    @property
    def form(self) -> str:
        """Return how it is shown in help."""
        return self.written or self.name + ("..." if self.many else "")


@value
class Command:
    """One command. `run` gets the world and the parsed arguments, and returns the exit code.

    `rest` names the key that gets all words after `--`. With `stops_at_first` parsing of options ends at the first
    word that is not one, beyond the positional arguments that are not `many`. `fields` are those of its results, as
    in `host.name` or `labels.*` (any name): templates are checked against them before anything is done.
    """

    name: str
    summary: str
    run: Callable[[World, Arguments], int]
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()  # command line, what it does
    about: str = ""  # paragraphs for the help page, after the examples
    rest: str | None = None
    rest_help: str = ""
    stray: str = ""  # what to type when an option is not known, and was perhaps meant for another program
    stops_at_first: bool = False
    fields: tuple[str, ...] = ()
    habits: dict[str, str] = {}  # options that it does not have, but people type, and what to type instead
