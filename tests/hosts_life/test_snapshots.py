"""Whole hosts that are saved, and hosts that are made from what was saved."""

from __future__ import annotations

from typing import Any

from boxes import Boxes

KEYS = "cat /etc/mngr/host_key.pub"


def _agents(boxes: Boxes) -> dict[str, dict[str, Any]]:
    rows = boxes("list", "--format", "json").json()
    return {f"{row['name']}@{row['host']['name']}": row for row in rows}


def test_a_host_is_made_from_a_saved_one(boxes: Boxes) -> None:
    boxes.create("one", "box", "--idle-timeout", "1h")
    boxes("exec", "one", "echo saved >state.txt").assert_success()
    id = boxes("snapshot", "create", "one", "--name", "first", "--format", "{id}").assert_success().out.strip()
    assert _agents(boxes)["one@box"]["state"] == "waiting"  # it was halted for the moment only
    (row,) = boxes("snapshot", "list", "--format", "json").json()
    assert (row["id"], row["name"], row["host"], row["provider"]) == (id, "first", "box", "docker")
    assert row["size_bytes"] > 1_000_000

    boxes("create", "two@copy.docker", "--new-host", "--snapshot", "first", "--", "cat").assert_success()
    agents = _agents(boxes)
    assert {name: row["state"] for name, row in agents.items()} == {
        "one@box": "waiting",
        "one@copy": "stopped",
        "two@copy": "waiting",
    }
    assert boxes.inside(KEYS) != boxes.inside(KEYS, "copy")
    assert (boxes.row() or {})["id"] != (boxes.row("copy") or {})["id"]
    assert (boxes.row("copy") or {})["idle"]["timeout_seconds"] == 3600  # as the saved one
    # Who saved an agent with its host has two of one name and one id.
    for word in ("one", agents["one@box"]["id"]):
        several = boxes("exec", word, "true")
        several.assert_failure(2, "one@box.docker", "one@copy.docker", "hint: use a full address, such as one@")
    for words in (["--host", "copy"], ["--host", "copy.docker"], ["--provider", "docker", "--host", "copy"]):
        assert [row["name"] for row in boxes("list", "--hosts", *words, "--format", "json").json()] == ["copy"]
        assert {row["host"]["name"] for row in boxes("list", *words, "--format", "json").json()} == {"copy"}
    boxes("list", "--hosts", "--type", "command").assert_failure(2, "--type chooses agents, not hosts")
    assert boxes("exec", "one@copy", "cat state.txt", "--start").assert_success().out == "saved\n"

    boxes("snap", "destroy", id[:20], "--yes").assert_failure(1, "in use", "destroy that first")
    boxes("destroy", "@copy", "--force", "--no-snapshot").assert_success()
    boxes("snap", "destroy", "first").assert_failure(2, "--yes")
    boxes("snap", "destroy", "first", "--dry-run").assert_success("would destroy")
    boxes("snap", "destroy", "first", "--yes").assert_success("destroyed snapshot-")
    assert boxes("snapshot", "list", "--format", "json").json() == []


def test_a_create_that_fails_takes_the_new_host_away_and_leaves_the_snapshot(boxes: Boxes) -> None:
    boxes.create()
    id = boxes("snapshot", "create", "@box", "--format", "{id}").assert_success().out.strip()
    words = ("create", "one@.docker", "--snapshot", id, "--", "cat")  # that name is in it
    boxes(*words).assert_failure(1, "there is an agent 'one' already")
    rows = boxes("list", "--hosts", "--format", "json").json()
    assert [row["name"] for row in rows if row["provider"] == "docker"] == ["box"]
    assert [row["id"] for row in boxes("snapshot", "list", "@box", "--format", "json").json()] == [id]


def test_what_cannot_be_saved_or_found_is_said(boxes: Boxes) -> None:
    boxes("create", "here", "--", "cat").assert_success()
    boxes("snapshot", "create", "here").assert_failure(2, "provider local saves no hosts", "mngr clone")
    boxes("snapshot", "create").assert_failure(2, "@HOST")
    boxes("snapshot", "list").assert_success()
    boxes("snapshot", "destroy", "nosuch", "--yes").assert_failure(3, "no snapshot 'nosuch'")
    boxes("create", "--snapshot", "nosuch", "--", "cat").assert_failure(3, "no snapshot 'nosuch'")
    boxes("snapshot", "shoot").assert_failure(2)
    assert boxes.engine.left("container") == []
