"""What is left of hosts, found and removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boxes import Boxes
from docker_engine import BASE

KEEP_NOTHING = ("-S", "destroyed.keep_days=0")


def _found(boxes: Boxes, *words: str) -> list[tuple[str, str]]:
    rows: list[dict[str, Any]] = boxes(*KEEP_NOTHING, "gc", *words, "--format", "json").json()
    return [(row["kind"], row["result"]) for row in rows if row["kind"] in ("host", "image", "snapshot")]


def test_snapshots_that_destroy_made_go_in_time_and_users_own_stay(boxes: Boxes) -> None:
    boxes.create()
    boxes("snapshot", "create", "one", "--name", "mine").assert_success()
    boxes("snapshot", "create", "one", "--name", "kept-box").assert_failure(2, "mngr's own")
    boxes("exec", "one", "echo precious >new.txt").assert_success()
    boxes("destroy", "one", "--force").assert_success()
    assert boxes("gc", "--format", "json").json() == []  # it is kept for a month
    assert _found(boxes, "--dry-run") == [("snapshot", "would be removed")]
    (kept,) = (row for row in boxes("snap", "--format", "json").json() if row["name"] == "kept-box")
    boxes("create", "two@box.docker", "--new-host", "--snapshot", kept["id"], "--", "cat").assert_success()
    assert _found(boxes) == [("snapshot", "in use")]
    boxes("destroy", "two", "--no-snapshot").assert_success()
    assert _found(boxes) == [("snapshot", "removed")]
    assert [row["name"] for row in boxes("snapshot", "list", "--format", "json").json()] == ["mine"]


def test_images_go_with_the_last_host_that_was_made_of_them(boxes: Boxes, home: Path) -> None:
    folder = home / "image"
    folder.mkdir()
    (folder / "Dockerfile").write_text(
        f"FROM {BASE}\nLABEL {boxes.engine.label}\nRUN echo {boxes.engine.mark} >/mark\n"
    )
    config = boxes.mngr.host_dir / "config.toml"
    config.write_text("")
    boxes.create("one", "box", "-b", f"context={folder}")
    assert _found(boxes) == []
    boxes("destroy", "one", "--keep-host").assert_success()
    assert _found(boxes) == [("host", "left alone")]
    boxes("destroy", "@box").assert_success()
    assert _found(boxes, "--dry-run") == [("image", "would be removed")]
    assert _found(boxes) == [("image", "removed")]
    assert boxes.engine.left("image") == []
