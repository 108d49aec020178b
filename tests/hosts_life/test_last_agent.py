"""A host that mngr made goes with its last agent; what exists nowhere else does not."""

from __future__ import annotations

from boxes import Boxes


def _hosts(boxes: Boxes) -> list[str]:
    return [row["name"] for row in boxes("list", "--hosts", "--format", "json").json() if row["name"] != "local"]


def test_the_last_agent_takes_its_host_with_it(boxes: Boxes) -> None:
    boxes.create()
    boxes("create", "two@box.docker", "--", "cat").assert_success()
    first = boxes("destroy", "one").assert_success("destroyed one")
    assert "took" not in first.err
    assert "would take @box.docker with it" in boxes("destroy", "two", "--dry-run").assert_success().err
    assert _hosts(boxes) == ["box"]
    done = boxes("destroy", "two", "--format", "json")
    assert done.json()[0]["result"] == "destroyed"
    assert "took @box.docker with it" in done.err
    assert _hosts(boxes) == []
    assert "saved with one and two" in done.err  # what is destroyed can be restored, there too
    assert boxes.engine.left("container") == []
    boxes.create("three", "other")
    boxes("destroy", "three", "--no-snapshot").assert_success()
    assert [row["name"] for row in boxes("snapshot", "list", "--format", "json").json()] == ["kept-box"]


def test_a_run_in_the_foreground_leaves_no_host(boxes: Boxes) -> None:
    words = ("create", "one@.docker", "--foreground", "--transfer", "none", "--", "sh", "-c")
    assert boxes(*words, "echo ran").assert_success().out == "ran\n"
    assert boxes(*words, "exit 3").code == 3
    assert _hosts(boxes) == []
    assert boxes.engine.left("container") == []


def test_several_go_at_once_and_a_host_can_be_kept(boxes: Boxes) -> None:
    boxes.create()
    boxes.create("two", "other")
    boxes("destroy", "one", "--keep-host").assert_success()
    done = boxes("destroy", "--all", "--yes").assert_success()
    assert "took @other.docker with it" in done.err
    assert _hosts(boxes) == ["box"]


def test_work_that_exists_nowhere_else_is_saved_before_its_host_goes(boxes: Boxes) -> None:
    boxes.create()
    boxes("create", "two@box.docker", "--", "cat").assert_success()
    boxes("exec", "one", "echo precious >new.txt").assert_success()
    boxes("destroy", "one").assert_failure(7, "exists nowhere else")
    boxes("destroy", "one", "--force").assert_success()
    said = boxes("destroy", "two").assert_success().err  # it is the work of one that was destroyed before
    assert "saved with one and two" in said
    assert _hosts(boxes) == []
    (row,) = boxes("snapshot", "list", "--format", "json").json()
    assert row["name"] == "kept-box"
    boxes("create", "three", "--snapshot", row["id"], "--", "cat").assert_success()
    boxes("restore", "one").assert_success()
    assert boxes("exec", "one", "cat new.txt", "--start").assert_success().out == "precious\n"


def test_a_forced_destroy_of_a_host_loses_nothing_unless_told_so(boxes: Boxes) -> None:
    boxes.create()
    boxes("exec", "one", "echo precious >new.txt").assert_success()
    boxes("destroy", "@box").assert_failure(7, "exists nowhere else")
    (row,) = boxes("destroy", "@box", "--force", "--format", "json").json()
    assert (row["agents"], row["snapshot"][:9]) == (["one"], "snapshot-")
    words = ("create", "again@box.docker", "--new-host", "--snapshot", row["snapshot"], "--", "cat")
    boxes(*words).assert_success()
    assert boxes("exec", "one", "cat new.txt", "--start").assert_success().out == "precious\n"
    boxes("destroy", "@box", "--force", "--no-snapshot").assert_success("destroyed @box.docker")
    assert len(boxes("snapshot", "list", "--format", "json").json()) == 1
