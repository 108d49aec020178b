"""Kills programs, tmux servers and mngr in the middle of turns, and checks that states stay true and nothing is lost.

    bench/soak_turns.py [--program claude] [--count 50] [--seed N] [--true-within SECONDS]

Each turn begins with a message of its own; somewhere in it one of the three gets SIGKILL. Within two seconds the state
is what is true then, `start` brings the conversation back, and the message, sent again under the id that it had, is in
the program's record once.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from threading import Event

from talkers import LOGINS, PATIENCE_SECONDS, Mark, Talkers  # it says where the others are

# isort: split
from program import run
from waiting import eventually

from mngr.config.paths import tmux_socket

VICTIMS = ("program", "tmux", "mngr")
ALIVE = ("starting", "running", "waiting", "blocked")
TRUTH = {"program": ("failed",), "tmux": ("stopped",), "mngr": ALIVE}
TRUE_SECONDS = 2.0
HEARD_SECONDS = 30.0
TEXTS = ("slow 1\nsay at length", "run: sleep 0.3\nsay ran it", "slow 0.3\nrun: echo one\nslow 0.3\nsay both", "hello")


class Soak:
    """An agent whose turns are cut."""

    def __init__(self, arena: Talkers, source: random.Random, true_seconds: float = TRUE_SECONDS) -> None:
        self.arena, self.random, self.true_seconds = arena, source, true_seconds
        self.sent: list[Mark] = []
        self.killed = dict.fromkeys(VICTIMS, 0)
        arena.create("a")
        self._say("hello", uuid.uuid4().hex).communicate(timeout=PATIENCE_SECONDS)

    def _say(self, text: str, message_id: str, again: bool = False) -> subprocess.Popen[bytes]:
        if not again:
            self.sent.append(("one", len(self.sent) + 1))
        words = ["message", "a", "--id", f"msg-{message_id}", "-m", f"{text}\nmark-one-{len(self.sent)}"]
        return self.arena.mngr.start(*words)

    def turn(self) -> None:
        """Begin a turn, kill somebody in it, and check all that must hold."""
        victim, text, message_id = self.random.choice(VICTIMS), self.random.choice(TEXTS), uuid.uuid4().hex
        process = self._say(text, message_id)
        Event().wait(self.random.uniform(0.02, 2.0))
        if self._kill(victim, process):
            self.killed[victim] += 1
            process.communicate(timeout=PATIENCE_SECONDS)
            self._is_true(TRUTH[victim])
        else:
            process.communicate(timeout=PATIENCE_SECONDS)
        self.arena.run("start", "a")
        self._is_true(ALIVE)
        out, err = self._say(text, message_id, again=True).communicate(timeout=PATIENCE_SECONDS)
        self.check(f"after {victim} ({out!r} {err!r})")

    def check(self, when: str) -> None:
        """Check that each message is in the record once."""
        heard = self._heard()
        assert heard == self.sent, f"{when}: {_difference(heard, self.sent)}"

    def settle(self) -> None:
        """Wait until nothing happens any more, and check once more."""
        eventually(lambda: self.arena.mngr.agent("a")["state"] == "waiting", PATIENCE_SECONDS)
        self.check("in the end")

    def _heard(self) -> list[Mark]:
        """Return what the record holds, once that is all; what waits in the program is heard when a turn has ended."""
        deadline = time.monotonic() + HEARD_SECONDS
        while (heard := self.arena.heard("a")) != self.sent and time.monotonic() < deadline:
            Event().wait(0.1)
        return heard

    def _kill(self, victim: str, process: subprocess.Popen[bytes]) -> bool:
        """Kill, and tell whether there was somebody to kill."""
        if victim == "mngr":
            running = process.poll() is None
            process.kill()
            return running
        if victim == "tmux":
            socket = tmux_socket(str(self.arena.mngr.host_dir), "mngr-")
            pid = run("tmux", "-L", socket, "display-message", "-p", "#{pid}").out.strip()
        else:
            pid = str(self.arena.mngr.agent("a")["pid"] or "")
        if pid.isdigit():
            os.kill(int(pid), signal.SIGKILL)
        return pid.isdigit()

    def _is_true(self, states: tuple[str, ...]) -> None:
        eventually(lambda: self.arena.mngr.agent("a")["state"] in states, self.true_seconds, f"one of {states}")


def _difference(heard: list[Mark], sent: list[Mark]) -> str:
    lost, doubled = [mark for mark in sent if mark not in heard], [mark for mark in sent if heard.count(mark) > 1]
    return f"lost {lost}, doubled {doubled}" if lost or doubled else f"out of order: {heard}"


def soak(program: str, count: int, seed: int, true_seconds: float) -> int:
    """Cut so many turns of a program; return how many failures there were: none, or the one that ended it."""
    with Talkers(program) as arena:
        trial = Soak(arena, random.Random(seed), true_seconds)
        for number in range(count + 1):
            try:
                trial.turn() if number < count else trial.settle()
            except (AssertionError, OSError, KeyError, ValueError, subprocess.TimeoutExpired) as error:
                print(f"{program}: turn {number} FAILED: {type(error).__name__}: {error}", flush=True)
                return 1
        print(f"{program}: {count} turns, killed {trial.killed}, {len(trial.sent)} messages, each once", flush=True)
    return 0


def main() -> int:
    """Soak each program; return 1 when a check failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=lambda text: text.split(","), default=list(LOGINS), help="by commas")
    parser.add_argument("--count", type=int, default=50, help="how many turns of each")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)), help="the moments to choose")
    parser.add_argument("--true-within", type=float, default=TRUE_SECONDS, help="how long a state may be wrong, in s")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    return min(1, sum(soak(program, given.count, given.seed, given.true_within) for program in given.program))


if __name__ == "__main__":
    sys.exit(main())
