"""Other names for hosts."""

from __future__ import annotations

from boxes import Boxes


def test_a_host_gets_another_name_and_its_agents_run_on(boxes: Boxes) -> None:
    boxes.create()
    boxes.create("two", "other")
    boxes("rename", "@box", "other").assert_failure(1, "there is a host 'other' already")
    boxes("rename", "@box", "Not-A-Name").assert_failure(2, "not a valid host name")
    boxes("rename", "@box", "fresh", "--dry-run").assert_success("would rename @box.docker to @fresh.docker")
    before = boxes("list", "one", "--format", "{pid} {host.id}").assert_success().out
    boxes("rename", "@box.docker", "fresh").assert_success("renamed @box.docker to @fresh.docker")
    assert boxes.row() is None
    assert boxes("list", "one@fresh", "--format", "{pid} {host.id}").assert_success().out == before
    boxes("exec", "one@fresh.docker", "true").assert_success()
    boxes("stop", "@fresh").assert_success()
    boxes("mv", "@fresh", "last", "--format", "{host} {old}").assert_success("last fresh.docker")
    assert boxes("start", "@last", "--format", "json").json()[0]["agents"] == ["one"]
    boxes("rename", "@local", "mine").assert_failure(2, "provider local cannot rename hosts")
