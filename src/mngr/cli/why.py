"""mngr why."""

from __future__ import annotations

from mngr.cli.spec import Argument, Command, Option
from mngr.cli.why_host import FIELDS as HOST_FIELDS
from mngr.cli.why_host import why_host
from mngr.model.errors import UsageError
from mngr.model.times import from_iso, iso, short_duration
from mngr.output.emit import emit_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.fleet.report import AgentReport


def run(world: World, arguments: Arguments) -> int:
    """Explain an agent's state by its signs, or a host's."""
    if arguments["agent"].startswith("@"):
        if arguments["at"] is not None:
            raise UsageError("--at is for an agent", hint=f"mngr events {arguments['agent']}")
        return why_host(world, arguments["agent"])
    agent = world.fleet.find(arguments["agent"])
    if arguments["at"] is not None:
        return _at(world, arguments)
    report = world.fleet.look_at(agent)
    emit_one(world, _row(report), human=lambda: _lines(world, report))
    return 0


def _row(report: AgentReport) -> dict[str, Any]:
    seen = report.seen
    return {
        "agent": report.name,
        "state": seen.state,
        "reason": seen.reason,
        "question": seen.question,
        "state_since": iso(seen.since) if seen.since is not None else None,
        "exit_code": seen.exit_code,
        "signs": [
            {"source": sign.source, "says": sign.says, "at": iso(sign.at) if sign.at is not None else None}
            for sign in report.signs
        ],
    }


def _lines(world: World, report: AgentReport) -> list[str]:
    from mngr.output.style import STATE_COLOURS, clean, style_for

    style = style_for(is_terminal=world.is_terminal, environ=world.environ)
    seen = report.seen
    since = f", for {short_duration(world.now() - seen.since)}" if seen.since is not None else ""
    reason = f": {clean(seen.reason)}" if seen.reason else ""
    code = f" (exit code {seen.exit_code})" if seen.exit_code is not None else ""
    lines = [f"{report.name} is {style.paint(seen.state, STATE_COLOURS.get(seen.state, ''))}{code}{reason}{since}"]
    if seen.question:
        lines += [f"  {line}" for line in clean(seen.question, keep="\n").splitlines()]
    width = max((len(sign.source) for sign in report.signs), default=0)
    for sign in report.signs:
        age = f"  ({short_duration(world.now() - sign.at)} ago)" if sign.at is not None else ""
        lines.append(f"  {sign.source:<{width}}  {clean(sign.says)}{style.paint(age, 'dim')}")
    return lines


def _at(world: World, arguments: Arguments) -> int:
    """Tell what the events say of an earlier time."""
    from mngr.actions.events import happened

    agent = world.fleet.find(arguments["agent"])
    moment = from_iso(arguments["at"])
    before = [event for event in happened(agent) if from_iso(event["time"]) <= moment]
    last = before[-1] if before else None
    row = {"agent": agent.record.name, "at": iso(moment), "last_event": last}

    def human() -> list[str]:
        from mngr.cli.event_lines import line_of

        if last is None:
            return [f"nothing is written down of {agent.record.name} up to {iso(moment)}"]
        return [f"the last thing written down of {agent.record.name} up to {iso(moment)}:", f"  {line_of(last)}"]

    emit_one(world, row, human=human)
    return 0


COMMAND = Command(
    name="why",
    summary="Explain an agent's state by its signs",
    run=run,
    fields=(
        "agent",
        "state",
        "reason",
        "question",
        "state_since",
        "exit_code",
        "signs",
        "at",
        "last_event",
        *HOST_FIELDS,
    ),
    arguments=(Argument("AGENT", "the agent, or @HOST", required=True, complete="target"),),
    options=(Option(("--at",), "an earlier time, as 2026-01-31T12:00:00Z: what its events say of it", "TIME"),),
    examples=(
        ("mngr why fix-tests", "its state, and the signs that led to it, strongest first"),
        ("mngr why @happy-fox.docker", "a host's state, and how it is watched for idleness"),
        ("mngr why fix-tests --at 2026-01-31T12:00:00Z", "the last event before that time"),
    ),
)
