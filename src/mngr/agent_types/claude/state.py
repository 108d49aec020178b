"""Claude's state: what it keeps in a file about its process is the truth, hooks are quicker and say what is asked.

The file is late by up to a quarter of a second. No hook tells of an interrupt or of a permission that was refused; the
file does. A hook tells of a turn that ended with an error, where the file only says that Claude is idle.
"""

from __future__ import annotations

from mngr.model.conversation import DIALOG, ERROR, LIMIT, LOGIN, PERMISSION, QUESTION
from mngr.model.data import table_in
from mngr.model.observation import BLOCKED, RUNNING, STARTING, UNKNOWN, WAITING, Seen
from mngr.model.value import replace
from mngr.observe.state import derive as derive_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.observation import Observation, Pane, Sign

QUICK_SECONDS = 1.5  # so long a sign is believed that is newer than the file
LATE_SECONDS = 5.0  # a dialog stands in the file at most so long after the hook told of it
UP_SECONDS = 2.0  # until the file is there; longer when something is asked before
LONGEST_QUESTION = 2000
LACKS_LOGIN = ("launch", "failed")  # the sign; the next turn shows whether somebody is by now
NOT_LOGGED_IN = "Nobody is logged in to Claude Code: run claude and its /login, or give it a key"
WAITS_FOR = {"permission prompt": PERMISSION, "input needed": QUESTION}
ERRORS = {
    "rate_limit": LIMIT,
    "overloaded": LIMIT,
    "billing_error": LIMIT,
    "authentication_failed": LOGIN,
    "oauth_org_not_allowed": LOGIN,
}


def derive(seen: Observation) -> Seen:
    """Return the state of an agent that runs Claude."""
    plain = derive_plain(seen)
    pane = seen.pane
    if pane is None or plain.state not in (RUNNING, WAITING):
        return plain
    state = _living(seen, pane)
    if seen.folder_missing:
        return replace(state, reason="; ".join(filter(None, (state.reason, "workspace missing"))))
    return state


def _living(seen: Observation, pane: Pane) -> Seen:
    registry = table_in(seen.registry)
    status, at = registry.get("status"), _seconds(registry.get("statusUpdatedAt"))
    signs = [each for each in seen.signs if each.at is not None and each.at >= pane.created_at]
    sign = signs[-1] if signs else None
    if status is None:
        return _before_the_file(seen, pane, signs)
    quick = sign is not None and (sign.at or 0) > (at or 0) and seen.now - (sign.at or 0) < QUICK_SECONDS
    if sign and quick and sign.says == "begun":
        return Seen(RUNNING, since=sign.at)
    if status == "waiting":
        return _blocked(seen, registry.get("waitingFor"), at, sign)
    if sign and quick and sign.says == "asked":
        return _blocked(seen, None, sign.at, sign)
    if status in ("busy", "shell"):
        return Seen(RUNNING, since=at, reason="in the background" if status == "shell" else None)
    if status != "idle":
        return Seen(UNKNOWN, f"it says that it is {str(status)[:40]!r}", since=at)
    if sign and sign.says == "failed" and sign.source != "launch":
        return _failed(seen.asked, sign)
    return _idle(signs, at)


def _idle(signs: list[Sign], since: float | None) -> Seen:
    """Return the state of a program that could take a message; the launcher may have found that nobody is logged in."""
    if any((each.source, each.says) == LACKS_LOGIN for each in signs):
        return Seen(BLOCKED, LOGIN, NOT_LOGGED_IN, since=since)
    return Seen(WAITING, since=since)


def _before_the_file(seen: Observation, pane: Pane, signs: list[Sign]) -> Seen:
    """Return the state of a process that has no file about it yet: it comes up, or something is asked first."""
    sign = signs[-1] if signs else None
    if seen.screen is None:
        return Seen(STARTING, since=pane.created_at, unsure=seen.now - pane.created_at > UP_SECONDS)
    from mngr.agent_types.claude.screen import read

    screen = read(seen.screen)
    if screen.dialog is not None:
        return Seen(BLOCKED, screen.dialog.reason, screen.dialog.question, since=pane.created_at, dialog=True)
    if not screen.ready:
        return Seen(STARTING, since=pane.created_at)
    if sign is not None and sign.says in ("begun", "answered"):
        return Seen(RUNNING, since=sign.at)
    since = sign.at if sign else pane.created_at
    return Seen(RUNNING, since=since) if screen.running else _idle(signs, since)


def _blocked(seen: Observation, waits_for: Any, at: float | None, sign: Sign | None) -> Seen:
    # No hook tells that a dialog was refused: a report may be of one long gone, and this one of Claude's own.
    is_old = sign is None or (at or 0) - (sign.at or 0) > LATE_SECONDS
    report = {} if is_old else table_in(seen.asked)
    tool = report.get("tool_name")
    reason = QUESTION if tool == "AskUserQuestion" else WAITS_FOR.get(str(waits_for), PERMISSION if tool else DIALOG)
    question = _question(report)
    if question is None and seen.screen is not None:
        from mngr.agent_types.claude.screen import read

        dialog = read(seen.screen).dialog
        if dialog is not None:
            question = dialog.question
            reason = dialog.reason if reason == DIALOG else reason
    return Seen(BLOCKED, reason, question, since=at, dialog=True, unsure=question is None)


def _question(report: dict[str, Any]) -> str | None:
    """Return what a hook's report on a dialog asks: the command, the file, or the question itself."""
    given = report.get("tool_input")
    if not isinstance(given, dict):
        return None
    fields: dict[str, Any] = given  # pyright: ignore[reportUnknownVariableType]
    try:
        asked = [str(each["question"]) for each in fields["questions"]]
    except (KeyError, TypeError):
        asked = []
    words = [fields.get(name) for name in ("command", "file_path", "url", "plan", "query", "pattern", "description")]
    text = " / ".join(asked) or next((word for word in words if type(word) is str and word), "")
    tool = str(report.get("tool_name") or "")
    said = text if tool in ("Bash", "AskUserQuestion", "ExitPlanMode") else f"{tool} {text}".strip()
    return said[:LONGEST_QUESTION] or None


def _failed(report: str | None, sign: Sign) -> Seen:
    told = table_in(report)
    error, text = str(told.get("error") or ERROR), told.get("last_assistant_message")
    said = text if type(text) is str and text else error
    return Seen(BLOCKED, _reason(error, said), said[:LONGEST_QUESTION], since=sign.at)


def _reason(error: str, said: str) -> str:
    if error in ERRORS:
        return ERRORS[error]
    codes = {"401": LOGIN, "403": LOGIN, "429": LIMIT, "529": LIMIT}
    return next((reason for code, reason in codes.items() if f" {code} " in f" {said[:60]} "), ERROR)


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) and 0 < milliseconds < 1e15 else None
