"""Tells the steps of what takes long: on a terminal, with `-v`, or as events with `--format jsonl`."""

from __future__ import annotations

import time

from mngr.output.style import clean, cut, style_for
from mngr.transports.run import InterruptsHeld

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.output.console import Console

REDRAW_SECONDS = 0.1
SHOW_TIME_AFTER_SECONDS = 0.1
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_CLEAR_LINE = "\r\x1b[K"


class Progress:
    """The steps of one piece of work, told one after the other: each begins where `step` is called, ending the last.

    A context manager: leaving it ends the last step, as failed when an error leaves it.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.as_events = console.options.format == "jsonl"
        told = not console.options.quiet and not self.as_events
        self.live = told and console.err_is_terminal and not console.options.verbose
        self.plain = told and console.options.verbose
        self._style = style_for(is_terminal=console.err_is_terminal, environ=console.environ)
        self._text = ""
        self._started = 0.0
        self._ticker: _Ticker | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.end(failed=error is not None)

    def step(self, text: str) -> None:
        """Begin a step, told by what is being done or made: `workspace`, `starting shell`."""
        self.end()
        self._text = clean(text)
        self._started = time.monotonic()
        if self.as_events:
            self._event("started")
        elif self.live:
            self._draw(0)
            self._ticker = _Ticker(self._draw)

    def end(self, *, failed: bool = False) -> None:
        """End the step under way, if there is one."""
        if not self._text:
            return
        if self._ticker:
            self._ticker.stop()
            self._ticker = None
        if self.as_events:
            self._event("failed" if failed else "done")
        elif self.live or self.plain:
            mark = self._style.paint("✗", "red") if failed else self._style.paint("✓", "green")
            self._say((_CLEAR_LINE if self.live else "") + f"{mark} {self._line()}\n")
        self._text = ""

    def _line(self) -> str:
        seconds = time.monotonic() - self._started
        room = self.console.width - 12
        spent = f"  {seconds:.1f}s" if seconds >= SHOW_TIME_AFTER_SECONDS else ""
        return cut(self._text, max(room, 20)) + self._style.paint(spent, "dim")

    def _draw(self, tick: int) -> None:
        frame = self._style.paint(_FRAMES[tick % len(_FRAMES)], "cyan")
        self._say(f"{_CLEAR_LINE}{frame} {self._line()}")

    def _say(self, text: str) -> None:
        try:
            self.console.stderr.write(text)
            self.console.stderr.flush()
        except (OSError, ValueError):
            return

    def _event(self, state: str) -> None:
        from mngr.output.structured import to_json

        event: dict[str, Any] = {"event": "step", "step": self._text, "state": state}
        if state != "started":
            event["seconds"] = round(time.monotonic() - self._started, 3)
        self.console.stdout.write(to_json(event) + "\n")
        self.console.stdout.flush()


class _Ticker:
    """Calls `draw` ten times a second from a thread of its own, until it is stopped."""

    def __init__(self, draw: Any) -> None:
        import _thread

        self._draw = draw
        self._stopping = _thread.allocate_lock()
        self._ended = _thread.allocate_lock()
        self._stopping.acquire()
        self._ended.acquire()
        with InterruptsHeld():  # an interrupt is for the thread that does the work
            _thread.start_new_thread(self._run, ())

    def stop(self) -> None:
        """Stop, and return when nothing more will be drawn."""
        self._stopping.release()
        self._ended.acquire()

    def _run(self) -> None:
        tick = 0
        try:
            while not self._stopping.acquire(timeout=REDRAW_SECONDS):
                tick += 1
                self._draw(tick)
        finally:
            self._ended.release()
