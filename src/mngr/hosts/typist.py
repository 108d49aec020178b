"""Says things to a program through its terminal, as a careful person would: looks, types once, and sees it taken."""

from __future__ import annotations

import time
from typing import Protocol

from mngr.hosts.keyboard import Keyboard, NotRunning
from mngr.hosts.outbox import BOX, typed_line
from mngr.model.conversation import (
    ACCEPTED,
    IN_QUEUE,
    QUEUED,
    TRUST,
    TYPED,
    USER,
    Dialog,
    Message,
    Screen,
    Typed,
    Verdict,
)
from mngr.model.errors import BlockedError, NotAcceptedError, UnreachableError, UserError
from mngr.model.times import iso
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.hosts.keyboard import Look
    from mngr.model.conversation import Entry
    from mngr.model.protocols import Reading

READY_SECONDS = 45.0  # a program on a busy machine takes its time to come up
DRAFT_SECONDS = 3.0  # until what was pasted shows
SETTLED_SECONDS = 5.0  # until a line that shows more and more of it has come to rest
STALE_SECONDS = 1.0  # what was sent is in the record before it is gone from the line
PROOF_SECONDS = 30.0
END_SECONDS = 5.0  # until a program is gone that has lost its terminal
AGAIN_SECONDS = 1.5  # until Enter is pressed again
ENTERS = 6
PAUSE_SECONDS = 0.02
CLOCK_SECONDS = 2.0  # how far times in a record may be off
LEAST_SHOWN = 20  # letters of the end of a text that scrolled
COMMAND_NOTE = "a command of the program's own: typed, and nothing proves what became of it"


class Manners(Protocol):
    """What a typist must know of a program: what its screen says, how to type into it, and how to read its record."""

    name = "program"
    clear_keys: tuple[str, ...] = ("C-c",)  # empties a line that mngr itself had typed
    interrupt_keys: tuple[str, ...] = ("Escape",)
    dialog_pause_seconds = 0.0  # how long a new dialog takes no keys
    dialog_late_seconds = 0.0  # how long after the sign of it a dialog may open

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


class Unproven(NotAcceptedError):
    """It was typed, and the program's record does not show it; its line is empty again, as far as could be seen.

    `ended` tells that the program that it was typed into has ended since: it can not take it any more.
    """

    def __init__(self, message: str, hint: str, *, ended: bool = False) -> None:
        super().__init__(message, hint)
        self.ended = ended


class Uncertain(UserError):
    """It was typed, and what became of it could not be seen."""


class OutOfSight(Uncertain, UnreachableError):
    """Likewise: its host could not be reached any more."""


class BlockedMeanwhile(BlockedError):
    """A dialog opened just as the message was typed: what became of it is seen when the dialog is gone."""


