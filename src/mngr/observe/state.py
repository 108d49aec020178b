"""The state of a plain program: a pure function of what was seen of it."""

from __future__ import annotations

from mngr.model.observation import DONE, FAILED, RUNNING, STARTING, STOPPED, UNKNOWN, WAITING, Exit, Seen, Sign
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.observation import Observation, Pane

TOLD = ("mngr", "message")  # what `hosts/paste.sh` writes down
CANNOT_RUN, NOT_FOUND = 126, 127
SIGNALS = {1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL"}
SIGNALS.update({11: "SEGV", 13: "PIPE", 14: "ALRM", 15: "TERM"})


def derive(observed: Observation) -> Seen:
    """Return the state of a plain program, and why it is in it; `signs` tells what says so."""
    seen = _state(observed)
    if observed.folder_missing:
        return replace(seen, reason="; ".join(filter(None, (seen.reason, "workspace missing"))))
    return seen


def signs(observed: Observation) -> list[Sign]:
    """Return all signs of a state: what hooks said, then the process, its end, and what is written down."""
    return [*observed.signs, *_process_signs(observed), *_written_signs(observed)]


def ended(end: Exit, since: float | None = None) -> Seen:
    """Return the state of a program that ended."""
    at = end.at if since is None else since
    if end.signal:
        return Seen(
            FAILED,
            reason=f"ended by signal {SIGNALS.get(end.signal, end.signal)}",
            since=at,
            exit_code=128 + end.signal,
        )
    if end.status is None:
        return Seen(UNKNOWN, reason="its program ended, and nobody saw how", since=at)
    if end.status == 0:
        return Seen(DONE, since=at, exit_code=0)
    reasons = {CANNOT_RUN: "the program could not be started", NOT_FOUND: "the program was not found"}
    return Seen(FAILED, reason=reasons.get(end.status), since=at, exit_code=end.status)


def _state(observed: Observation) -> Seen:
    if observed.agent_id is not None and observed.record is None:
        return Seen(UNKNOWN, reason=observed.problem or "it has no record")
    if observed.pane is not None:
        return _state_of_pane(observed, observed.pane)
    if observed.making:
        return Seen(STARTING, reason="being made, or left half-made")
    return _state_without_session(observed)


def _state_of_pane(observed: Observation, pane: Pane) -> Seen:
    if pane.dead and observed.stopped_at is not None and observed.exit is None:
        return Seen(STOPPED, reason="being stopped", since=observed.stopped_at)
    if pane.dead:
        return ended(_end_of(pane, observed.exit))
    if observed.making or observed.launching:
        return Seen(STARTING, since=pane.created_at)
    if observed.reads_terminal:
        return Seen(WAITING, reason="waits for terminal input", since=max(pane.created_at, pane.output_at))
    return Seen(RUNNING, since=max(pane.created_at, _told_at(observed)))


def _told_at(observed: Observation) -> float:
    """Return when it was told something last: it may have waited until then, and what it does now is of that."""
    return max((sign.at or 0.0 for sign in observed.signs if (sign.source, sign.says) == TOLD), default=0.0)


def _end_of(pane: Pane, written: Exit | None) -> Exit:
    """Return how a pane's program ended. For a moment tmux itself does not know; the exit hook may, by then."""
    at = pane.dead_at if pane.dead_at is not None else (written.at if written else pane.output_at)
    if pane.dead_status is None and pane.dead_signal is None and written is not None and written.at >= pane.created_at:
        return Exit(written.status, written.signal, at)
    return Exit(pane.dead_status, pane.dead_signal, at)


def _state_without_session(observed: Observation) -> Seen:
    if observed.foreground_alive:
        return Seen(RUNNING, reason="runs in a foreground of its own")
    if observed.exit is not None:
        return ended(observed.exit)
    if observed.launching:
        return Seen(STARTING)
    if observed.wanted:
        return Seen(STOPPED, reason="session lost")
    return Seen(STOPPED, since=observed.stopped_at)


def _process_signs(observed: Observation) -> list[Sign]:
    pane = observed.pane
    if pane is None:
        alive = {None: "there is no session", True: "its process lives", False: "its process is gone"}
        return [Sign("process", alive[observed.foreground_alive])]
    if pane.dead:
        return [
            Sign("tmux", f"the program in {pane.session} ended{_how(pane.dead_status, pane.dead_signal)}", pane.dead_at)
        ]
    where = pane.session + (f" of the tmux server {pane.server}" if pane.server else "")
    found = [Sign("tmux", f"{pane.program or 'a program'} runs in {where}, process {pane.pid}", pane.created_at)]
    said = {
        True: "waits for input",
        False: "does not wait for input",
        None: "whether it waits for input cannot be told",
    }
    return [*found, Sign("terminal", said[observed.reads_terminal], pane.output_at)]


def _written_signs(observed: Observation) -> list[Sign]:
    end = observed.exit
    facts = {
        "the launch is under way": observed.launching,
        "it was started, and not stopped since": observed.wanted,
        "it was stopped": observed.stopped_at is not None,
        "it is being made, or was left half-made": observed.making,
        "its workspace is missing": observed.folder_missing,
    }
    found = [Sign("exit", f"the program ended{_how(end.status, end.signal)}", end.at)] if end else []
    found += [
        Sign("agent folder", text, observed.stopped_at if "stopped" in text else None) for text in facts if facts[text]
    ]
    return found + ([Sign("record", observed.problem)] if observed.problem else [])


def _how(status: int | None, signal: int | None) -> str:
    if signal:
        return f" by signal {SIGNALS.get(signal, signal)}"
    return "" if status is None else f" with exit code {status}"
