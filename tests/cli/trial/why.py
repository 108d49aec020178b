"""A command that does what it is told, to see what the frame of the command line makes of it."""

from __future__ import annotations

import os
from typing import Any

from mngr.cli.spec import Argument, Command, Option
from mngr.cli.world import World
from mngr.model.errors import BlockedError, UserError
from mngr.output.emit import emit
from mngr.transports.run import run as run_process


def run(world: World, arguments: dict[str, Any]) -> int:
    """Do what the first word says."""
    return globals()[f"do_{arguments['what']}"](world, arguments)


def do_nothing(world: World, arguments: dict[str, Any]) -> int:
    return 0


def do_show(world: World, arguments: dict[str, Any]) -> int:
    emit(world, [arguments], human=lambda: [str(arguments[key]) for key in ("limit", "name", "env")])
    return 0


def do_bug(world: World, arguments: dict[str, Any]) -> int:
    raise ZeroDivisionError(arguments["env"])


def do_recursion(world: World, arguments: dict[str, Any]) -> int:
    return do_recursion(world, arguments)


def do_memory(world: World, arguments: dict[str, Any]) -> int:
    return len(b"x" * (1 << 60))


def do_blocked(world: World, arguments: dict[str, Any]) -> int:
    world.stdout.write("a result\n")
    raise BlockedError("agent 'a\x1b[2Jb' asks a question", hint="mngr answer a")


def do_missing_file(world: World, arguments: dict[str, Any]) -> int:
    with open("/nowhere/file", encoding="utf-8") as file:
        return len(file.read())


def do_many(world: World, arguments: dict[str, Any]) -> int:
    emit(world, [], human=lambda: ["x" * 100] * 10_000)
    return 0


def do_external(world: World, arguments: dict[str, Any]) -> int:
    run_process(["sh", "-c", "exit 3", "it's", *(text for _, text in arguments["env"])], check=False)
    return 0


def do_wait(world: World, arguments: dict[str, Any]) -> int:
    try:
        world.tell("waiting")
        run_process(["sleep", "30"])
    finally:
        world.tell("taken back")
    return 0


def do_become(world: World, arguments: dict[str, Any]) -> int:
    world.become(["sh", "-c", "echo became; kill -PIPE $$"])


def do_streams(world: World, arguments: dict[str, Any]) -> int:
    number = os.open("/dev/null", os.O_RDONLY)
    world.tell(f"opened {number}")
    world.stdout.write("café \udcff\n")
    return 0


def do_note(world: World, arguments: dict[str, Any]) -> int:
    world.note("a note")
    world.warn("odd")
    return 0


def do_error(world: World, arguments: dict[str, Any]) -> int:
    raise UserError("it failed")


COMMAND = Command(
    name="why",
    summary="",
    run=run,
    arguments=(Argument("WHAT", "", required=True),),
    options=(
        Option(("--env",), "", metavar="K=V", kind="pair", many=True, secret=True),
        Option(("--limit",), "", metavar="N", kind="int"),
        Option(("--name",), "", metavar="NAME"),
    ),
    fields=("limit", "name"),
)
