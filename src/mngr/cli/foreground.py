"""A run without a session: `mngr create --foreground`."""

from __future__ import annotations

import os

from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.actions.create import NewAgent
    from mngr.actions.foreground import Exchange
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World


def run_in_foreground(world: World, new: NewAgent, arguments: Arguments) -> int:
    """Run a new agent's program here, and return its exit code; a program that is talked to gets its message first."""
    from mngr.actions import foreground
    from mngr.actions.create import Telling
    from mngr.cli.texts import initial_message

    telling = Telling(lambda _: None, world.note)
    text = initial_message(world, arguments)
    if new.program is not None:
        if world.options.format not in ("human", "json", "jsonl"):
            raise UsageError("--foreground takes no template", hint="--format jsonl: the program's own lines of JSON")
        return foreground.answer_in_foreground(world.fleet, new, telling, _exchange(world, text))
    if text is not None:
        raise UsageError(
            "--foreground takes no message for such an agent", hint="give the program its input by standard input"
        )
    return foreground.run_in_foreground(world.fleet, new, telling)


def _exchange(world: World, text: str | None) -> Exchange:
    from mngr.actions.foreground import Exchange
    from mngr.cli.texts import read_text
    from mngr.output.style import clean

    if text is None and world.in_is_terminal:
        raise UsageError("there is no message", hint="-m TEXT, --message-file FILE, or by standard input")
    message = read_text(world, "-") if text is None else text
    if not message.strip():
        raise UsageError("the message is empty", hint="-m TEXT, --message-file FILE, or by standard input")
    as_written = world.options.format != "human"

    def out(part: bytes) -> None:
        said = part.decode("utf-8", "surrogateescape")
        world.stdout.write(clean(said, keep="\n\t") if world.is_terminal else said)
        world.stdout.flush()

    def err(part: bytes) -> None:
        os.write(world.stderr.fileno(), part)

    return Exchange(message.encode("utf-8", "surrogateescape"), out, err, as_written)
