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
        self._told = False  # whether the record tells of the end

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
                self._clear_what_came_back(before, offsets)
                return True
        raise UserError(f"the turn of '{self.name}' did not end", hint=f"mngr capture {self.name}")

    def _shows_a_turn(self) -> bool:
        screen = self.typist.look()
        return screen.running or screen.dialog is not None

    def _clear_what_came_back(self, before: Screen, offsets: dict[str, int]) -> None:
        """Empty the line of a message that the program put back there when it was interrupted: nobody typed it.

        Its record tells nothing then, and the line can show it later than that the turn has ended.
        """
        if before.draft or before.dialog is not None:
            return
        typist = self.typist
        typist.until(lambda: self._is_told(offsets) or bool(typist.look().draft), AGAIN_SECONDS)
        typist.until(lambda: typist.look().ready, AGAIN_SECONDS)
        if typist.look().draft:
            typist.keyboard.press(*typist.manners.clear_keys)
            typist.until(lambda: not typist.look().draft, AGAIN_SECONDS)

    def _has_ended(self, offsets: dict[str, int]) -> bool:
        if self._is_told(offsets):
            return True
        screen = self.typist.look()
        return screen.ready and not screen.running and screen.dialog is None

    def _is_told(self, offsets: dict[str, int]) -> bool:
        ends = (INTERRUPTED, TURN_ENDED)
        found = [entry for _, entry in self.typist.new(offsets) if entry.kind in ends and entry.subagent is None]
        self._told = self._told or bool(found)
        return self._told
