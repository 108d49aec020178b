"""Says things to a program through its terminal, as a careful person would: looks, types once, and sees it taken."""

from __future__ import annotations

import time
from typing import Protocol

from mngr.hosts.keyboard import Keyboard
from mngr.model.conversation import (
    ACCEPTED,
    INTERRUPTED,
    QUEUED,
    TURN_ENDED,
    TYPED,
    USER,
    Dialog,
    Message,
    Screen,
    Verdict,
)
from mngr.model.errors import BlockedError, NotAcceptedError, UsageError, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.hosts.keyboard import Look
    from mngr.model.conversation import Entry
    from mngr.model.protocols import Reading

READY_SECONDS = 45.0  # a program on a busy machine takes its time to come up
DRAFT_SECONDS = 3.0  # until what was pasted shows
PROOF_SECONDS = 30.0
AGAIN_SECONDS = 1.5  # until Enter is pressed again
ENTERS = 6
PAUSE_SECONDS = 0.03
GONE_SECONDS = 6.0  # until a dialog that was answered is gone


class Manners(Protocol):
    """What a typist must know of a program: what its screen says, how to type into it, and how to read its record."""

    name = "program"
    clear_keys: tuple[str, ...] = ("C-c",)  # empties a line that mngr itself had typed
    interrupt_keys: tuple[str, ...] = ("Escape",)
    dialog_pause_seconds = 0.0  # how long a new dialog takes no keys

    def screen(self, look: Look) -> Screen:
        """Return what a screen shows."""
        ...

    def pastes(self, text: str) -> list[str]:
        """Return text cut into pastes that arrive as they are."""
        return [text]

    def is_command(self, text: str) -> bool:
        """Tell whether the program takes text for a command of its own, which no record shows."""
        return False

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of the program's record."""
        ...


def plain(text: str) -> str:
    """Return what must be the same of a text that was typed and one that arrived: all but white space."""
    return "".join(text.split())


