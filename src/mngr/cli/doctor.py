"""mngr doctor."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command
from mngr.model.names import parse_address
from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.doctor import Finding
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.transports.host import Host

COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}


def run(world: World, arguments: Arguments) -> int:
    """Check what mngr needs and say how to mend it."""
    from mngr.actions.doctor import WRONG, check, check_here

    findings = [] if arguments["hosts"] else [*check_here(), *_check_settings(world)]
    for host in _hosts(world, arguments["hosts"]):
        findings += check(world.fleet, host)
    rows: list[dict[str, Any]] = [
        {"about": one.about, "result": one.result, "says": one.says, "mend": one.mend} for one in findings
    ]
    emit(world, rows, human=lambda: _lines(world, findings))
    return 1 if any(one.result == WRONG for one in findings) else 0


def _hosts(world: World, words: list[str]) -> list[Host]:
    """Return the hosts that were named, or all."""
    if not words:
        return world.fleet.hosts()
    addresses = [parse_address(word if "@" in word else f"@{word}") for word in words]
    return [world.fleet.host(address.host, address.provider) for address in addresses]


def _check_settings(world: World) -> list[Finding]:
    from mngr.actions.doctor import NOTE, OK, WRONG, Finding

    if problems := world.lenient_settings():
        return [Finding("settings", WRONG, problem.message, problem.hint) for problem in problems]
    settings = world.settings
    withheld = ", ".join(str(one) for one in settings.withheld)
    if withheld:
        return [
            Finding("settings", NOTE, f"not used before this repository is trusted: {withheld}", "mngr config trust")
        ]
    return [Finding("settings", OK, "read without problems")]


def _lines(world: World, findings: list[Finding]) -> list[str]:
    from mngr.output.style import clean, style_for

    style = style_for(is_terminal=world.is_terminal, environ=world.environ)
    width = max(len(one.about) for one in findings)
    lines: list[str] = []
    for one in findings:
        lines.append(f"{style.paint(f'{one.result:<5}', COLOURS[one.result])}  {one.about:<{width}}  {clean(one.says)}")
        if one.mend and one.result != "ok":
            lines.append(f"       {'':<{width}}  {style.paint('mend:', 'cyan')} {one.mend}")
    return lines


COMMAND = Command(
    name="doctor",
    summary="Check what mngr needs and say how to mend it",
    run=run,
    fields=("about", "result", "says", "mend"),
    arguments=(Argument("HOSTS", "only these hosts, as @box.ssh", many=True, complete="at-host"),),
    examples=(
        ("mngr doctor", "tools, versions, logins, folders, settings; exit code 1 if something is wrong"),
        ("mngr doctor @box.ssh", "what a machine lacks, before or after there is an agent"),
    ),
)
