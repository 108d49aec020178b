"""Codex's state: its terminal's title is the truth, hooks are quicker, and its record tells how a turn ended.

The title of the terminal begins with a spinner in a turn and says `Action Required` in a dialog; it is late by up to a
second. No hook tells of an error of the model's server: there the title waits, while the last sign is a turn's begin.
"""

from __future__ import annotations

from mngr.model.observation import BLOCKED, RUNNING, STARTING, UNKNOWN, WAITING, Seen
from mngr.model.value import replace
from mngr.observe.state import derive as derive_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.observation import Observation, Pane, Sign

QUICK_SECONDS = 1.0  # so long a sign is believed that the title does not bear out
DIALOG_SECONDS = 2.5  # likewise of a dialog, which shows only when its hook has returned
START_SECONDS = 3.0  # until all is drawn
UP_SECONDS = 1.5  # until the title is there; longer when something is asked before
WORDS = ("begun", "asked", "answered", "ended", "interrupted")


def derive(seen: Observation) -> Seen:
    """Return the state of an agent that runs Codex."""
    plain = derive_plain(seen)
    pane = seen.pane
    if pane is None or plain.state not in (RUNNING, WAITING):
        return plain
    state = _living(seen, pane)
    if seen.folder_missing:
        return replace(state, reason="; ".join(filter(None, (state.reason, "workspace missing"))))
    return state


def _living(seen: Observation, pane: Pane) -> Seen:
    sign = next((each for each in reversed(seen.signs) if _counts(each, pane)), None)
    age = seen.now - sign.at if sign and sign.at else 1e9
    if not pane.title:
        return _before_the_title(seen, pane)
    if "Action Required" in pane.title[:24]:
        return _blocked(seen, sign)
    if sign and age < DIALOG_SECONDS and sign.says == "asked":
        return _blocked(seen, sign)
    if sign and age < QUICK_SECONDS:
        return Seen(RUNNING if sign.says in ("begun", "answered") else WAITING, since=sign.at)
    if "\u2800" <= pane.title[0] <= "\u28ff":
        return Seen(RUNNING, since=sign.at if sign and sign.says in ("begun", "answered", "asked") else None)
    if sign and sign.says not in ("ended", "interrupted"):
        return _how_it_ended(seen, sign)
    return _waiting(seen, pane, sign)


def _waiting(seen: Observation, pane: Pane, sign: Sign | None) -> Seen:
    """Return the state of a Codex that waits: for a message, or in the menu of a command, of which no sign tells.

    What it draws after the second in which its turn ended somebody brought about.
    """
    since = sign.at if sign and sign.at else pane.created_at
    if seen.screen is not None:
        from mngr.agent_types.codex.screen import read

        dialog = read(seen.screen).dialog
        if dialog is not None:
            return Seen(BLOCKED, dialog.reason, dialog.question, since=pane.output_at, dialog=True)
    still = since if sign else since + START_SECONDS
    return Seen(WAITING, since=since, unsure=seen.screen is None and pane.output_at > still)


def _counts(sign: Sign, pane: Pane) -> bool:
    """Tell whether a sign says something about the process that runs now."""
    return sign.says in WORDS and sign.at is not None and sign.at >= pane.created_at


def _before_the_title(seen: Observation, pane: Pane) -> Seen:
    if seen.screen is not None:
        from mngr.agent_types.codex.screen import read

        dialog = read(seen.screen).dialog
        if dialog is not None:
            return Seen(BLOCKED, dialog.reason, dialog.question, since=pane.output_at, dialog=True)
    return Seen(STARTING, since=pane.created_at, unsure=seen.now - pane.created_at > UP_SECONDS)


def _blocked(seen: Observation, sign: Sign | None) -> Seen:
    since = sign.at if sign and sign.says == "asked" else None
    if seen.screen is not None:
        from mngr.agent_types.codex.screen import read

        dialog = read(seen.screen).dialog
        if dialog is not None:
            return Seen(BLOCKED, dialog.reason, dialog.question, since=since, dialog=True)
    question = _asked(seen.asked) if since else None
    return Seen(BLOCKED, "permission", question, since=since, dialog=True, unsure=question is None)


def _asked(report: str | None) -> str | None:
    """Return the question of a hook's report on a dialog."""
    import json

    try:
        report_of = json.loads(report or "")
        tool = report_of["tool_input"]
        command, why = tool.get("command") or report_of.get("tool_name"), tool.get("description")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if type(command) is not str:
        return None
    return f"{command} ({why})" if type(why) is str and why else command


def _how_it_ended(seen: Observation, sign: Sign) -> Seen:
    """Return the state where the title says that Codex waits and no hook said that the turn ended."""
    if seen.screen is None and seen.record_end is None:
        return Seen(WAITING, since=sign.at, unsure=True)
    from mngr.agent_types.codex.ending import last_turn
    from mngr.agent_types.codex.screen import read

    screen = read(seen.screen or "")
    if screen.dialog is not None:
        return Seen(BLOCKED, screen.dialog.reason, screen.dialog.question, since=sign.at, dialog=True)
    turn = last_turn(seen.record_end or b"")
    if turn is not None and turn.ended:
        since = turn.at or sign.at
        return Seen(BLOCKED, turn.reason, turn.error, since=since) if turn.error else Seen(WAITING, since=since)
    if screen.running:
        return Seen(RUNNING, since=sign.at)
    return Seen(UNKNOWN, "its title says that it waits, its record that a turn is under way", since=sign.at)
