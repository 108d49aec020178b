"""How Claude is typed to."""

from __future__ import annotations

import re

from mngr.agent_types.claude.record import Sessions
from mngr.agent_types.claude.screen import read
from mngr.hosts.typist import Manners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.hosts.keyboard import Look
    from mngr.model.conversation import Screen
    from mngr.model.protocols import Reading

MOST_LINES, MOST_LETTERS = 3, 800  # of a paste that Claude takes as it is; more it puts into marks
MOST_PASTES = 200  # each takes Claude as long as the line has become; marks are better than half a minute


class ClaudeManners(Manners):
    """Claude: takes short pastes as they are, obeys some first letters, and hears no keys while a dialog is fresh."""

    name = "claude"
    dialog_pause_seconds = 0.8
    dialog_late_seconds = 3.0  # until a dialog shows that a hook told of

    def screen(self, look: Look) -> Screen:
        """Return what the screen shows."""
        return read(look.screen)

    def pastes(self, text: str) -> list[str]:
        """Return small enough pastes; a space keeps Claude from obeying the first or the last letter."""
        before = " " if text.startswith(("!", "/", "#", "?")) and not self.is_command(text) else ""
        after = " " if text.endswith("\\") else ""
        pieces: list[str] = []
        piece, breaks = before, 0
        for part in re.findall(r"[^\n]{1,400}|\n", text + after):
            if len(piece) + len(part) > MOST_LETTERS or (part == "\n" and breaks == MOST_LINES - 1):
                pieces.append(piece)
                piece, breaks = "", 0
            piece += part
            breaks += part == "\n"
        pieces += [piece] if piece else []
        return pieces if len(pieces) <= MOST_PASTES else ["".join(pieces)]

    def is_command(self, text: str) -> bool:
        """Tell whether text looks like one of Claude's commands; whether there is such a one only Claude knows."""
        return re.match(r"/[A-Za-z][\w:-]*(?:\s|\Z)", text) is not None

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of the record."""
        return Sessions(conversations)


MANNERS = ClaudeManners()
