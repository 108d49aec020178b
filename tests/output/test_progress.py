from __future__ import annotations

import json

import pytest
from own_world import OwnWorld
from waiting import eventually

from mngr.model.errors import UsageError
from mngr.output.progress import Progress
from mngr.output.prompts import choose, confirm


def run_steps(world: OwnWorld, *, fail: bool = False) -> None:
    with Progress(world) as progress:
        progress.step("workspace")
        progress.step("session\x1b")
        if fail:
            raise ZeroDivisionError


def test_nothing_is_told_on_a_pipe_unless_asked() -> None:
    world = OwnWorld()
    run_steps(world)
    assert (world.out, world.err) == ("", "")
    run_steps(world.wishing(verbose=True))
    assert world.err == "✓ workspace\n✓ session\\x1b\n"


def test_a_terminal_gets_a_line_a_step() -> None:
    world = OwnWorld(terminal=True, environ={"NO_COLOR": "1"})
    run_steps(world)
    assert [line.rpartition("\r\x1b[K")[2] for line in world.err.split("\n")[:-1]] == ["✓ workspace", "✓ session\\x1b"]
    assert world.out == ""


def test_quiet_is_quiet() -> None:
    world = OwnWorld(terminal=True).wishing(quiet=True)
    run_steps(world)
    assert world.err == ""


def test_the_line_is_drawn_again_while_the_step_lasts() -> None:
    world = OwnWorld(terminal=True)
    with Progress(world) as progress:
        progress.step("workspace")
        eventually(lambda: world.err.count("workspace") > 2, 5, lambda: world.err)


def test_a_failed_step_is_marked() -> None:
    world = OwnWorld(terminal=True, environ={"NO_COLOR": "1"})
    with pytest.raises(ZeroDivisionError):
        run_steps(world, fail=True)
    assert world.err.endswith("✗ session\\x1b\n")


def test_events() -> None:
    world = OwnWorld().wishing(format="jsonl")
    run_steps(world)
    events = [json.loads(line) for line in world.out.splitlines()]
    assert [(event["step"], event["state"]) for event in events] == [
        ("workspace", "started"),
        ("workspace", "done"),
        ("session\\x1b", "started"),
        ("session\\x1b", "done"),
    ]
    assert isinstance(events[1]["seconds"], float)


@pytest.mark.parametrize(
    ("answer", "wanted"), [("y\n", True), ("YES\n", True), ("\n", False), ("no\n", False), ("", False)]
)
def test_a_question_is_no_unless_it_is_yes(answer: str, wanted: bool) -> None:
    world = OwnWorld(answer, terminal=True)
    assert confirm(world, "destroy it?") is wanted
    assert "destroy it? [y/N]" in world.err
    assert world.out == ""


def test_without_a_terminal_a_question_names_its_flag() -> None:
    for world in (OwnWorld("y\n"), OwnWorld("y\n", terminal=True, environ={"MNGR_HEADLESS": "1"})):
        with pytest.raises(UsageError) as caught:
            confirm(world, "destroy it?", "--force")
        assert caught.value.hint == "add --force"
    assert confirm(OwnWorld().wishing(yes=True), "destroy it?")


@pytest.mark.parametrize(("answers", "wanted"), [("2\n", 1), ("be\n", 1), ("9\n0\nx\n1\n", 0)])
def test_one_of_several_is_picked(answers: str, wanted: int) -> None:
    assert choose(OwnWorld(answers, terminal=True), "which?", ["alpha", "beta"], "name one") == wanted


def test_nothing_is_picked_by_silence() -> None:
    with pytest.raises(UsageError):
        choose(OwnWorld("", terminal=True), "which?", ["alpha", "beta"], "name one")
