"""Writing a text in the user's own editor."""

from __future__ import annotations

import os

from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.cli.world import World


NOTE = "# What to tell {}. Lines with # in front are left out; an empty text sends nothing.\n"


def edit_message(world: World, names: list[str]) -> str:
    """Let the user write what to tell agents and return it. Raises UsageError as `edit` does."""
    text = edit(world, "\n" + NOTE.format(", ".join(names) or "them all"), keep=lambda line: not line.startswith("#"))
    return text.strip("\n")


def edit(world: World, text: str, keep: Callable[[str], bool] = lambda _: True) -> str:
    """Let the user edit a text and return those of its lines that are kept.

    Raises UsageError without a terminal or when nothing is left.
    """
    if not world.in_is_terminal:
        raise UsageError("there is no terminal to edit on", hint="use -m TEXT or --message-file FILE")
    import tempfile

    from mngr.actions.editor import open_editor

    with tempfile.NamedTemporaryFile("w+", prefix="mngr-", suffix=".md", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        open_editor(file.name, world.environ)
        with open(file.name, encoding="utf-8", errors="surrogateescape") as edited:
            written = "".join(line for line in edited if keep(line))
    if not written.strip():
        raise UsageError("the message is empty; nothing was done")
    return written.rstrip(os.linesep)
