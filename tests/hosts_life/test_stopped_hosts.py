"""What hosts that do not run still tell."""

from __future__ import annotations

from boxes import Boxes


def test_the_events_of_a_stopped_host(boxes: Boxes) -> None:
    boxes.create()
    boxes("message", "one", "hello").assert_success()
    boxes("stop", "@box").assert_success()
    stopped = boxes("events", "@box", "--format", "json")
    events = {(each["type"], each["agent_id"]) for each in stopped.json()}
    id = boxes("list", "--ids").assert_success().out.strip()
    assert {("created", id), ("message", id)} <= events
    assert "box.docker is stopped: what was destroyed there is not shown" in stopped.err
    boxes("events", "@box").assert_success("message  one")
    boxes("start", "@box").assert_success()
    running = {(each["type"], each["agent_id"]) for each in boxes("events", "@box", "--format", "json").json()}
    assert events <= running
