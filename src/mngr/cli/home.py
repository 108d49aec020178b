"""What `mngr` alone shows: what is running, and three next steps."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.world import World

    Row = dict[str, Any]

MOST_ROWS = 12
FIELDS = ("name", "state", "state_since", "type", "project", "branch")


def home(world: World) -> int:
    """Show what is running, and where to go from here."""
    from mngr.output.emit import emit

    found = _rows(world)
    emit(world, found, human=lambda: _lines(world, found))
    return 0


def _rows(world: World) -> list[Row]:
    reports = world.fleet.look()
    for problem in world.fleet.problems:
        world.warn(problem)
    shown = [report for report in reports if report.record is None or not report.record.archived_at]
    return [report.row() for report in shown]


def _lines(world: World, found: list[Row]) -> list[str]:
    from mngr.cli.list import table_of
    from mngr.output.style import style_for

    style = style_for(is_terminal=world.is_terminal, environ=world.environ)
    lines = table_of(world, found[:MOST_ROWS], list(FIELDS)) or ["No agents yet."]
    if len(found) > MOST_ROWS:
        lines.append(f"... and {len(found) - MOST_ROWS} more: mngr list")
    steps = next_steps(found)
    width = max(len(command) for command, _ in steps)
    lines += ["", style.paint("Next", "bold")]
    lines += [f"  {style.paint(f'{command:<{width}}', 'cyan')}  {says}" for command, says in steps]
    return [*lines, "", style.paint("mngr help shows all commands", "dim")]


def next_steps(found: list[Row]) -> list[tuple[str, str]]:
    """Return three commands that make sense now, and what each does."""
    if not found:
        return [
            ("mngr create NAME -- PROGRAM", "run a program as an agent, in a worktree of its own"),
            ("mngr list --watch", "see what agents do, live"),
            ("mngr doctor", "check what is installed"),
        ]
    by_state = {row["state"]: row["name"] for row in reversed(found)}
    steps: list[tuple[str, str]] = []
    if "blocked" in by_state:
        steps.append((f"mngr connect {by_state['blocked']}", "answer what it asks"))
    if "failed" in by_state:
        steps.append((f"mngr capture {by_state['failed']}", "see why it failed"))
    if "waiting" in by_state:
        steps.append((f"mngr message {by_state['waiting']} TEXT", "tell it what to do"))
    if "stopped" in by_state:
        steps.append((f"mngr start {by_state['stopped']}", "bring it back"))
    first = found[0]["name"]
    steps += [
        (f"mngr connect {first}", "attach to it (C-b d detaches)"),
        ("mngr list --watch", "see what they do, live"),
        ("mngr create NAME -- PROGRAM", "make another agent"),
    ]
    return list(dict.fromkeys(steps))[:3]
