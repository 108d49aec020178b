"""Hosts as targets: `@HOST`, where a command can be for a host as well as for agents."""

from __future__ import annotations

from mngr.cli.complain import complain_of_each
from mngr.fleet.parallel import at_once
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
    """Do work for each host that is named, for several at once, and tell what became of each, in order.

    `work` returns the fields of its result and the line for people. Returns the worst outcome's exit code.
    """
    named = list(dict.fromkeys(words))

    def host_of(word: str) -> Host | UserError:
        address = parse_address(word)
        try:
            return world.fleet.host(address.host, address.provider)
        except UserError as error:
            return error

    def done(host: Host | UserError) -> tuple[dict[str, Any], str] | UserError:
        try:
            return host if isinstance(host, UserError) else work(host)
        except UserError as error:
            return error

    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    errors: list[UserError] = []
    for word, outcome in zip(named, at_once([host_of(word) for word in named], done), strict=True):
        if isinstance(outcome, UserError):
            row = {"error": outcome.message, "hint": outcome.hint, "exit_code": outcome.exit_code}
            errors.append(outcome)
        else:
            row = outcome[0]
            lines.append(outcome[1])
        rows.append({"host": word.removeprefix("@"), **row})
    emit(world, rows, human=lambda: lines, fields=("host", "error"))
    world.stdout.flush()
    return complain_of_each(world, errors)


def several(arguments: Arguments) -> bool:
    """Tell whether agents are meant besides hosts: named, or chosen by what they are."""
    from mngr.cli.targets import has_filter

    return bool(arguments["agents"] or arguments["all"] or has_filter(arguments))
