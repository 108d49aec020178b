"""Idle settings: their words, and what is read of a watchdog."""

from __future__ import annotations

import os
import signal

import pytest
from waiting import eventually
from watched import Watched

from mngr.hosts import watchdog
from mngr.hosts.watchdog import IdleSettings
from mngr.model.errors import UsageError


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("io", "io"),
        ("SSH, user", "user ssh"),
        ("create+boot", "boot create"),
        ("disabled", "disabled"),
        ("run run", "run"),
    ],
)
def test_modes(text: str, mode: str) -> None:
    assert watchdog.parse_mode(text) == mode


@pytest.mark.parametrize("text", ["", ",", "oi", "disabled io", "io\nstop=x", "io;ssh", "\0"])
def test_no_modes(text: str) -> None:
    with pytest.raises(UsageError):
        watchdog.parse_mode(text)


def test_the_nearest_mode_is_named() -> None:
    with pytest.raises(UsageError) as raised:
        watchdog.parse_mode("agnet")
    assert raised.value.hint == "did you mean agent?"


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("30m", 1800), ("1h30m", 5400), ("1s", 1)])
def test_timeouts(text: str, seconds: int) -> None:
    assert watchdog.parse_timeout(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0.5s", "-1", "soon", "11y", "4000d"])
def test_no_timeouts(text: str) -> None:
    with pytest.raises(UsageError):
        watchdog.parse_timeout(text)


@pytest.mark.parametrize(
    "wished",
    [
        IdleSettings(mode="io; ssh"),
        IdleSettings(mode="ssh io"),
        IdleSettings(timeout=0),
        IdleSettings(timeout=-5),
        IdleSettings(stop="a\nmode=io"),
        IdleSettings(stop=" "),
        IdleSettings(folder="/a\rb"),
        IdleSettings(cpu="all"),
        IdleSettings(ended=-2),
    ],
)
def test_settings_are_checked_before_anything_is_written(watched: Watched, wished: IdleSettings) -> None:
    with pytest.raises(UsageError):
        watchdog.settings(watched.host, wished)
    assert not (watched.folder / "idle").exists()


@pytest.mark.parametrize(
    "said", [b"", b"watching yes\nidle {", b"idle []\nstopped {}\nclock -1\nset mode\n", b"\xff\0\nidle 1"]
)
def test_an_odd_answer_is_no_error(said: bytes) -> None:
    seen = watchdog.parse(said)
    assert (seen.last_activity, seen.deadline, seen.stopping, seen.mode) == (None, None, None, seen.mode)


def test_what_was_seen_is_read(watched: Watched) -> None:
    watched.watch("io", 900, ended=60)
    eventually(lambda: watched.seen)
    seen = watchdog.read(watched.host)
    assert (seen.watching, seen.was_dead, seen.mode, seen.timeout, seen.source) == (True, False, "io", 900, "watch")
    assert seen.deadline is not None
    assert seen.last_activity is not None
    assert seen.deadline == seen.last_activity + 900
    (watched.folder / "stop_reason.json").write_text('{"now": 5, "why": "timeout", "source": "user", "mode": "io"}')
    os.kill(watched.pid, signal.SIGKILL)
    eventually(lambda: not watched.processes())
    assert watchdog.read(watched.host).was_dead
    last = eventually(lambda: watchdog.read(watched.host).last_stop)  # it is of the time before this start
    assert (last.why, last.at, last.source) == ("timeout", 5.0, "user")
