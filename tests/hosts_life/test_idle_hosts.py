"""Hosts that stop themselves when idle, and come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from boxes import Boxes
from program import INSTALLED
from terminal import Terminal
from waiting import eventually

from mngr.model.times import from_iso


@pytest.mark.slow
def test_an_idle_host_stops_itself_and_comes_back_with_a_message(boxes: Boxes) -> None:
    boxes.create("one", "box", "--idle-timeout", "3s", "--idle-mode", "io")
    boxes.wait_for("paused")
    row = boxes.row()
    assert row is not None
    assert (row["reason"], row["agents"], row["with_session"]) == ("idle for 3s", 1, 0)
    assert (row["idle"]["mode"], row["idle"]["timeout_seconds"], row["idle"]["deadline_at"]) == ("io", 3, None)
    assert "box.docker is paused: idle for 3s" in boxes("why", "@box").assert_success().lines[0]
    stopped = boxes("why", "@box", "--format", "json").json()["stopped"]
    assert (stopped["why"], stopped["mode"], stopped["timeout_seconds"]) == ("timeout", "io", 3)
    assert from_iso(stopped["at"]) >= from_iso(stopped["last_activity_at"]) + 3
    boxes("message", "one", "--start", "good morning").assert_success()
    assert "good morning" in boxes("capture", "one").assert_success().out
    events = boxes("events", "@box", "--format", "json").json()
    assert [(each["agent_id"], each["why"]) for each in events if each["type"] == "host_stopped"] == [(None, "timeout")]
    boxes("stop", "@box").assert_success()
    assert boxes("start", "@box", "--format", "json").json()[0]["agents"] == ["one"]


def test_a_host_is_not_watched_unless_it_is_wished(boxes: Boxes) -> None:
    boxes.create()
    row = boxes.row()
    assert row is not None
    assert (row["state"], row["reason"]) == ("running", None)
    assert set(row["idle"].values()) == {"disabled", None}
    assert "not watched" in boxes("why", "@box").assert_success().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--idle-timeout", "0s"), "idle timeout"),
        (("--idle-timeout", "5s", "--idle-mode", "iou"), "did you mean io?"),
        (("--idle-mode", "io disabled"), "cannot be combined"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_made(
    boxes: Boxes, words: tuple[str, ...], message: str
) -> None:
    boxes("create", "one@box.docker", "--new-host", *words, "--", "cat").assert_failure(2, message)
    assert boxes.engine.left("container") == []


def _activity(boxes: Boxes) -> dict[str, Any]:
    return boxes("why", "@box", "--format", "json").json()["idle"]


def _stays_up(boxes: Boxes, source: str) -> None:
    """Wait until a host was seen active for the same reason for three times as long as it may be idle."""

    def last() -> float | None:
        idle = _activity(boxes)
        return from_iso(idle["last_activity_at"]) if idle["source"] == source else None

    begin = eventually(last, 60)
    assert begin is not None
    eventually(lambda: (last() or 0) > begin + 9, 60, lambda: _activity(boxes))


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_person_who_is_attached_keeps_a_host_up(boxes: Boxes, terminal: Callable[..., Terminal]) -> None:
    boxes.create("one", "box", "--idle-timeout", "4s", "--idle-mode", "io+ssh")
    words = ["env", f"MNGR_PREFIX={boxes.mngr.env['MNGR_PREFIX']}", str(INSTALLED), "connect", "one"]
    screen = terminal(words)
    screen.type("somebody is here")
    screen.wait_for("somebody is here")
    _stays_up(boxes, "ssh")
    screen.close()
    boxes.wait_for("paused")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_held_lock_and_a_working_agent_keep_a_host_up(boxes: Boxes) -> None:
    boxes.create("one", "box", "--idle-timeout", "4s", "--idle-mode", "run", "--", "sleep", "600")
    _stays_up(boxes, "run")
    holder = "echo $$ >/tmp/holder; exec 9>>$HOME/.mngr/host.lock; flock 9; exec sleep 600"
    boxes.inside(f"setsid sh -c '{holder}' >/dev/null 2>&1 &")
    boxes("stop", "one").assert_success()
    _stays_up(boxes, "lock")
    boxes.inside("kill $(cat /tmp/holder)")
    boxes.wait_for("paused")
