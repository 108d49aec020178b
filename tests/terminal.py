"""A private terminal, to use programs as a person would: type, look, wait for what appears."""

from __future__ import annotations

import os
import re
import shlex
import signal
from pathlib import Path

from program import Outcome, run
from waiting import eventually


class Terminal:
    """A program in a tmux of its own, with a real screen. Close it, or use it as a context."""

    def __init__(self, name: str, argv: list[str], cwd: Path, columns: int = 100, rows: int = 30) -> None:
        self.socket = f"mngr-test-{name}"
        # What is set for `env -i` is all that the program gets; tmux itself would add its own server's variables.
        program = ["env", "-i", *(f"{key}={text}" for key, text in os.environ.items()), "TERM=screen-256color", *argv]
        command = f"exec {shlex.join(program)}"
        words = ["-f", "/dev/null", "set-option", "-g", "status", "off", ";"]
        words += ["set-option", "-g", "remain-on-exit", "on"]
        words += [";", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-s", "t", "-c", str(cwd), command]
        # Where a pane has a pipe, tmux reads what its program said before it died; else that can be lost.
        words += [";", "pipe-pane", "-t", "=t:", "exec cat >/dev/null"]
        self._tmux(*words).assert_success()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def type(self, text: str) -> None:
        """Type text, letter by letter."""
        self._tmux("send-keys", "-t", "=t:", "-l", "--", text).assert_success()

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names: Enter, Up, Escape, C-c ..."""
        self._tmux("send-keys", "-t", "=t:", *keys).assert_success()

    def enter(self, text: str) -> None:
        """Type a line."""
        self.type(text)
        self.press("Enter")

    def screen(self, colours: bool = False) -> str:
        """Return what is on the screen, its colours as escape sequences if asked for."""
        shown = self._tmux("capture-pane", "-p", "-t", "=t:", *(["-e"] if colours else [])).assert_success()
        return shown.out.rstrip("\n")

    def wait_for(self, text: str, seconds: float = 15.0) -> str:
        """Wait until text (a regular expression) is on the screen; return the screen."""
        return eventually(lambda: self._match(text), seconds, lambda: f"{text!r} in\n{self.screen()}")

    def wait_for_end(self, seconds: float = 15.0) -> int:
        """Wait until the program has ended; return its exit code (128 + n after signal n)."""
        ended = eventually(self._ended, seconds, lambda: f"an end of\n{self.screen()}")
        return int(ended[1] or 128 + int(ended[2]))

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the screen."""
        self._tmux("resize-window", "-t", "=t:", "-x", str(columns), "-y", str(rows)).assert_success()

    def close(self) -> None:
        """End the program and its tmux."""
        stop_tmux(Path(os.environ["TMUX_TMPDIR"]) / f"tmux-{os.getuid()}" / self.socket)

    def _match(self, text: str) -> str:
        screen = self.screen()
        return screen if re.search(text, screen, re.MULTILINE) else ""

    def _ended(self) -> list[str] | None:
        fields = "#{pane_dead} #{pane_dead_status} #{pane_dead_signal} #{pid}"
        seen = self._tmux("display-message", "-p", "-t", "=t:", fields).assert_success().out.rstrip("\n").split(" ")
        if seen[:3] == ["1", "", ""]:
            os.kill(int(seen[3]), signal.SIGCHLD)  # tmux 3.3 now and then misses that its child has ended
        return seen if seen[0] == "1" and (seen[1] or seen[2]) else None

    def _tmux(self, *words: str) -> Outcome:
        return run("tmux", "-u", "-L", self.socket, *words)


def stop_tmux(socket: Path) -> None:
    """End one tmux server, by its socket, and remove that."""
    run("tmux", "-S", socket, "kill-server")
    socket.unlink(missing_ok=True)
