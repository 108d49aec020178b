"""Saying things to OpenCode: requests to the plugin in it, which acts and sees what becomes of them."""

from __future__ import annotations

import time

from mngr.agent_types.opencode.questions import REPLIES, dialog
from mngr.hosts.choices import place_of
from mngr.hosts.inbox import SECONDS, ask
from mngr.hosts.typist import blocked
from mngr.model.conversation import ACCEPTED, PERMISSION, Dialog, Message, Verdict
from mngr.model.errors import NotAcceptedError, UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

COMMAND = "a command of OpenCode's own: given to it, and nothing proves what became of it"


def deliver(session: Any, message: Message) -> Verdict:
    """Hand over a message; its place in OpenCode's own record is the proof. Raises BlockedError, NotAcceptedError."""
    told = _ask(session, {"kind": "message", "id": message.id, "text": message.text}, message.id)
    name = session.record.name
    if told.get("refused") == "blocked":
        raise blocked(name, dialog(told["dialog"]))
    if told.get("state") == ACCEPTED:
        return Verdict(ACCEPTED)
    if "refused" in told:
        raise NotAcceptedError(f"'{name}' did not get the message: {_why(told)}", hint=f"mngr capture {name}")
    return Verdict(str(told.get("state")), COMMAND)


def answer(session: Any, choice: str | None) -> Dialog:
    """Answer the open question, and see it closed; with None only return it. Raises UserError, UsageError."""
    name = session.record.name
    asked = _ask(session, {"kind": "question"}).get("dialog")
    if not asked:
        raise UserError(f"'{name}' asks nothing", hint=f"mngr why {name}")
    shown = dialog(asked)
    if choice is None:
        return shown
    names = {reply: label for label, reply in REPLIES.items()} if shown.reason == PERMISSION else {}
    place = place_of(shown, names.get(choice.strip().casefold(), choice))
    label = choice.strip() if place is None else shown.choices[place]
    request = {"dialog": asked["id"], "answered": len(asked.get("answers") or ())}
    told = _ask(session, {"kind": "answer", **request, "reply": REPLIES.get(label, ""), "labels": [label]})
    if told.get("refused") == "changed":
        raise UserError(f"'{name}' asks something else by now", hint=f"mngr answer {name}")
    if "refused" in told:
        raise UserError(f"'{name}' did not take the answer: {_why(told)}", hint=f"mngr connect {name}")
    return shown


def interrupt(session: Any) -> bool:
    """End the turn and see it ended; tell whether there was one. Raises UserError."""
    told = _ask(session, {"kind": "interrupt"})
    if "refused" in told:
        name = session.record.name
        raise UserError(f"the turn of '{name}' did not end: {_why(told)}", hint=f"mngr capture {name}")
    return told.get("ended") is True


def _ask(session: Any, request: dict[str, Any], message_id: str = "") -> dict[str, Any]:
    until = time.time() + SECONDS + 30
    return ask(session.host, session.record, {**request, "until": until}, message_id)


def _why(told: dict[str, Any]) -> str:
    return str(told.get("text") or told.get("refused"))
