"""Hosts as targets: `@HOST`, where a command can be for a host as well as for agents."""

from __future__ import annotations

from mngr.cli.complain import complain
from mngr.cli.targets import worst
from mngr.model.errors import UserError
from mngr.model.names import parse_address
from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.transports.host import Host

FIELDS = ("host", "result", "agents", "error", "hint", "exit_code")


def split(arguments: Arguments) -> tuple[list[str], Arguments]:
    """Return the words that name hosts, and the arguments without them."""
    hosts = [word for word in arguments["agents"] if word.startswith("@")]
    return hosts, {**arguments, "agents": [word for word in arguments["agents"] if word not in hosts]}


def for_hosts(world: World, words: list[str], work: Callable[[Host], tuple[dict[str, Any], str]]) -> int:
    """Do work for each host that is named, and tell what became of each; return the worst outcome's exit code.

    `work` returns the fields of its result and the line for people.
    """
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    errors: list[UserError] = []
    for word in dict.fromkeys(words):
        address = parse_address(word)
        try:
            row, line = work(world.fleet.host(address.host, address.provider))
            lines.append(line)
        except UserError as error:
            row = {"error": error.message, "hint": error.hint, "exit_code": error.exit_code}
            errors.append(error)
        rows.append({"host": word.removeprefix("@"), **row})
    emit(world, rows, human=lambda: lines, fields=("host", "error"))
    world.stdout.flush()
    for error in errors:
        complain(world, error)
    return worst([error.exit_code for error in errors])


def several(arguments: Arguments) -> bool:
    """Tell whether agents are meant besides hosts: named, or chosen by what they are."""
    from mngr.cli.targets import has_filter

    return bool(arguments["agents"] or arguments["all"] or has_filter(arguments))
