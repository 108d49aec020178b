"""Answers the dialogs of a program through its terminal, and sees them go."""

from __future__ import annotations

import time

from mngr.hosts.choices import place_of
from mngr.hosts.typist import AGAIN_SECONDS, DRAFT_SECONDS, ENTERS
from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.hosts.typist import Typist
    from mngr.model.conversation import Dialog

TICKED_SECONDS = 6.0  # a second Enter takes a tick away again


class Answerer:
    """Answers a dialog: moves to the choice, looks whether it is chosen, presses Enter, and sees the dialog go."""

    def __init__(self, typist: Typist) -> None:
        self.typist = typist
        self.name = typist.name

    def answer(self, choice: str | None) -> Dialog:
        """Answer the open dialog, or with None only return it. Raises UserError, UsageError."""
        self.typist.until(lambda: self.typist.dialog() is not None or not self.typist.expects_dialog(), DRAFT_SECONDS)
        dialog = self.typist.dialog()
        if dialog is None:
            raise UserError(f"'{self.name}' asks nothing", hint=f"mngr why {self.name}")
        if choice is None:
            return dialog
        place = place_of(dialog, choice)
        sign = self.typist.keyboard.sign()
        time.sleep(self.typist.manners.dialog_pause_seconds)
        seconds = TICKED_SECONDS if _has_boxes(dialog) else AGAIN_SECONDS
        for _ in range(ENTERS):
            self._choose(dialog, place, choice)
            if self.typist.until(lambda: not self._is_open(dialog, sign), seconds):
                return dialog
        raise UserError(f"'{self.name}' still shows the question", hint=f"mngr connect {self.name}")

    def _choose(self, dialog: Dialog, place: int | None, text: str) -> None:
        now = self.typist.dialog()
        if now is None or now.question != dialog.question:
            return  # somebody else answered it meanwhile
        keyboard = self.typist.keyboard
        if place is None:
            keyboard.paste(text)
            if _has_boxes(now):
                return  # it ticks its box by itself
        else:
            steps = place - (now.chosen or 0)
            keyboard.press(*(["Down" if steps > 0 else "Up"] * abs(steps) or ["Enter"]))
            if steps and self.typist.until(lambda: self._is_chosen(place), DRAFT_SECONDS):
                keyboard.press("Enter")
            return  # where another is still chosen, Enter would answer with that
        keyboard.press("Enter")

    def _is_chosen(self, place: int) -> bool:
        dialog = self.typist.dialog()
        return dialog is not None and dialog.chosen == place

    def _is_open(self, dialog: Dialog, sign: str) -> bool:
        """Tell whether the very dialog is open: another may ask the same, but the signs have moved on then."""
        now = self.typist.dialog()
        same = now is not None and (now.question, now.choices) == (dialog.question, dialog.choices)
        return same and self.typist.keyboard.sign() == sign


def _has_boxes(dialog: Dialog) -> bool:
    return any(each.startswith("[") for each in dialog.choices)