class Typist:
    """Types into one agent's terminal, under its lock."""

    def __init__(self, keyboard: Keyboard, manners: Manners) -> None:
        self.keyboard = keyboard
        self.manners = manners
        self.name = keyboard.record.name
        self._reading = manners.reading(keyboard.conversations)

    def say(self, message: Message) -> Verdict:
        """Type a message and see that the program's own record shows it. Raises BlockedError, NotAcceptedError."""
        offsets = self.keyboard.sizes()
        self._wait_until_ready(message)
        if self.manners.is_command(message.text):
            return self._command(message)
        if not self._has_own_draft(message):
            for part in self.manners.pastes(message.text):
                self.keyboard.paste(part)
        self._wait_for_draft()
        return self._enter(message, offsets)

    def look(self) -> Screen:
        """Return what the screen shows now. Raises NotAcceptedError when the program has ended."""
        look = self.keyboard.look()
        if look.dead:
            raise NotAcceptedError(f"the program of '{self.name}' has ended", hint=f"mngr start {self.name}")
        return self.manners.screen(look)

    def dialog(self) -> Dialog | None:
        """Return the dialog that is open now."""
        return self.look().dialog

    def interrupt(self) -> bool:
        """End the turn and see in the record, or on the screen, that it ended; tell whether there was one."""
        offsets = self.keyboard.sizes()
        screen = self.look()
        if not screen.running and screen.dialog is None:
            return False
        for _ in range(ENTERS):
            self.keyboard.press(*self.manners.interrupt_keys)
            if self.until(lambda: self._has_ended(offsets), AGAIN_SECONDS):
                return True
        raise UserError(f"the turn of '{self.name}' did not end", hint=f"mngr capture {self.name}")

    def _has_ended(self, offsets: dict[str, int]) -> bool:
        if any(entry.kind in (INTERRUPTED, TURN_ENDED) and entry.subagent is None for entry in self._new(offsets)):
            return True
        screen = self.look()
        return screen.ready and not screen.running

    def _wait_until_ready(self, message: Message) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            screen = self.look()
            if screen.dialog is not None:
                raise blocked(self.name, screen.dialog)
            if screen.ready and not screen.draft:
                return
            if screen.ready and plain(screen.draft) and plain(message.text).startswith(plain(screen.draft)[:200]):
                return  # what another mngr typed of this very message before it was ended
            if screen.ready:
                raise NotAcceptedError(
                    f"'{self.name}' did not get the message: somebody is typing there: {_short(screen.draft)}",
                    hint=f"send or clear that first (mngr connect {self.name}), or use --queue",
                )
            if time.monotonic() > deadline:
                raise NotAcceptedError(
                    f"'{self.name}' did not get the message: its program was not ready within {READY_SECONDS:g} s",
                    hint=f"mngr capture {self.name}",
                )
            time.sleep(PAUSE_SECONDS * 3)

    def _has_own_draft(self, message: Message) -> bool:
        """Clear what was typed of this message before, should it not be whole; tell whether it is."""
        draft = plain(self.look().draft)
        if not draft or draft == plain(message.text):
            return bool(draft)
        self.keyboard.press(*self.manners.clear_keys)
        self.until(lambda: not self.look().draft, DRAFT_SECONDS)
        return False

    def _wait_for_draft(self) -> None:
        """Wait until what was pasted shows: Enter before that would be lost."""
        self.until(lambda: bool(self.look().draft), DRAFT_SECONDS)

    def _enter(self, message: Message, offsets: dict[str, int]) -> Verdict:
        deadline = time.monotonic() + PROOF_SECONDS
        for _ in range(ENTERS):
            self.keyboard.press("Enter")
            if self.until(lambda: self._is_recorded(message, offsets), AGAIN_SECONDS):
                return Verdict(ACCEPTED)
            screen = self.look()
            if screen.dialog is not None or not screen.draft:
                break  # it went, or something came in between: another Enter would answer that
        if self.until(lambda: self._is_recorded(message, offsets), deadline - time.monotonic()):
            return Verdict(ACCEPTED)
        raise self._lost(message)

    def _lost(self, message: Message) -> UserError:
        screen = self.look()
        if screen.dialog is not None:
            return blocked(self.name, screen.dialog)
        if screen.draft:
            self.keyboard.press(*self.manners.clear_keys)
        return NotAcceptedError(
            f"'{self.name}' was given the message, but its record does not show it", hint=f"mngr capture {self.name}"
        )

    def _is_recorded(self, message: Message, offsets: dict[str, int]) -> bool:
        wanted = plain(message.text)
        return any(plain(entry.text) == wanted for entry in self._new(offsets) if _is_heard(entry))

    def _new(self, offsets: dict[str, int]) -> list[Entry]:
        return [entry for part in self.keyboard.read(offsets) for entry in self._reading.read(part.path, part.content)]

    def _command(self, message: Message) -> Verdict:
        """Type what is a command of the program's own: seen to have left the line, and no more can be known."""
        self.keyboard.paste(message.text)
        self._wait_for_draft()
        for _ in range(ENTERS):
            self.keyboard.press("Enter")
            if self.until(lambda: not self.look().draft, AGAIN_SECONDS):
                return Verdict(TYPED, "a command of the program's own: typed, and nothing proves what became of it")
        raise NotAcceptedError(f"'{self.name}' did not take the command", hint=f"mngr capture {self.name}")

    def until(self, sign: Callable[[], bool], seconds: float) -> bool:
        """Wait for a sign; tell whether it came in time."""
        deadline = time.monotonic() + seconds
        while not sign():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_SECONDS)
        return True


