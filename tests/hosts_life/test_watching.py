"""What is watched while hosts come, stop, start and go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from boxes import PATIENCE_SECONDS, Boxes
from waiting import eventually


def naps(pid: int) -> bool:
    """Tell whether a process rests for a while."""
    return "nanosleep" in Path(f"/proc/{pid}/wchan").read_text()


@pytest.fixture
def lines(boxes: Boxes) -> Iterator[Iterator[dict[str, object]]]:
    """Return the lines of a `list --watch` that began with one agent on one host."""
    boxes.create()
    with boxes.mngr.start("-S", "watch.interval_seconds=0.1", "list", "--watch") as process:
        yield (json.loads(line) for line in process.stdout or ())
        process.terminate()


def test_a_list_that_is_watched_sees_hosts_that_come_stop_and_go(
    boxes: Boxes, lines: Iterator[dict[str, object]]
) -> None:
    def until(change: str, name: str, state: str | None) -> None:
        for line in lines:
            agent = line["agent"]
            assert isinstance(agent, dict)
            if (line["change"], agent["name"], agent["state"]) == (change, name, state or agent["state"]):
                return

    until("added", "one", None)
    boxes.create("two", "other")
    until("added", "two", None)
    boxes("stop", "@box").assert_success()
    until("changed", "one", "stopped")
    boxes("start", "@box").assert_success()
    until("changed", "one", "waiting")
    boxes("destroy", "@other", "--force", "--yes").assert_success()
    until("removed", "two", None)


@pytest.mark.parametrize("others", [(), ("here",)])
def test_who_is_waited_for_stops_with_its_host(boxes: Boxes, others: tuple[str, ...]) -> None:
    boxes.create()
    for name in others:
        boxes("create", name, "--transfer", "none", "--", "cat").assert_success()
    with boxes.mngr.start("wait", "one", *others, "--state", "stopped") as waiting:
        eventually(lambda: naps(waiting.pid))
        boxes("stop", "@box").assert_success()
        for name in others:
            assert waiting.poll() is None
            boxes("stop", name).assert_success()
        assert waiting.communicate(timeout=PATIENCE_SECONDS)[1] == b""
        assert waiting.returncode == 0


def test_who_is_waited_for_is_not_gone_while_its_engine_is_away(boxes: Boxes, home: Path) -> None:
    socket = home / "engine"
    socket.symlink_to(boxes.engine.address.removeprefix("unix://"))
    boxes.mngr.env["DOCKER_HOST"] = f"unix://{socket}"
    boxes.create()
    with boxes.mngr.start("wait", "one", "--state", "stopped") as waiting:
        eventually(lambda: naps(waiting.pid))
        socket.rename(home / "away")
        for _ in range(3):
            boxes("list").assert_success()
        assert waiting.poll() is None
        (home / "away").rename(socket)
        boxes("stop", "@box").assert_success()
        assert waiting.communicate(timeout=PATIENCE_SECONDS)[1] == b""
        assert waiting.returncode == 0


def test_who_is_waited_for_and_goes_with_its_host_is_gone(boxes: Boxes) -> None:
    boxes.create()
    with boxes.mngr.start("wait", "one", "--state", "stopped") as waiting:
        eventually(lambda: naps(waiting.pid))
        boxes("destroy", "@box", "--force", "--yes").assert_success()
        assert b"destroyed while it was waited for" in waiting.communicate(timeout=PATIENCE_SECONDS)[1]
