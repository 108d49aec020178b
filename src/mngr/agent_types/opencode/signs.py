"""The state of OpenCode: a pure function of what the plugin in it wrote down."""

from __future__ import annotations

from mngr.model.observation import BLOCKED, RUNNING, STARTING, UNKNOWN, WAITING, Seen
from mngr.observe.state import derive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.observation import Observation, Pane, Sign

LOAD_SECONDS = 60.0  # until a plugin that was not heard of is taken not to be there
STATES = {
    "ready": WAITING,
    "session": WAITING,
    "ended": WAITING,
    "interrupted": WAITING,
    "begun": RUNNING,
    "answered": RUNNING,
}


def state(observed: Observation) -> Seen:
    """Return the state: the last sign of this very process tells it, as long as the process lives."""
    plain = derive(observed)
    pane = observed.pane
    if observed.record is None or pane is None or plain.state not in (RUNNING, WAITING):
        return plain
    last = _last(observed, pane)
    if last is None or last.says == "started":
        return _without_plugin(observed, last.at if last else pane.created_at)
    if last.says in STATES:
        return Seen(STATES[last.says], reason=_missing(observed), since=last.at)
    if last.says in ("asked", "failed", "retrying"):
        return _blocked(observed, last)
    return Seen(UNKNOWN, reason=f"its plugin says {last.says!r}", since=last.at)


def _last(observed: Observation, pane: Pane) -> Sign | None:
    """Return the last sign; those of an earlier process say nothing.

    tmux knows whole seconds only, in which an earlier process may have ended. The plugin takes longer to be loaded.
    """
    told = [sign for sign in observed.signs if _is_of(pane, sign)]
    begins = [place for place, sign in enumerate(told) if sign.says in ("started", "begun")]
    told = told[begins[-1] :] if begins else told
    # A conversation that is named tells nothing of what the program does.
    doing = [sign for sign in told if sign.says != "session"]
    return (doing or told or [None])[-1]


def _is_of(pane: Pane, sign: Sign) -> bool:
    begin = pane.created_at if sign.says == "started" else pane.created_at + 1
    return sign.at is not None and sign.at >= begin


def _without_plugin(observed: Observation, since: float | None) -> Seen:
    if since is not None and observed.now - since > LOAD_SECONDS:
        return Seen(UNKNOWN, reason=f"mngr's plugin in it was not heard of for {LOAD_SECONDS:g} s", since=since)
    return Seen(STARTING, since=since)


def _blocked(observed: Observation, last: Sign) -> Seen:
    from mngr.agent_types.opencode.questions import dialog, payload, trouble

    asked = payload(observed.asked)
    if last.says == "asked":
        shown = dialog(asked)
        return Seen(BLOCKED, shown.reason, shown.question, since=last.at, dialog=True)
    reason, text = trouble(asked)
    return Seen(BLOCKED, reason, text, since=last.at)


def _missing(observed: Observation) -> str | None:
    return "workspace missing" if observed.folder_missing else None
