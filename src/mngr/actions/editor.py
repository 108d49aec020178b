"""The user's own editor."""

from __future__ import annotations

from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Split and expanded by the shell, as git does with $EDITOR; the file's name only ever arrives as an argument.
_SCRIPT = 'eval "$1 \\"\\$2\\""'


def open_editor(path: str, environ: Mapping[str, str]) -> None:
    """Let the user edit a file with $VISUAL, $EDITOR or vi. Raises UserError when the editor fails."""
    from mngr.transports.run import call

    editor = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    code = call(["sh", "-c", _SCRIPT, "mngr-edit", editor, path])
    if code:
        raise UserError(f"the editor ended with {code}: {editor}", hint="set $VISUAL or $EDITOR to one that works")
