from __future__ import annotations

import json
from typing import Any

import pytest
from own_world import OwnWorld

from mngr.model.errors import UsageError
from mngr.output.emit import emit, emit_line, emit_one
from mngr.output.structured import check_format, parse_template

ROW: dict[str, Any] = {
    "name": "fix",
    "host": {"name": "local"},
    "labels": {"team": "web"},
    "count": 3,
    "cost": 1.5,
    "on": True,
    "gone": None,
}
FIELDS = ("name", "host.name", "labels.*", "count")


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{name}", "fix"),
        ("{name} {host.name}", "fix local"),
        ("{name:<6}|", "fix   |"),
        ("{count:>4}|{cost:.2f}|{name:>5}", "   3|1.50|  fix"),
        ("{count:<5}|", "3    |"),
        ("{{{name}}}", "{fix}"),
        (r"{name}\t{labels.team}\n", "fix\tweb\n"),
        ("{on} {gone}.", "true ."),
        ("{labels}", '{"team": "web"}'),
        ("{labels.other}.", "."),
    ],
)
def test_a_template_is_filled(template: str, wanted: str) -> None:
    assert parse_template(template).line(ROW) == wanted


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{nmae}", "'nmae' is not a field"),
        ("{name.__class__}", "'name.__class__' is not a field"),
        ("{name[0]}", "is not a field"),
        ("{0}", "'0' is not a field"),
        ("{name!r}", "is not a field"),
        ("{}", "a { without a field"),
        ("{name", "a { without a field"),
        ("name}{", "a } without its {"),
        ("{name:{count}}", "a { without a field"),
        ("{name:>99999999999}", "is not a way to write a field"),
        ("{name:\x1b[1m}", "is not a way to write a field"),
        ("json5", "is not a format"),
        ("", "is not a format"),
        ("{" * 100_001, "a { without a field"),
    ],
)
def test_what_a_template_may_not_be(template: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_format(template, FIELDS)
    assert message in caught.value.message
    assert caught.value.hint
    assert caught.value.message.isprintable()


def test_a_way_to_write_that_the_value_does_not_take() -> None:
    with pytest.raises(UsageError):
        parse_template("{name:d}").line(ROW)


def test_json_is_one_array_or_one_object() -> None:
    world = OwnWorld().wishing(format="json")
    emit(world, [ROW, ROW], human=list)
    assert json.loads(world.out) == [ROW, ROW]
    single = OwnWorld().wishing(format="json")
    emit_one(single, ROW, human=list)
    assert json.loads(single.out) == ROW


def test_json_lines() -> None:
    world = OwnWorld().wishing(format="jsonl")
    emit(world, [ROW, ROW], human=list)
    emit_line(world, ROW, human=list)
    assert [json.loads(line) for line in world.out.splitlines()] == [ROW] * 3


def test_bytes_that_are_no_text_survive_as_valid_json() -> None:
    world = OwnWorld().wishing(format="json")
    emit_one(world, {"path": "a\udcffb", "name": "é"}, human=list)
    assert json.loads(world.out.encode())["path"] == "a\udcffb"


def test_no_results_are_no_unknown_fields() -> None:
    world = OwnWorld().wishing(format="{whatever}")
    emit(world, [], human=list)
    assert world.out == ""


def test_fields_that_no_row_has_are_known_from_the_command() -> None:
    world = OwnWorld().wishing(format="{name}:{labels.none}")
    world.fields = FIELDS
    emit(world, [{"name": "a", "labels": {}}], human=list)
    assert world.out == "a:\n"


def test_controls_are_made_visible_on_a_terminal_only() -> None:
    row = {"name": "a\x1b]0;title\x07b"}
    terminal = OwnWorld(terminal=True).wishing(format="{name}")
    emit(terminal, [row], human=list)
    assert terminal.out == "a\\x1b]0;title\\x07b\n"
    pipe = OwnWorld().wishing(format="{name}")
    emit(pipe, [row], human=list)
    assert pipe.out == row["name"] + "\n"
