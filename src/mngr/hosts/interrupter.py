"""Ends the turns of a program through its terminal, and sees them end."""

from __future__ import annotations

from mngr.hosts.typist import AGAIN_SECONDS, ENTERS, blocked
from mngr.model.conversation import INTERRUPTED, LOGIN, TRUST, TURN_ENDED
from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.hosts.typist import Typist
    from mngr.model.conversation import Screen


class Interrupter:
    """Ends a turn, and leaves the line as empty as it was."""

    def __init__(self, typist: Typist) -> None:
        self.typist = typist
        self.name = typist.name

    def interrupt(self) -> bool:
        """End the turn and see in the record, or on the screen, that it ended; tell whether there was one."""
        keyboard = self.typist.keyboard
        if keyboard.sign().endswith((" begun", " answered", " asked")):
            self.typist.until(self._shows_a_turn, AGAIN_SECONDS)  # the screen can be late, and flickers
        before = self.typist.look()
        if not before.running and before.dialog is None:
            return False
        if before.dialog is not None and before.dialog.reason in (TRUST, LOGIN):
            raise blocked(self.name, before.dialog)
        offsets = keyboard.sizes()
        for _ in range(ENTERS):
            keyboard.press(*self.typist.manners.interrupt_keys)
            if self.typist.until(lambda: self._has_ended(offsets), AGAIN_SECONDS):
                self._clear_what_came_back(before)
                return True
        raise UserError(f"the turn of '{self.name}' did not end", hint=f"mngr capture {self.name}")

    def _shows_a_turn(self) -> bool:
        screen = self.typist.look()
        return screen.running or screen.dialog is not None

    def _clear_what_came_back(self, before: Screen) -> None:
        """Empty the line of a message that the program put back there when it was interrupted: nobody typed it."""
        if before.draft or before.dialog is not None:
            return
        self.typist.until(lambda: self.typist.look().ready, AGAIN_SECONDS)
        if self.typist.look().draft:
            self.typist.keyboard.press(*self.typist.manners.clear_keys)

    def _has_ended(self, offsets: dict[str, int]) -> bool:
        ends = (INTERRUPTED, TURN_ENDED)
        if any(entry.kind in ends and entry.subagent is None for _, entry in self.typist.new(offsets)):
            return True
        screen = self.typist.look()
        return screen.ready and not screen.running and screen.dialog is None