class Typist:
    """Types into one agent's terminal, under its lock."""

    def __init__(self, keyboard: Keyboard, manners: Manners) -> None:
        self.keyboard = keyboard
        self.manners = manners
        self.name = keyboard.record.name
        self._reading = manners.reading(keyboard.conversations)
        self._known: frozenset[str] = frozenset()  # the files of the record that were there before
        self._began = time.monotonic()

    def say(self, message: Message) -> Verdict:
        """Type a message and see that the program's own record shows it.

        Raises BlockedError and NotAcceptedError when nothing was typed, BlockedMeanwhile, Unproven, Uncertain.
        """
        typed, offsets = message.typed, dict(message.typed.offsets) if message.typed else {}
        if typed is None:
            self._wait_until_ready()
            offsets = self.keyboard.sizes()
            self._known = frozenset(offsets)
            self.keyboard.note(BOX, typed_line(message.id, iso(self._now), Typed(self.keyboard.program, offsets)))
        elif typed.program != self.keyboard.program:
            return self._in_the_end(message, offsets, typed.program)
        try:
            if typed is None:
                return self._type(message, self.manners.pastes(message.text), offsets)
            return self._carry_on(message, offsets)
        except NotRunning:
            return self._in_the_end(message, offsets, self.keyboard.program)
        except (BlockedError, NotAcceptedError):
            raise
        except UserError as error:
            kind = OutOfSight if isinstance(error, UnreachableError) else Uncertain
            raise kind(f"{error.message} (the message was typed: mngr outbox {self.name})", error.hint) from error

    def look(self) -> Screen:
        """Return what the screen shows now. Raises NotRunning when the program has ended."""
        look = self.keyboard.look()
        if look.dead:
            raise NotRunning(self.name, "ended")
        screen = self.manners.screen(look)
        return screen if screen.dialog or not self.expects_dialog() else replace(screen, ready=False)

    def expects_dialog(self) -> bool:
        """Tell whether a dialog may open at any moment, and take what is typed: a hook told of it just now."""
        late = self.manners.dialog_late_seconds
        at, _, said = self.keyboard.sign().removeprefix("sign ").partition(" ") if late else ("", "", "")
        if not said.endswith(" asked") or not at.replace(".", "", 1).isdigit():
            return False
        return self._now + time.monotonic() - self._began - float(at) < late

    def dialog(self) -> Dialog | None:
        """Return the dialog that is open now."""
        return self.look().dialog

    def _wait_until_ready(self) -> None:
        screen = self._ready_screen()
        deadline = time.monotonic() + STALE_SECONDS
        while screen.draft.strip() and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
            screen = self._ready_screen()
        if screen.draft.strip():
            raise NotAcceptedError(
                f"'{self.name}' did not get the message: somebody is typing there: {_short(screen.draft)}",
                hint=f"send or clear that first (mngr connect {self.name}), or add --queue",
            )

    def _ready_screen(self) -> Screen:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            screen = self.look()
            if screen.dialog is not None:
                raise blocked(self.name, screen.dialog)
            if screen.ready:
                return screen
            if time.monotonic() > deadline:
                raise NotAcceptedError(
                    f"'{self.name}' did not get the message: its program was not ready within {READY_SECONDS:g} s",
                    hint=f"mngr capture {self.name}",
                )
            time.sleep(PAUSE_SECONDS * 3)

    def _carry_on(self, message: Message, offsets: dict[str, int]) -> Verdict:
        """Find out what became of a message that was typed before, and finish what is half-done; never type it anew.

        It may have been sent just now: then it is neither in the line any more nor in the record yet.
        """
        pastes, deadline = self.manners.pastes(message.text), time.monotonic() + PROOF_SECONDS
        while True:
            if proof := self._proof(message, offsets):
                return _accepted(proof)
            screen = self._ready_screen()
            if proof := self._proof(message, offsets):
                return _accepted(proof)
            left = rest_of(pastes, screen.draft)
            if left is not None and (not left or self._stays(screen.draft)):
                return self._type(message, left, offsets)
            if self.manners.is_command(message.text) and not screen.draft:
                return Verdict(TYPED, COMMAND_NOTE)
            if left is None and time.monotonic() > deadline:
                raise self._unproven("it was typed, and neither its record nor its line shows it")
            time.sleep(PAUSE_SECONDS)

    def _stays(self, draft: str) -> bool:
        """Tell whether a line stays as it is: else the program has not shown yet all that was typed."""
        return not self.until(lambda: self.look().draft != draft, SETTLED_SECONDS)

    def _in_the_end(self, message: Message, offsets: dict[str, int], program: str) -> Verdict:
        """Return what the record says of a message whose program ends, or has ended: nothing is added to it any more.

        What only waited in the program has gone with it.
        """
        self.until(lambda: not self.keyboard.lives(program), END_SECONDS)
        if self._proof(message, offsets) == USER:
            return _accepted(USER)
        raise self._unproven("the program that it was typed into has ended", ended=True)

    def _type(self, message: Message, pastes: list[str], offsets: dict[str, int]) -> Verdict:
        self.keyboard.paste(*pastes)
        draft = self._draft_of(pastes)
        if self.manners.is_command(message.text):
            return self._command(draft)
        return self._enter(message, draft, offsets)

    def _draft_of(self, pastes: list[str]) -> str:
        """Return what shows of what was pasted, once it does: Enter before that would be lost, or answer a dialog.

        A program takes its time for many pastes: it is at work on them as long as its line changes.
        """
        seen: list[Screen] = []

        def shows() -> bool:
            seen[:] = [self.look()]
            return bool(seen[0].draft) or seen[0].dialog is not None

        self.until(shows, DRAFT_SECONDS)
        while len(pastes) > 1 and seen[0].dialog is None and rest_of(pastes, seen[0].draft) != []:
            before = seen[0].draft
            if not self.until(lambda before=before: shows() and seen[0].draft != before, SETTLED_SECONDS):
                break
        self._expect_no_dialog(seen[0])
        return seen[0].draft

    def _expect_no_dialog(self, screen: Screen) -> None:
        if screen.dialog is not None:
            error = blocked(self.name, screen.dialog)
            raise BlockedMeanwhile(
                f"{error.message} (it was asked while the message was typed: mngr outbox {self.name})", error.hint
            )

    def _enter(self, message: Message, draft: str, offsets: dict[str, int]) -> Verdict:
        deadline = time.monotonic() + PROOF_SECONDS
        for _ in range(ENTERS):
            self.until(lambda: not self.expects_dialog(), self.manners.dialog_late_seconds)
            self._expect_no_dialog(self.look())
            self.keyboard.press("Enter")
            if proof := self._proof_within(AGAIN_SECONDS, message, offsets):
                return _accepted(proof)
            screen = self.look()
            if screen.dialog is not None or not _is_same(screen.draft, draft, message.text):
                break  # it went, or something came in between: another Enter would answer that, or send another's words
        if proof := self._proof_within(deadline - time.monotonic(), message, offsets):
            return _accepted(proof)
        screen = self.look()
        self._expect_no_dialog(screen)
        if _is_same(screen.draft, draft, message.text):
            self.keyboard.press(*self.manners.clear_keys)
        raise self._unproven("its record does not show it")

    def _unproven(self, why: str, *, ended: bool = False) -> Unproven:
        return Unproven(f"'{self.name}' did not take the message: {why}", f"mngr capture {self.name}", ended=ended)

    def _proof_within(self, seconds: float, message: Message, offsets: dict[str, int]) -> str | None:
        found: list[str] = []

        def shows() -> bool:
            found.extend(proof for proof in [self._proof(message, offsets)] if proof)
            return bool(found)

        self.until(shows, seconds)
        return found[0] if found else None

    def _proof(self, message: Message, offsets: dict[str, int]) -> str | None:
        """Return whether the record shows the message since: as the user's, or only in the program's queue.

        A new file may hold copies of what was said long ago.
        """
        wanted, earliest = plain(message.text), iso(self._now - CLOCK_SECONDS)
        found = {
            USER if entry.role == USER else QUEUED
            for path, entry in self.new(offsets)
            if _is_heard(entry)
            and plain(entry.text) == wanted
            and (path in self._known or message.typed or (entry.time or "~") > earliest)
        }
        return USER if USER in found else next(iter(found), None)

    def new(self, offsets: dict[str, int]) -> list[tuple[str, Entry]]:
        """Return what the record holds beyond these offsets, and move them on."""
        parts = self.keyboard.read(offsets)
        return [(part.path, entry) for part in parts for entry in self._reading.read(part.path, part.content)]

    @property
    def _now(self) -> float:
        return self.keyboard.opened_at

    def _command(self, draft: str) -> Verdict:
        """Send what is a command of the program's own: seen to have left the line, and no more can be known."""
        for _ in range(ENTERS):
            self.keyboard.press("Enter")
            if self.until(lambda: self.look().draft != draft, AGAIN_SECONDS):
                return Verdict(TYPED, COMMAND_NOTE)
        self.keyboard.press(*self.manners.clear_keys)
        raise self._unproven("the command stayed in its line")

    def until(self, sign: Callable[[], bool], seconds: float) -> bool:
        """Wait for a sign; tell whether it came in time."""
        deadline = time.monotonic() + seconds
        while not sign():
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_SECONDS)
        return True


