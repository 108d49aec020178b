"""Writing a text in the user's own editor."""

from __future__ import annotations

import os

from mngr.model.errors import UsageError, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.cli.world import World


def edit(world: World, text: str) -> str:
    """Let the user edit a text and return it. Raises UsageError without a terminal or when it stays empty."""
    if not world.in_is_terminal:
        raise UsageError("there is no terminal to edit on", hint="use -m TEXT or --message-file FILE")
    import tempfile

    from mngr.transports.run import call

    editor = world.environ.get("VISUAL") or world.environ.get("EDITOR") or "vi"
    with tempfile.NamedTemporaryFile("w+", prefix="mngr-", suffix=".md", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        # As git does: the editor's words are the shell's, the file is an argument.
        code = call(["sh", "-c", 'eval "$0 \\"\\$1\\""', editor, file.name])
        if code != 0:
            raise UserError(f"the editor ended with {code}; nothing was done", hint="set $EDITOR")
        with open(file.name, encoding="utf-8", errors="surrogateescape") as edited:
            written = edited.read()
    if not written.strip():
        raise UsageError("the message is empty; nothing was done")
    return written.rstrip(os.linesep)
