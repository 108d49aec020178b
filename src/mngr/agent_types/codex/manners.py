"""How Codex is typed to."""

from __future__ import annotations

import re

from mngr.agent_types.codex.record import Rollouts
from mngr.agent_types.codex.screen import patterns, read
from mngr.hosts.typist import Manners
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.hosts.keyboard import Look
    from mngr.model.conversation import Screen
    from mngr.model.protocols import Reading


class CodexManners(Manners):
    """Codex: takes pastes of any length as they are, but for what its line completes or obeys.

    `C-c` empties the line, and with an empty one it ends the program: it may only be pressed where there is a draft.
    """

    name = "codex"
    dialog_late_seconds = 3.0  # a dialog opens when its hook has returned

    def screen(self, look: Look) -> Screen:
        """Return what the screen shows. Until Codex has named its terminal it takes no keys, or asks about trust."""
        screen = read(look.screen)
        return screen if look.title else replace(screen, ready=False)

    def pastes(self, text: str) -> list[str]:
        """Return the text with a space where it begins or ends with what Codex would obey or complete.

        A first `!` would run a shell command and a first `/` be a command; a last `@word` or `$word` would open a list.
        Codex takes white space at both ends away.
        """
        if self.is_command(text):
            return [text]
        before = " " if text.startswith(("!", "/")) else ""
        last = re.search(r"\S*\Z", text)
        after = " " if last and re.search(r"[@$]", last[0]) else ""
        return [before + text + after]

    def is_command(self, text: str) -> bool:
        """Tell whether text is one of Codex's commands; other words with a slash are said as they are."""
        name = re.match(r"/([a-z][a-z:_-]*)(?:\s|\Z)", text)
        return bool(name) and (name[1] in patterns()["commands"] or name[1].startswith("prompts:"))

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of the record."""
        return Rollouts(conversations)


MANNERS = CodexManners()