def _accepted(proof: str) -> Verdict:
    return Verdict(ACCEPTED, None if proof == USER else IN_QUEUE)


def rest_of(pastes: list[str], draft: str) -> list[str] | None:
    """Return what is left to be typed of a message where a line shows some of it; None when it shows another's words.

    A long text may have scrolled: only the end of what was typed shows then.
    """
    shown = plain(draft)
    if not shown:
        return None
    typed = "".join(plain(part) for part in pastes)
    for count in range(len(pastes), 0, -1):
        if typed.endswith(shown) and (shown == typed or len(shown) > LEAST_SHOWN):
            return pastes[count:]
        typed = typed.removesuffix(plain(pastes[count - 1]))
    return None


def _is_same(draft: str, before: str, text: str) -> bool:
    """Tell whether a line still shows what was typed of a text."""
    shown = plain(draft)
    return bool(shown) and (shown == plain(before) or shown in plain(text))


def _is_heard(entry: Entry) -> bool:
    return entry.subagent is None and (entry.role == USER or entry.kind == QUEUED)


def blocked(name: str, dialog: Dialog) -> BlockedError:
    """Return the error that says that an agent waits for an answer."""
    return BlockedError(
        f"'{name}' is blocked ({dialog.reason}): {_short(dialog.question)}",
        hint=f"see and answer it: mngr answer {name}"
        + ("; create --yes, or the setting trust, trusts what mngr makes" if dialog.reason == TRUST else ""),
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
    from mngr.hosts.answerer import Answerer

    with Keyboard(session.host, session.record) as keyboard:
        return Answerer(Typist(keyboard, manners)).answer(choice)


def interrupt(session: Any, manners: Manners) -> bool:
    """End the turn of a typed program; tell whether there was one. Raises UserError."""
    from mngr.hosts.interrupter import Interrupter

    with Keyboard(session.host, session.record) as keyboard:
        return Interrupter(Typist(keyboard, manners)).interrupt()
