"""Limits of hosts, changed while they run."""

from __future__ import annotations

import pytest
from boxes import Boxes


@pytest.mark.slow
def test_a_host_is_limited_while_it_runs(boxes: Boxes) -> None:
    boxes.create()
    (row,) = boxes("limit", "one", "--format", "json").json()
    assert (row["host"], row["idle"]["mode"], row["start_on_boot"]) == ("box.docker", "disabled", False)
    boxes("limit", "@box").assert_success("@box.docker does not stop itself, is not started with its machine")
    (row,) = boxes("limit", "@box", "--idle-timeout", "2h", "--start-on-boot", "--format", "json").json()
    assert (row["idle"]["mode"], row["idle"]["timeout_seconds"], row["start_on_boot"]) == ("io ssh run", 7200, True)
    (row,) = boxes("limit", "@box", "--idle-mode", "io", "--no-start-on-boot", "--format", "json").json()
    assert (row["idle"]["mode"], row["idle"]["timeout_seconds"], row["start_on_boot"]) == ("io", 7200, False)
    boxes("limit", "@box", "--idle-mode", "disabled").assert_success("does not stop itself")
    boxes("limit", "@box", "--idle-timeout", "2s", "--idle-mode", "io").assert_success("after 2s without activity (io)")
    boxes.wait_for("paused")
    boxes("limit", "@box").assert_success("@box.docker is paused (idle for 2s)")
    boxes("limit", "@box", "--idle-timeout", "1h").assert_failure(4, "is paused", "mngr start @box.docker")
    boxes("limit", "@box", "--start-on-boot").assert_success("is started with its machine")


def test_what_cannot_be_limited_is_said(boxes: Boxes) -> None:
    boxes("limit", "@local", "--idle-timeout", "1h").assert_failure(2, "local cannot stop itself")
    boxes("limit", "@local", "--start-on-boot").assert_failure(2, "starts no hosts")
    boxes("limit", "@local").assert_success("@local does not stop itself")
    boxes("limit").assert_failure(2, "@HOST")
    boxes("limit", "nobody").assert_failure(3, "nobody")
    boxes("limit", "@local", "--idle-mode", "ssssh").assert_failure(2, "did you mean ssh?")