class Answerer:
    """Answers a dialog: moves to the choice, looks whether it is chosen, presses Enter, and sees the dialog go."""

    def __init__(self, typist: Typist) -> None:
        self.typist = typist
        self.name = typist.name

    def answer(self, choice: str | None) -> Dialog:
        """Answer the open dialog, or with None only return it. Raises UserError, UsageError."""
        dialog = self.typist.dialog()
        if dialog is None:
            raise UserError(f"'{self.name}' asks nothing", hint=f"mngr why {self.name}")
        if choice is None:
            return dialog
        place = place_of(dialog, choice)
        time.sleep(self.typist.manners.dialog_pause_seconds)
        for _ in range(ENTERS):
            self._choose(dialog, place, choice)
            if self.typist.until(lambda: not self._is_open(dialog), AGAIN_SECONDS):
                return dialog
        raise UserError(f"'{self.name}' still shows the question", hint=f"mngr connect {self.name}")

    def _choose(self, dialog: Dialog, place: int | None, text: str) -> None:
        now = self.typist.dialog()
        if now is None or now.question != dialog.question:
            return  # somebody else answered it meanwhile
        keyboard = self.typist.keyboard
        if place is None:
            keyboard.paste(text)
        else:
            steps = place - (now.chosen or 0)
            keyboard.press(*(["Down" if steps > 0 else "Up"] * abs(steps) or ["Enter"]))
            if steps:
                self.typist.until(lambda: self._is_chosen(place), DRAFT_SECONDS)
                keyboard.press("Enter")
            return
        keyboard.press("Enter")

    def _is_chosen(self, place: int) -> bool:
        dialog = self.typist.dialog()
        return dialog is None or dialog.chosen == place

    def _is_open(self, dialog: Dialog) -> bool:
        now = self.typist.dialog()
        return now is not None and (now.question, now.choices) == (dialog.question, dialog.choices)


YES, NO = ("y", "yes", "allow", "approve", "ok"), ("n", "no", "deny", "reject")


def place_of(dialog: Dialog, choice: str) -> int | None:
    """Return which choice of a dialog is meant, counted from 0; None for words of one's own. Raises UsageError."""
    said = choice.strip().casefold()
    choices = [each.casefold() for each in dialog.choices]
    if said.isdigit() and 1 <= int(said) <= len(choices):
        return int(said) - 1
    exact = [place for place, each in enumerate(choices) if each == said]
    if exact:
        return exact[0]
    for words, begins in ((YES, ("yes", "allow", "approve")), (NO, ("no", "deny", "reject"))):
        if said in words:
            meant = [place for place, each in enumerate(choices) if each.startswith(begins)]
            if meant:
                return meant[0]
    close = [place for place, each in enumerate(choices) if said and each.startswith(said)]
    if len(close) == 1:
        return close[0]
    if dialog.takes_text and said:
        return None
    listed = "; ".join(f"{place}: {each}" for place, each in enumerate(dialog.choices, 1))
    raise UsageError(f"{choice!r} is not one of the choices", hint=listed or "it takes no answer of this kind")


def _is_heard(entry: Entry) -> bool:
    return entry.subagent is None and (entry.role == USER or entry.kind == QUEUED)


def blocked(name: str, dialog: Dialog) -> BlockedError:
    """Return the error that says that an agent waits for an answer."""
    return BlockedError(
        f"'{name}' is blocked ({dialog.reason}): {_short(dialog.question)}",
        hint=f"see and answer it: mngr answer {name}",
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:200] + "..."


def deliver(session: Any, manners: Manners, message: Message) -> Verdict:
    """Give a typed program a message. Raises BlockedError, NotAcceptedError."""
    with Keyboard(session.host, session.record) as keyboard:
        return Typist(keyboard, manners).say(message)


def answer(session: Any, manners: Manners, choice: str | None) -> Dialog:
    """Answer the dialog that a typed program shows, or only say what it is. Raises UserError."""
    with Keyboard(session.host, session.record) as keyboard:
        return Answerer(Typist(keyboard, manners)).answer(choice)


def interrupt(session: Any, manners: Manners) -> bool:
    """End the turn of a typed program; tell whether there was one. Raises UserError."""
    with Keyboard(session.host, session.record) as keyboard:
        return Typist(keyboard, manners).interrupt()
