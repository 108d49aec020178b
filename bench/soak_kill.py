"""Kills mngr at random moments, and checks that nothing is lost and that all can be cleaned up.

    bench/soak_kill.py [--count 200] [--seed N] [--only create,destroy,...] [--keep-going]

Half of the kills hit mngr alone, half the whole process group (tmux, which is not of it, lives on). After each:
`list` works at once, what the agent made is in its workspace or restorable, a second run or `gc` cleans up whatever is
left, the name can be used again, and the user's repository is as it was.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from arena import Arena  # it says where the others are

# isort: split
from aftermath import Source, leftovers, sessions
from program import Outcome, git
from waiting import eventually

PROGRAM = ["--no-connect", "--", "sh", "-c", "cat >typed; sleep 1000"]
SETTLE_SECONDS = 40.0


@dataclass(frozen=True)
class Moment:
    """When to kill whom."""

    action: str
    share: float  # of the time that the action takes when it is let be
    whole_group: bool

    def __str__(self) -> str:
        return f"{self.action} at {self.share:.2f}{' with its group' if self.whole_group else ''}"


class Soak:
    """An agent that things are done to, and the checks after each kill."""

    def __init__(self, arena: Arena, random_: random.Random) -> None:
        self.mngr, self.repo, self.random = arena.mngr, arena.repo, random_
        self.before = Source.of(self.repo)
        self.seconds: dict[str, float] = {}
        self.number = 0
        self.made = ""
        self.killed = 0

    def _prepare(self, action: str) -> list[str]:
        """Bring about what an action needs, and return its words."""
        self.number += 1
        if action != "create":
            self.run("create", "x", *PROGRAM)
            self._work()
        if action == "start":
            self.run("stop", "x")
        if action == "restore":
            self.run("destroy", "x", "--force")
        words = {"create": ["create", "x", *PROGRAM], "rename": ["rename", "x", "y"]}
        return words.get(action, [action, "x", *(["--force"] if action == "destroy" else [])])

    def _work(self) -> None:
        """Make what only the agent has: a file, and a commit."""
        self.made = f"made by the agent, {self.number}"
        folder = Path(self._agents()["x"]["work_dir"])
        (folder / "made").write_text(self.made)
        (folder / "committed").write_text(self.made)
        git(folder, "add", "committed")
        git(folder, "commit", "-q", "-m", self.made)

    def kill(self, moment: Moment) -> None:
        """Do it, and kill it on the way."""
        words = self._prepare(moment.action)
        usual = self.seconds.setdefault(moment.action, 0.5)
        started = time.monotonic()
        process = self.mngr.start(*words)
        try:
            process.communicate(timeout=usual * moment.share)
            self.seconds[moment.action] = (usual + time.monotonic() - started) / 2
        except subprocess.TimeoutExpired:
            self.killed += 1
            (os.killpg if moment.whole_group else os.kill)(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        self._look()
        getattr(self, f"_after_{moment.action}")()
        self._clean()

    def _after_create(self) -> None:
        """Whether it is whole or not, the same line works, now or after what is left is taken back."""
        eventually(lambda: self._settled(self.mngr(*["create", "x", *PROGRAM]), 0, 1), SETTLE_SECONDS)
        if self._agents()["x"]["state"] == "stopped":
            self.run("start", "x")
        self._work()
        self._works("x")

    def _after_destroy(self) -> None:
        """What it made is there, or comes back."""
        eventually(lambda: self._settled(self.mngr("destroy", "x", "--force"), 0, 3), SETTLE_SECONDS)
        self.run("restore", "x")
        self._holds("x")

    def _after_restore(self) -> None:
        """A second restore ends what the first began; where it had ended there may be others of that name."""
        eventually(lambda: self._settled(self.mngr("restore", "x"), 0, 1, 3), SETTLE_SECONDS)
        self._holds("x")

    def _after_rename(self) -> None:
        """It has one name, and can get the other."""
        eventually(lambda: len(self._agents()) == 1, SETTLE_SECONDS)
        (name,) = self._agents()
        self.run("rename", name, "y")
        self._holds("y")
        assert sessions(self.mngr) == {"mngr-y"}, sessions(self.mngr)
        self.run("rename", "y", "x")
        self._works("x")

    def _after_stop(self) -> None:
        """A second stop ends it, with all that it started."""
        eventually(lambda: self._settled(self.mngr("stop", "x"), 0), SETTLE_SECONDS)
        assert self._agents()["x"]["state"] == "stopped", self._agents()
        assert not sessions(self.mngr)
        self._holds("x")

    def _after_start(self) -> None:
        """A second start brings it up."""
        eventually(lambda: self._settled(self.mngr("start", "x"), 0), SETTLE_SECONDS)
        self._works("x")

    def _works(self, name: str) -> None:
        """Check that it runs, is reached, and holds what it made."""
        eventually(lambda: self._agents()[name]["state"] in ("running", "waiting"), SETTLE_SECONDS)
        assert sessions(self.mngr) == {f"mngr-{name}"}, sessions(self.mngr)
        self.run("message", name, "hello")
        self._holds(name)

    def _holds(self, name: str) -> None:
        """Check that what it made is in its workspace and on its branch, and what was uncommitted came along."""
        commands = {
            "cat made": self.made,
            "git log -1 --format=%s": f"{self.made}\n",
            "cat file1 untracked": "changed\nnot yet\n",
        }
        for command, expected in commands.items():
            seen = self.run("exec", name, command).out
            assert seen == expected, f"{command}: {seen!r}, not {expected!r}"

    def _look(self) -> None:
        """Check that `list` works at once, whatever is half done, and says no nonsense."""
        seen = self.mngr("list", "--format", "json")
        seen.assert_success()
        assert not seen.err, seen.err
        for row in seen.json():
            assert row["state"] in ("starting", "running", "waiting", "stopped", "done", "failed"), row
            # A workspace on its way in or out is said to be missing; a session that lives is not said to be stopped.
            # Where a stop was killed between the end of the program and that of the session, the reason says so.
            ending = row["reason"] == "being stopped"
            assert ending or row["state"] != "stopped" or f"mngr-{row['name']}" not in sessions(self.mngr), row

    def _clean(self) -> None:
        """Check that gc and a destroy leave nothing, and the user's repository as it was."""
        self.run("gc", "--yes")
        self.run("destroy", "x", "--force", "--remove-branch")
        eventually(lambda: self.run("gc", "--yes") and not leftovers(self.mngr, self.repo, agents=set()), 5, self._left)
        assert self.mngr("list", "--format", "json").json() == []
        assert Source.of(self.repo) == self.before, "the repository was touched"

    def _left(self) -> object:
        """Return what is left."""
        return leftovers(self.mngr, self.repo, agents=set())

    def _settled(self, outcome: Outcome, *codes: int) -> Outcome:
        """Check an outcome that may have to wait for what the killed one still does."""
        assert "Traceback" not in outcome.err, outcome
        assert outcome.code in codes, outcome
        return outcome

    def run(self, *words: str) -> Outcome:
        """Run mngr; it must succeed."""
        return self.mngr(*words).assert_success()

    def _agents(self) -> dict[str, dict[str, object]]:
        """Return what is listed, by name."""
        return self.mngr.agents()


