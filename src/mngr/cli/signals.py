"""Signals that end mngr run the same undo code as Ctrl-C does.

Uses the C module, which is always loaded: `signal` costs most of what starting Python does.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_signal: Any = __import__("_signal")
HANDLED = (_signal.SIGTERM, _signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """We were asked to end, by TERM or HUP."""


def install() -> None:
    """Turn TERM and HUP into an exception in the main thread; what was ignored (nohup) stays ignored."""
    for number in HANDLED:
        if _signal.getsignal(number) == _signal.SIG_DFL:
            _signal.signal(number, _raise)


def restore_defaults() -> None:
    """Let a program that replaces us find the signals as a shell would give them."""
    for number in (*HANDLED, _signal.SIGPIPE, _signal.SIGXFSZ):
        if number not in HANDLED or _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, _signal.SIG_DFL)


def _raise(_number: int, _frame: object) -> None:
    for handled in HANDLED:  # one is enough: a second would cut the undo short
        _signal.signal(handled, _signal.SIG_IGN)
    raise Terminated
