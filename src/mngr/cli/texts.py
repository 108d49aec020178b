"""Texts that a command takes: given, from a file, from standard input, or from the user's editor."""

from __future__ import annotations

import os

from mngr.model.errors import UsageError
from mngr.model.names import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.spec import Arguments
    from mngr.cli.world import World

LONGEST_TEXT_BYTES = 10 << 20


def initial_message(world: World, arguments: Arguments) -> str | None:
    """Return the first message: given, from a file, or from the editor. Raises UsageError."""
    given = [arguments["message"], arguments["message_file"], arguments["edit_message"] or None]
    if sum(way is not None for way in given) > 1:
        raise UsageError("the message was given twice", hint="use one of -m, --message-file, --edit-message")
    if arguments["message_file"] is not None:
        return read_text(world, arguments["message_file"])
    if arguments["edit_message"]:
        from mngr.cli.editor import edit

        return edit(world, "")
    return arguments["message"]


def read_text(world: World, path: str) -> str:
    """Return the text of a file, or of standard input for `-`. Raises UsageError."""
    try:
        if path == "-":
            content = world.stdin.read().encode("utf-8", "surrogateescape")
        else:
            with open(os.path.join(world.cwd, path), "rb") as file:
                content = file.read(LONGEST_TEXT_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(
            f"{shown(path)} cannot be read: {reason}", hint="a file with the text, or - for standard input"
        ) from None
    if len(content) > LONGEST_TEXT_BYTES:
        raise UsageError(
            f"{shown(path)} is larger than {LONGEST_TEXT_BYTES >> 20} MiB",
            hint="give the agent the file itself, and say where it is",
        )
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UsageError(
            f"{shown(path)} is not UTF-8 text", hint="give the agent the file itself, and say where it is"
        ) from None
