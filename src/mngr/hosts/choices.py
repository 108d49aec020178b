"""Which of a dialog's choices somebody means."""

from __future__ import annotations

from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.conversation import Dialog

YES, NO = ("y", "yes", "allow", "approve", "ok"), ("n", "no", "deny", "reject")


def place_of(dialog: Dialog, choice: str) -> int | None:
    """Return which choice of a dialog is meant, counted from 0; None for words of one's own. Raises UsageError."""
    said = choice.strip().casefold()
    choices = [_without_box(each.casefold()) for each in dialog.choices]
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
    hint = listed or "it can only be left: mngr interrupt NAME, or mngr connect NAME"
    raise UsageError(f"{choice!r} is not one of the choices", hint=hint)


def _without_box(choice: str) -> str:
    return choice[3:].lstrip() if choice[:1] == "[" and choice[2:3] == "]" else choice
