"""Measures commands: wall and processor time, peak memory, interleaved with what they are compared to."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Series:
    """All runs of one command. Times are in seconds, memory in bytes."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    peak: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Return the median wall time."""
        return statistics.median(self.wall)

    @property
    def spread(self) -> tuple[float, float]:
        """Return the 10th and the 90th percentile of wall time."""
        ordered = sorted(self.wall)
        return ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]


@dataclass(frozen=True)
class Step:
    """A command to measure: told the round, it returns what to run. What is not measured goes before and after."""

    command: Callable[[int], list[str]]
    before: Callable[[int], object] = lambda _: None
    after: Callable[[int], object] = lambda _: None
    code: int = 0


def interleave(steps: dict[str, Step], rounds: int) -> dict[str, Series]:
    """Run all steps in every round, in turns, so that what else the machine does falls on all of them."""
    series = {name: Series() for name in steps}
    for number in range(-1, rounds):  # the first round warms caches and does not count
        for name, step in steps.items():
            step.before(number)
            measured = once(step.command(number), step.code)
            step.after(number)
            if number >= 0:
                series[name].wall.append(measured[0])
                series[name].processor.append(measured[1])
                series[name].peak.append(measured[2])
    return series


def once(argv: list[str], code: int = 0) -> tuple[float, float, int]:
    """Run a command once, its output thrown away; return wall and processor seconds and peak bytes."""
    streams = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
    begun = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=streams)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status) != code:
        raise SystemExit(f"ended with {os.waitstatus_to_exitcode(status)}: {' '.join(argv)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
