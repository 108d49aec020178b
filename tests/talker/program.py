"""A small program that is talked to, as agent programs are: a line to type into, dialogs, turns, and a record.

    program.py [--slow-start SECONDS] [--lose ENTERS] [--trust] [--late SECONDS] [--slow-line SECONDS]
        [--give-back SECONDS] [--at-paste END]

`--late` is how long what it took is not in its record yet, `--slow-line` how long each paste is not on its screen yet,
`--give-back` how long after an interrupt the message is in the line again. `--at-paste` is how it ends when something
is pasted: `lose`, `record` (what was pasted is in its record), `vanish` (likewise, but its session goes before that).

The first line of a message says what its turn is: `slow SECONDS`, `hang`, `ask` (a dialog), `twice` (two that ask the
same), `fail`, `lose ENTERS` (that many are not heard afterwards), `exit`; anything else is answered at once.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import subprocess
import sys
import termios
import time
import tty
from datetime import UTC, datetime
from pathlib import Path

STATE = Path(os.environ["MNGR_AGENT_STATE_DIR"])
RECORD = STATE / "talk.jsonl"
KEYS = {b"\x1b[A": "Up", b"\x1b[B": "Down", b"\x1bOA": "Up", b"\x1bOB": "Down", b"\r": "Enter", b"\x03": "C-c"}
QUESTION, CHOICES = "Run this? touch it", ["Yes", "Yes, always", "No"]


class Talker:
    """The program: what it shows, what it hears, what it does."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.lose: int = options.lose
        self.late: float = options.late
        self.back: float | None = options.give_back
        self.slow_line: float = options.slow_line
        self.at_paste: str = options.at_paste
        self.draft = ""
        self.said: list[str] = []
        self.waiting: list[str] = []
        self.turn = ""  # what the turn under way is
        self.ends_at = 0.0
        self.questions: list[str] = ["Do you trust this folder?"] if options.trust else []
        self.chosen = 0
        self.trusting = bool(options.trust)

    def run(self) -> None:
        """Listen until told to end."""
        self._sign("session", {"session_id": "talk", "transcript_path": str(RECORD)})
        if self.questions:
            self._sign("asked", {"question": self.questions[0]})
        buffer = b""
        while True:
            self._draw()
            wait = max(0.0, self.ends_at - time.monotonic()) if self.turn == "slow" else None
            if not select.select([0], [], [], wait)[0]:
                self._end("turn_ended", "done slowly")
                continue
            part = os.read(0, 65536)
            if not part:
                return
            buffer = self._hear(buffer + part)

    def _hear(self, buffer: bytes) -> bytes:
        """Take keys and pastes; return what is not whole yet."""
        while buffer:
            if buffer.startswith(b"\x1b[200~"):
                text, end, rest = buffer[6:].partition(b"\x1b[201~")
                if not end:
                    return buffer
                self._type(text.decode())
                buffer = rest
                continue
            key = next((each for each in KEYS if buffer.startswith(each)), None)
            if key is not None:
                self._press(KEYS[key])
                buffer = buffer[len(key) :]
            elif buffer[:1] == b"\x1b":
                if b"\x1b[200~".startswith(buffer) and len(buffer) > 1:
                    return buffer
                self._press("Escape")
                buffer = buffer[1:]
            else:
                self._type(buffer[:1].decode("latin-1"))
                buffer = buffer[1:]
        return buffer

    def _type(self, text: str) -> None:
        """Put text into the line; a dialog swallows it."""
        if self.at_paste:
            self._die(text)
        if not self.questions:
            select.select([], [], [], self.slow_line)
            self.draft += text
            self._draw()

    def _die(self, text: str) -> None:
        """End without a word more."""
        if self.at_paste == "vanish":
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            subprocess.run(["tmux", "kill-session"], check=True)
            select.select([], [], [], 0.7)
        if self.at_paste != "lose":
            self._write({"role": "user", "text": text})
        os.kill(os.getpid(), signal.SIGKILL)

    def _press(self, key: str) -> None:
        """Do what a key is for."""
        if key == "Enter" and self.lose > 0:
            self.lose -= 1
        elif self.questions:
            self._answer(key)
        elif key == "C-c":
            self.draft = ""
        elif key == "Escape" and self.turn and self.back is not None:
            self._give_back(self.back)
        elif key == "Escape" and self.turn:
            self._end("interrupted", "")
        elif key == "Enter" and self.draft:
            text, self.draft = self.draft, ""
            self._take(text)

    def _answer(self, key: str) -> None:
        """Move in the open dialog, or answer it."""
        if key in ("Up", "Down"):
            self.chosen = max(0, min(len(CHOICES) - 1, self.chosen + (1 if key == "Down" else -1)))
            return
        if key == "Escape" and self.trusting:
            sys.exit(1)
        if key not in ("Enter", "Escape"):
            return
        chosen = CHOICES[self.chosen] if key == "Enter" else "No"
        self.questions.pop(0)
        self.chosen = 0
        self._sign("answered", {})
        self._write({"role": "system", "kind": "note", "text": f"answered {chosen}"})
        if self.trusting:
            self.trusting = False
        elif key == "Escape":
            self.questions.clear()
            self._end("interrupted", "")
        elif self.questions:
            self._sign("asked", {"question": self.questions[0]})
        else:
            self._end("turn_ended", f"you chose {chosen}")

    def _take(self, text: str) -> None:
        """Take a message: now, or after this turn."""
        if text.startswith("/"):
            self.said.append(f"did {text}")
        elif self.turn:
            self._write({"role": "system", "kind": "queued", "text": text})
            self.waiting.append(text)
        else:
            self._begin(text)

    def _begin(self, text: str) -> None:
        """Begin a turn."""
        self.said.append(f"> {text.splitlines()[0][:60]}")
        self._draw()
        select.select([], [], [], self.late)
        self._write({"role": "user", "text": text})
        self._sign("begun", {})
        word, _, rest = text.splitlines()[0].partition(" ")
        self.turn = word if word in ("slow", "hang", "ask", "twice") else "say"
        if word == "exit":
            sys.exit(int(rest or 0))
        if word == "lose":
            self.lose = int(rest)
        if self.turn == "slow":
            self.ends_at = time.monotonic() + float(rest)
        elif self.turn in ("ask", "twice"):
            self.questions = [QUESTION] * (2 if self.turn == "twice" else 1)
            self._sign("asked", {"question": QUESTION})
        elif word == "fail":
            self.turn = ""
            self._write({"role": "system", "kind": "error", "text": "the model is gone"})
            self._sign("failed", {"error": "the model is gone"})
        elif self.turn == "say":
            self._end("turn_ended", f"you said: {text}")

    def _end(self, how: str, answer: str) -> None:
        """End the turn; what was queued begins the next."""
        self.turn = ""
        if answer:
            self._write({"role": "assistant", "text": answer})
            self.said.append(answer.splitlines()[0][:60])
        self._write({"role": "system", "kind": how})
        self._sign("ended" if how == "turn_ended" else how, {})
        if self.waiting:
            self._begin(self.waiting.pop(0))

    def _give_back(self, seconds: float) -> None:
        """End a turn without a word, and put its message back into the line."""
        self.turn = ""
        self._draw()
        select.select([], [], [], seconds)
        self.draft = self.said[-1].removeprefix("> ")

    def _write(self, entry: dict[str, str]) -> None:
        """Add to the record."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        with RECORD.open("a") as file:
            file.write(json.dumps({**entry, "time": now}) + "\n")

    def _sign(self, word: str, report: dict[str, str]) -> None:
        """Tell what happened, as programs do by their hooks."""
        subprocess.run(["sh", STATE / "hook", "talker", word], input=json.dumps(report).encode(), check=True)

    def _draw(self) -> None:
        """Draw the whole screen."""
        lines = [f"TALKER {'busy' if self.turn else 'idle'}", *self.said[-5:]]
        if self.questions:
            lines += [f"? {self.questions[0]}"]
            lines += [f"{'*' if place == self.chosen else ' '} {each}" for place, each in enumerate(CHOICES)]
        else:
            lines += ["-----", f"| {self.draft}".replace("\r", "\n").replace("\n", "\n| ")]
        shown = [line for text in lines for line in text.split("\n")][-40:]
        body = "\r\n".join(line[:150] for line in (shown if shown[0].startswith("TALKER") else [lines[0], *shown[1:]]))
        sys.stdout.write(f"\x1b[H\x1b[2J{body}")
        sys.stdout.flush()


def main() -> None:
    """Run on this terminal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slow-start", type=float, default=0.0)
    parser.add_argument("--lose", type=int, default=0)
    parser.add_argument("--trust", action="store_true")
    parser.add_argument("--late", type=float, default=0.0)
    parser.add_argument("--give-back", type=float)
    parser.add_argument("--slow-line", type=float, default=0.0)
    parser.add_argument("--at-paste", choices=["lose", "record", "vanish"])
    options = parser.parse_args()
    tty.setraw(0)
    select.select([], [], [], options.slow_start)
    termios.tcflush(0, termios.TCIFLUSH)  # what was typed before it was ready is lost
    sys.stdout.write("\x1b[?2004h")
    Talker(options).run()


if __name__ == "__main__":
    main()
