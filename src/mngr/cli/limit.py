"""mngr limit."""

from __future__ import annotations

from mngr.cli.complain import complain
from mngr.cli.spec import Argument, Command, Option
from mngr.cli.targets import worst
from mngr.model.errors import UsageError, UserError
from mngr.model.names import parse_address
from mngr.model.times import short_duration
from mngr.output.emit import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.actions.limit import Limited, Limits
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.transports.host import Host

    Row = dict[str, Any]


def run(world: World, arguments: Arguments) -> int:
    """Show or change when hosts stop themselves, and whether they come back with their machine."""
    from mngr.actions.limit import limit

    wished = _wished(arguments)
    if not arguments["which"]:
        raise UsageError("nothing was named to limit", hint="name an agent, or a host as @HOST")
    rows: list[Row] = []
    lines: list[str] = []
    errors: list[UserError] = []
    done: set[Host] = set()
    for word in dict.fromkeys(arguments["which"]):
        try:
            host = _host(world, word)
            if host in done:
                continue
            done.add(host)
            limited = limit(world.fleet, host, wished)
        except UserError as error:
            rows.append({"host": word, "error": error.message, "hint": error.hint, "exit_code": error.exit_code})
            errors.append(error)
            continue
        rows.append({"host": host.address, "idle": limited.idleness.row(), "start_on_boot": limited.start_on_boot})
        lines.append(_line(host, limited))
    emit(world, rows, human=lambda: lines, fields=COMMAND.fields)
    world.stdout.flush()
    for error in errors:
        complain(world, error)
    return worst([error.exit_code for error in errors])


def _wished(arguments: Arguments) -> Limits:
    from mngr.actions.limit import Limits
    from mngr.hosts.watchdog import check_timeout, parse_mode

    mode, timeout = arguments["idle_mode"], arguments["idle_timeout"]
    return Limits(
        idle_mode=None if mode is None else parse_mode(mode),
        idle_timeout_seconds=None if timeout is None else check_timeout(timeout),
        start_on_boot=arguments["start_on_boot"],
    )


def _host(world: World, word: str) -> Host:
    if not word.startswith("@"):
        return world.fleet.find(word).host
    address = parse_address(word)
    return world.fleet.host(address.host, address.provider)


def _line(host: Host, limited: Limited) -> str:
    idle = limited.idleness.row()
    if idle["mode"] in (None, "disabled"):
        text = "does not stop itself"
    else:
        text = f"stops itself after {short_duration(idle['timeout_seconds'])} without activity ({idle['mode']})"
    if host.state != "running":
        text = f"is {host.state}" + (f" ({limited.idleness.reason})" if limited.idleness.reason else "")
    if limited.start_on_boot is not None:
        text += ", is started with its machine" if limited.start_on_boot else ", is not started with its machine"
    return f"@{host.address} {text}"


COMMAND = Command(
    name="limit",
    summary="Show and change when hosts stop themselves",
    run=run,
    fields=(
        *("host", "idle.mode", "idle.timeout_seconds", "idle.last_activity_at", "idle.source", "idle.deadline_at"),
        *("start_on_boot", "error", "hint", "exit_code"),
    ),
    arguments=(Argument("WHICH", "hosts as @HOST, or agents, whose hosts are meant", many=True, complete="target"),),
    options=(
        Option(("--idle-timeout",), "stop it when it was idle for so long", "DURATION", kind="duration"),
        Option(("--idle-mode",), "what counts as activity; disabled: it does not stop (mngr help idle)", "MODE"),
        Option(("--start-on-boot",), "start it again when its machine has started", negatable=True),
    ),
    examples=(
        ("mngr limit @happy-fox.docker", "how it is limited"),
        ("mngr limit @happy-fox.docker --idle-timeout 2h", "at once, while it runs"),
        ("mngr limit fix-tests --idle-mode disabled", "the host of an agent stops no more by itself"),
    ),
    about="What changes counts as activity: the time begins anew. Only hosts that mngr made can stop themselves.",
)
