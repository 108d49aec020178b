"""Waiting for a sign, and for an end, with a deadline: the only place in the tests that sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
PAUSE_SECONDS = 0.02
SLACK_SECONDS = 12.0  # the machine may be busy


def eventually(sign: Callable[[], T], seconds: float = 30.0, what: str | Callable[[], object] = "") -> T:
    """Return the first true thing that `sign` returns; fail when there is none in time.

    An AssertionError or OSError raised by `sign` counts as "not yet"; the last one is shown. `what` says what was
    waited for, or is asked at the end for something to show.
    """
    deadline = time.monotonic() + seconds
    while True:
        last: object = None
        try:
            seen = sign()
            if seen:
                return seen
            last = seen
        except (AssertionError, OSError) as error:
            last = error
        if time.monotonic() > deadline:
            shown = what() if callable(what) else what
            raise AssertionError(f"not within {seconds} s: {shown or sign} (last: {last!r})")
        time.sleep(PAUSE_SECONDS)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail when what has a deadline of its own overruns it by far: that would not have ended by that deadline."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds + SLACK_SECONDS
