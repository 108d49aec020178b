"""Many agents on many containers of this machine: made, listed, told something, stopped, started and destroyed.

    DOCKER_HOST=... bench/scale.py [--hosts 20] [--agents 200] [--image mngr-test-base] [--program MNGR]

Prints what each step took, and what one agent's share of it is. `docs/scale.md` has the figures of one run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import stage

stage.KEPT = (*stage.KEPT, "DOCKER_HOST")
LOOKS = 7
AT_ONCE = 4


class Scale:
    """Agents on containers."""

    def __init__(self, place: stage.Stage, options: argparse.Namespace) -> None:
        self.place, self.options = place, options
        self.repository = place.repository("project", 200)
        self.hosts = [f"scale-{number}" for number in range(options.hosts)]

    def mngr(self, *words: str) -> str:
        """Run mngr, which must succeed."""
        done = subprocess.run(
            [self.place.mngr, *words], cwd=self.repository, capture_output=True, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            raise SystemExit(f"mngr {' '.join(words)}: exit {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode()

    def create(self, number: int) -> None:
        """Make an agent; the first on each host makes the host, too."""
        host = self.hosts[number % len(self.hosts)]
        new = ["--new-host", "-b", f"image={self.options.image}", "-b", "offline"] if number < len(self.hosts) else []
        self.mngr("create", f"agent-{number}@{host}.docker", *new, "--no-connect", "--", "sh", "-c", "cat")

    def run(self) -> None:
        """Do all steps, and tell what each took."""
        count, hosts = self.options.agents, len(self.hosts)
        addresses = [f"@{host}.docker" for host in self.hosts]
        self._timed(f"create {hosts} containers with an agent each", hosts, lambda: self._each(range(hosts)))
        self._timed(f"create {count - hosts} more agents", count - hosts, lambda: self._each(range(hosts, count)))
        self._looks(f"list {count} agents on {hosts} containers")
        self._timed("message to all", count, lambda: self.mngr("message", "--all", "hello"))
        self._timed("stop all agents", count, lambda: self.mngr("stop", "--all"))
        self._timed("start all agents again", count, lambda: self.mngr("start", "--all", "--state", "stopped"))
        self._timed("stop all containers", hosts, lambda: self.mngr("stop", *addresses))
        self._looks(f"list {count} agents on {hosts} stopped containers")
        self._timed("start all containers, with their agents", count, lambda: self.mngr("start", *addresses))
        rows = json.loads(self.mngr("list", "--format", "json"))
        running = sum(row["state"] in ("running", "waiting") for row in rows)
        print(f"{'running after that':<48} {running} of {len(rows)}")
        self._timed("destroy all containers", hosts, lambda: self.mngr("destroy", "--force", *addresses))

    def _each(self, numbers: range) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.create, numbers))

    def _looks(self, name: str) -> None:
        taken: list[float] = []
        for _ in range(LOOKS):
            begun = time.perf_counter()
            self.mngr("list", "--format", "json")
            taken.append(time.perf_counter() - begun)
        print(f"{name:<48} {statistics.median(taken) * 1000:8.0f} ms (median of {LOOKS}, first {taken[0] * 1000:.0f})")

    def _timed(self, name: str, shares: int, work: Callable[[], object]) -> None:
        begun = time.perf_counter()
        work()
        taken = time.perf_counter() - begun
        print(f"{name:<48} {taken:8.2f} s  ({taken / max(1, shares) * 1000:.0f} ms each)", flush=True)


def main() -> int:
    """Measure, and take everything away again."""
    parser = stage.parser(__doc__)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--agents", type=int, default=200)
    options = parser.parse_args()
    engine = os.environ.get("DOCKER_HOST")
    with stage.Stage(options.program) as place:
        trial = Scale(place, options)
        try:
            trial.run()
        finally:
            environment = {"DOCKER_HOST": engine, **os.environ} if engine else os.environ
            left = subprocess.run(
                ["docker", "ps", "-aq", "--filter", "name=mngr-scale-"],
                capture_output=True,
                env=environment,
                check=False,
            ).stdout.split()
            if left:
                subprocess.run(["docker", "rm", "-f", *left], capture_output=True, env=environment, check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
