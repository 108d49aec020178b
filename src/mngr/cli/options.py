"""Options that commands share."""

from __future__ import annotations

from mngr.cli.spec import Option
from mngr.model.value import value

COMMON = (
    Option(
        ("--format",),
        "how results are written: human, json, jsonl, or a template such as '{name} {host.name}'",
        metavar="FORMAT",
        complete="format",
        group="Common options",
    ),
    Option(("-q", "--quiet"), "print nothing but results", group="Common options"),
    Option(("-v", "--verbose"), "print every external command before it runs", group="Common options"),
    Option(("-y", "--yes"), "answer yes to every question", group="Common options"),
    Option(
        ("-S", "--set"),
        "change a setting for this run",
        metavar="KEY=VALUE",
        kind="pair",
        many=True,
        secret=True,
        complete="setting",
        group="Common options",
    ),
    Option(("--debug",), "print the traceback of an error", group="Common options"),
    Option(("-h", "--help"), "show this page", group="Common options"),
)


@value
class CommonOptions:
    """What was asked of every command alike."""

    format: str = "human"
    quiet: bool = False
    verbose: bool = False
    yes: bool = False
    debug: bool = False
    set: tuple[str, ...] = ()  # KEY=VALUE, as typed
