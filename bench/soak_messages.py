"""Sends messages to real agent programs in mixed conditions, and checks that each arrives once, in order, told truly.

    bench/soak_messages.py [--program claude] [--count 300] [--seed N]

The programs ask a scripted model server on this machine. Every text carries a mark of its own; afterwards the program's
record, as `mngr transcript` reads it, must hold each accepted mark once, none that was refused, and those of one sender
in the order in which they were sent. Prints the median time from the call to the proof, for each condition.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from talkers import LOGINS, PATIENCE_SECONDS, Mark, Talkers  # it says where the others are

# isort: split
from waiting import eventually

CONDITIONS = ("idle", "busy", "resumed", "lines", "large", "unicode", "dash", "slash", "bang", "both", "backslash")
RARE = {"resumed": 0.25, "large": 0.4}


@dataclass
class Soak:
    """An agent that is spoken to, what was sent, and what became of it."""

    arena: Talkers
    random: random.Random
    accepted: list[Mark] = field(default_factory=list)
    refused: list[Mark] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def sent(self) -> int:
        """Return how many were sent."""
        return len(self.accepted) + len(self.refused)

    def begin(self) -> None:
        """Create the agent; its first message is sent at once."""
        self.arena.create("a")
        self.send("fresh", "one", "good morning")

    def step(self) -> None:
        """Send one message, or two at once, in a condition chosen by chance."""
        weights = [RARE.get(condition, 1.0) for condition in CONDITIONS]
        condition = self.random.choices(CONDITIONS, weights)[0]
        if condition == "both":
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda sender: self.send("both", sender, "at once"), ("one", "two")))
            return
        if condition == "busy":
            self.send("busy", "one", "slow 1.5\nsay slowly")
        elif condition == "resumed":
            self.arena.run("stop", "a")
            self.arena.run("start", "a")
        elif condition != "busy":
            self._rest()
        self.send(condition, "one", self._text(condition))

    def _text(self, condition: str) -> str:
        lines = "\n".join(f"line {number} of them" for number in range(self.random.randint(2, 40)))
        texts = {
            "lines": f"several lines\n\n{lines}\n  and an indented one",
            "large": "x y z 0123456789 " * 6000,
            "unicode": "grüße 你好 мир 🙂‍↔️ é ﷽",
            "dash": "--help and -x",
            "slash": "/tmp/some/path is where it is",
            "bang": "!important: not a command",
            "backslash": "ends in a backslash",
        }
        return texts.get(condition, "how are you?")

    def _rest(self) -> None:
        """Wait until the turn has ended, so that the agent is idle."""
        eventually(lambda: self.arena.mngr.agent("a")["state"] == "waiting", PATIENCE_SECONDS)

    def send(self, condition: str, sender: str, text: str) -> None:
        """Send a text with a mark of its own, and note what was said of it."""
        mark = (sender, next(self.numbers))
        marked = f"{text} mark-{sender}-{mark[1]}" + ("\\" if condition == "backslash" else "")
        begun = time.monotonic()
        outcome = self.arena.mngr("message", "a", input=marked, timeout=PATIENCE_SECONDS)
        self.seconds.setdefault(condition, []).append(time.monotonic() - begun)
        (self.accepted if outcome.code == 0 else self.refused).append(mark)
        if outcome.code:
            print(f"  {condition} {mark}: exit {outcome.code}: {outcome.err.strip()[:300]}", flush=True)

    def check(self) -> list[str]:
        """Return what is wrong between what was said of the messages and what the record shows."""
        self._rest()
        heard = self.arena.heard("a")
        problems = [f"{mark} was accepted, and is {heard.count(mark)} times in the record" for mark in self.accepted
                    if heard.count(mark) != 1]  # fmt: skip
        problems += [f"{mark} was refused, and is in the record" for mark in self.refused if mark in heard]
        for sender in ("one", "two"):
            sent = [mark for mark in sorted(self.accepted, key=lambda mark: mark[1]) if mark[0] == sender]
            arrived = [mark for mark in heard if mark[0] == sender and mark in sent]
            problems += [f"those of {sender} are out of order"] if arrived != sent and not problems else []
        return problems


def soak(program: str, count: int, seed: int) -> list[str]:
    """Send so many messages to a program; print the times, and return what is wrong."""
    with Talkers(program) as arena:
        trial = Soak(arena, random.Random(seed))
        trial.begin()
        while trial.sent < count:
            trial.step()
        problems = trial.check()
    for condition, seconds in sorted(trial.seconds.items()):
        middle, most = statistics.median(seconds), max(seconds)
        print(f"  {condition:<10} {len(seconds):>4}  median {middle:6.2f} s  most {most:6.2f} s")
    middle = statistics.median(second for seconds in trial.seconds.values() for second in seconds)
    print(f"{program}: {trial.sent} sent, {len(trial.accepted)} accepted, {len(trial.refused)} refused", flush=True)
    print(f"{program}: median {middle:.2f} s from the call to the proof, {len(problems)} problems", flush=True)
    return problems


def main() -> int:
    """Soak each program; return 1 when a check failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=lambda text: text.split(","), default=list(LOGINS), help="by commas")
    parser.add_argument("--count", type=int, default=300, help="how many messages to each")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)), help="the conditions to choose")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    problems = [problem for program in options.program for problem in soak(program, options.count, options.seed)]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