ACTIONS = ("create", "destroy", "rename", "stop", "start", "restore")


def main() -> int:
    """Kill so many times; return 1 when a check failed."""
    options = _options()
    print(f"seed {options.seed}", flush=True)
    source = random.Random(options.seed)
    moments = [
        Moment(options.only[number % len(options.only)], source.uniform(0, 0.95), source.random() < 0.5)
        for number in range(options.count)
    ]
    failures = killed = 0
    begun = time.monotonic()
    for chunk in (moments[at : at + 20] for at in range(0, len(moments), 20)):
        with Arena() as arena:
            soak = Soak(arena, source)
            for moment in chunk:
                if _survives(soak, moment):
                    continue
                failures += 1
                if not options.keep_going:
                    return _report(failures, killed + soak.killed, begun)
                break
            killed += soak.killed
    return _report(failures, killed, begun)


def _survives(soak: Soak, moment: Moment) -> bool:
    try:
        soak.kill(moment)
    except (AssertionError, OSError, KeyError, ValueError) as error:
        print(f"FAILED {moment}: {type(error).__name__}: {error}", flush=True)
        return False
    return True


def _report(failures: int, killed: int, begun: float) -> int:
    print(f"{killed} killed, {failures} failed, {time.monotonic() - begun:.0f} s")
    return min(failures, 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="how many moments")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)), help="the moments to choose")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(ACTIONS), help="actions, by commas")
    parser.add_argument("--keep-going", action="store_true", help="go on after a failure, in a new place")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
