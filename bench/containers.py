"""What `list` costs with containers of which most are stopped, beside the same number of agents on this machine.

    DOCKER_HOST=... bench/containers.py [--running 20] [--stopped 80] [--image mngr-test-base] [--program MNGR]

Prints the medians of calls that take turns, and their ratios. Each container has one agent.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import stage

stage.KEPT = (*stage.KEPT, "DOCKER_HOST")
ROUNDS = 15
AT_ONCE = 4
HOSTS = "many"


def main() -> int:
    """Measure, and take everything away again."""
    parser = stage.parser(__doc__)
    parser.add_argument("--running", type=int, default=20)
    parser.add_argument("--stopped", type=int, default=80)
    options = parser.parse_args()
    with stage.Stage(options.program) as here, stage.Stage(here.mngr) as there:
        try:
            here.enter()
            here.create([f"agent-{number}" for number in range(options.running + options.stopped)], here.home)
            there.enter()
            make(there, options)
            tell(measured(here, there))
        finally:
            there.enter()
            left = subprocess.run(["docker", "ps", "-aq", "--filter", f"name=mngr-{HOSTS}-"], capture_output=True)
            if left.stdout.split():
                subprocess.run(["docker", "rm", "-f", *left.stdout.split()], capture_output=True, check=False)
    return 0


def make(place: stage.Stage, options: argparse.Namespace) -> None:
    """Make the containers, with an agent each, and stop most of them."""

    def create(number: int) -> None:
        wishes = ("--new-host", "-b", f"image={options.image}", "-b", "offline", "--transfer", "none", "--no-connect")
        address = f"agent-{number}@{HOSTS}-{number}.docker"
        stage.run(place.mngr, "create", address, "command", *wishes, "--", "sleep", "100000")
        if number >= options.running:
            stage.run(place.mngr, "stop", f"@{HOSTS}-{number}.docker")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(create, range(options.running + options.stopped)))


def measured(here: stage.Stage, there: stage.Stage) -> dict[str, list[float]]:
    """Return the seconds of each kind of call, one after the other, so that all meet the same load."""
    taken: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, place, argv in (
            ("docker ps", there, ["docker", "ps", "--all"]),
            ("list here", here, [here.mngr, "list"]),
            ("list there", there, [there.mngr, "list"]),
        ):
            place.enter()
            begun = time.perf_counter()
            stage.run(*argv)
            taken.setdefault(name, []).append(time.perf_counter() - begun)
    return taken


def tell(taken: dict[str, list[float]]) -> None:
    """Print medians and ratios."""
    base = statistics.median(taken["list here"])
    for name, series in taken.items():
        middle = statistics.median(series)
        print(
            f"{name:<12} {middle * 1000:8.0f} ms   {middle / base:5.2f} of the list here   first {series[0] * 1000:.0f}"
        )


if __name__ == "__main__":
    sys.exit(main())
