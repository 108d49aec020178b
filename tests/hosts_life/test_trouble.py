"""Containers that freeze, go down or are left alone in the middle of a command: it ends, and says what is true."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boxes import Boxes
from waiting import eventually, within

LOST_SECONDS = 25  # until a connection notices that nobody answers


def name(boxes: Boxes) -> str:
    return f"{boxes.mngr.env['MNGR_PREFIX']}box"


def freeze(boxes: Boxes) -> None:
    """Freeze the container; an engine on a busy machine does not always manage to."""
    eventually(lambda: boxes.engine("pause", name(boxes)).code == 0, 30)


def clients(boxes: Boxes, *words: str) -> Iterator[int]:
    """Yield the processes of this test that are commands of the engine with such words."""
    home = f"HOME={os.environ['HOME']}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            argv = (process / "cmdline").read_bytes().split(b"\0")
            is_client = argv[0].endswith(b"docker") and {word.encode() for word in words} <= {*argv}
            if is_client and home in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)
        except OSError:
            continue  # it has ended


def begun(boxes: Boxes) -> subprocess.Popen[bytes]:
    """Return an exec that has begun and does not end."""
    run = boxes.mngr.start("exec", "one", "echo begun; sleep 1000")
    assert run.stdout
    assert run.stdout.readline() == b"begun\n"
    return run


def half_made(boxes: Boxes) -> list[tuple[str, str]]:
    """Return what `gc` names, without removing it."""
    rows: list[dict[str, Any]] = boxes("gc", "--dry-run", "--format", "json").json()
    return [(row["kind"], row["name"]) for row in rows]


def test_a_frozen_container_says_so(boxes: Boxes) -> None:
    boxes.create()
    boxes("exec", "one", "true").assert_success()  # there is a connection that will keep silent
    freeze(boxes)
    for words in (("exec", "one", "true"), ("exec", "one@box", "true"), ("message", "one", "hi")):
        with within(2):
            boxes(*words).assert_failure(4, "box.docker is paused (frozen by the engine's `pause`)", "mngr start @box")
    assert {row["name"] for row in boxes("list", "--format", "json").json()} == {"one"}
    boxes("start", "@box.docker").assert_success()
    boxes("exec", "one", "echo well").assert_success("well")
    boxes("create", "two@box.docker", "--", "cat").assert_success()
    freeze(boxes)
    assert {row["name"] for row in boxes("list", "--format", "json").json()} == {"one", "two"}


@pytest.mark.slow
def test_in_the_middle_of_an_exec(boxes: Boxes) -> None:
    boxes.create()
    run = begun(boxes)
    freeze(boxes)
    with within(LOST_SECONDS):
        _, said = run.communicate(timeout=100)
    assert (run.returncode, b"box.docker was lost while a command ran there" in said) == (4, True), said
    boxes.engine("unpause", name(boxes)).assert_success()
    boxes("exec", "one", "echo well").assert_success("well")

    run = begun(boxes)
    for client in clients(boxes, "exec"):
        os.kill(client, signal.SIGKILL)
    _, said = run.communicate(timeout=50)
    assert (run.returncode, b"box.docker was lost while a command ran there" in said) == (4, True), said
    boxes("exec", "one", "echo well").assert_success("well")

    run = begun(boxes)
    boxes.engine("restart", "-t", "2", name(boxes)).assert_success()
    _, said = run.communicate(timeout=50)
    assert (run.returncode, b"box.docker was lost while a command ran there" in said) == (4, True), said
    boxes("exec", "one", "echo well").assert_success("well")
    boxes("start", "one").assert_success()
    boxes("message", "one", "hi").assert_success()
    assert half_made(boxes) == []


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["pause", "restart"])
def test_in_the_middle_of_a_message(boxes: Boxes, trouble: str) -> None:
    boxes.create("one", "box", "--", "sh", "-c", "exec cat >>/got")
    lock = "cd ~/.mngr/agents/*/ && exec flock lock sh -c 'touch /held; until [ -e /go ]; do sleep 0.1; done'"
    boxes.engine("exec", "--detach", name(boxes), "sh", "-c", lock).assert_success()
    words = ("message", "one", "hello", "--id", "x")
    eventually(lambda: boxes.inside("ls /held"), 30)
    run = boxes.mngr.start(*words)
    eventually(lambda: "paste.sh" in boxes.inside("ps -eo args"), 30)
    if trouble == "pause":
        freeze(boxes)
    else:
        boxes.engine("restart", "-t", "2", name(boxes)).assert_success()
    with within(LOST_SECONDS):
        _, said = run.communicate(timeout=100)
    assert (run.returncode, b"given again with --id x it arrives once" in said) == (4, True), said
    if trouble == "pause":
        boxes("message", "one", "more").assert_failure(4, "box.docker is paused")
        boxes.engine("unpause", name(boxes)).assert_success()
    else:
        boxes("start", "one").assert_success()
    boxes.inside("touch /go")
    for _ in range(2):
        boxes(*words).assert_success("typed to one")
    eventually(lambda: boxes.inside("cat /got") == "hello\n", 15, lambda: boxes.inside("cat /got"))


@pytest.mark.slow
@pytest.mark.parametrize("killed", ["mngr", "client", "interrupted"])
def test_in_the_middle_of_a_snapshot(boxes: Boxes, killed: str) -> None:
    boxes.create()
    boxes("exec", "one", "head -c 200000000 /dev/urandom >~/large").assert_success()
    run = boxes.mngr.start("snapshot", "create", "@box", "--name", "mine")
    eventually(lambda: list(clients(boxes, "commit")) or run.poll() is not None, 30)
    if killed == "client":
        for client in clients(boxes, "commit"):
            os.kill(client, signal.SIGKILL)
    else:
        os.killpg(run.pid, signal.SIGINT if killed == "interrupted" else signal.SIGKILL)
    _, said = run.communicate(timeout=50)
    assert run.returncode in {"client": (0, 1), "mngr": (-9,), "interrupted": (130,)}[killed], said
    halted = ["inspect", "--format", "{{.State.Paused}}", name(boxes)]
    eventually(lambda: boxes.engine(*halted).out == "false\n", 50)
    boxes("exec", "one", "echo well").assert_success("well")
    eventually(lambda: len(boxes.engine.left("image")) == len(boxes("snapshot", "list", "--format", "json").json()))
    boxes("snapshot", "create", "@box", "--name", "again").assert_success()
    assert half_made(boxes) == []
    for row in boxes("snapshot", "list", "--format", "json").json():
        boxes("snapshot", "destroy", row["id"], "--yes").assert_success()
    assert boxes.engine.left("image") == []


@pytest.mark.slow
def test_in_the_middle_of_a_stop(boxes: Boxes) -> None:
    boxes.create()
    run = boxes.mngr.start("stop", "@box.docker")
    eventually(lambda: list(clients(boxes, "stop")) or run.poll() is not None, 30)
    for client in clients(boxes, "stop"):
        os.kill(client, signal.SIGKILL)
    _, said = run.communicate(timeout=50)
    assert run.returncode in (0, 1), said
    boxes("stop", "@box.docker").assert_success()
    boxes.wait_for("stopped")
    boxes("start", "@box.docker").assert_success("started @box.docker with one")
    boxes("exec", "one", "echo well").assert_success("well")
    assert half_made(boxes) == []


@pytest.mark.slow
@pytest.mark.parametrize("step", ["container", "start"])
def test_in_the_middle_of_a_create(boxes: Boxes, step: str) -> None:
    run = boxes.mngr.start("create", "one@box.docker", "--new-host", "--format", "jsonl", "--", "cat")
    assert run.stdout
    for line in run.stdout:
        if json.loads(line).get("step") == step:
            break
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    if step == "container":  # the engine may not have been told yet
        boxes("gc", "--dry-run").assert_success()
    if boxes.row() is not None:
        assert ("host", "box") in half_made(boxes)
        boxes("destroy", "@box.docker").assert_success()
    boxes.create()
    boxes("exec", "one", "echo well").assert_success("well")
    assert half_made(boxes) == []


@pytest.mark.slow
@pytest.mark.parametrize("is_used", [False, True])
def test_a_create_into_a_container_that_goes_down(boxes: Boxes, is_used: bool) -> None:
    words = ("--new-host", "--extra-provision-command", "touch /begun; sleep 1000", "--", "cat")
    run = boxes.mngr.start("create", "one@box.docker", *words)
    eventually(lambda: boxes.engine("exec", name(boxes), "test", "-e", "/begun").code == 0, 50)
    if is_used:
        boxes("create", "two@box.docker", "--", "cat").assert_success()
    boxes.engine("kill", name(boxes)).assert_success()
    _, said = run.communicate(timeout=50)
    assert run.returncode == 4, said
    assert b"Traceback" not in said
    assert len(boxes.engine.left("container")) == is_used
    if is_used:  # what another one made there is not lost with it
        boxes("start", "two").assert_success()
        assert ("half-made", "one") in half_made(boxes)
        boxes("gc", "--yes").assert_success()
        assert half_made(boxes) == []
        assert [row["name"] for row in boxes("list", "--format", "json").json()] == ["two"]
