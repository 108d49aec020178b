from __future__ import annotations

from typing import Any

import pytest
from own_world import OwnWorld

from mngr.output.style import Style, clean, cut, short_path, style_for, terminal_width, text_width, wrap
from mngr.output.table import Column, table, table_lines

COLUMNS = (
    Column("NAME", rank=0, least=8),
    Column("STATE", rank=1, colour=lambda _row: "green"),
    Column("AGE", right=True, rank=2),
    Column("HOST", "host.name", rank=4),
    Column("BRANCH", rank=3, least=10),
)
ROWS: list[dict[str, Any]] = [
    {"name": "fix-login", "state": "running", "age": "3m", "host": {"name": "local"}, "branch": "mngr/fix-login"},
    {"name": "a", "state": "blocked", "age": "12h", "host": {"name": "box"}, "branch": "mngr/" + "x" * 60},
]


def test_columns_are_aligned_and_no_wider_than_needed() -> None:
    assert table_lines(COLUMNS[:4], ROWS) == [
        "NAME       STATE    AGE  HOST",
        "fix-login  running   3m  local",
        "a          blocked  12h  box",
    ]


@pytest.mark.parametrize("width", [200, 80, 50, 40, 30, 24])
def test_lines_fit(width: int) -> None:
    lines = table_lines(COLUMNS, ROWS, width)
    assert max(len(line) for line in lines) <= width
    assert lines[1].startswith("fix-log")


def test_the_least_important_give_way_first() -> None:
    assert table_lines(COLUMNS, ROWS, 60)[0].split() == ["NAME", "STATE", "AGE", "HOST", "BRANCH"]
    assert table_lines(COLUMNS, ROWS, 50)[0].split() == ["NAME", "STATE", "AGE", "BRANCH"]
    assert table_lines(COLUMNS, ROWS, 21)[0].split() == ["NAME", "STATE"]


def test_room_left_by_a_dropped_column_is_used() -> None:
    row = {
        "name": "a",
        "state": "failed (the program was not found)",
        "age": "1m",
        "host": {"name": "a-host-somewhere"},
    }
    heading, line = table_lines(COLUMNS, [row], 44)
    assert heading.split() == ["NAME", "STATE", "AGE"]
    assert line == "a     failed (the program was not foun…   1m"


def test_a_long_name_removes_no_column() -> None:
    row = {"name": "n" * 60, "state": "running", "age": "1m", "branch": "mngr/x"}
    heading, line = table_lines(COLUMNS, [row], 80)
    assert heading.split() == ["NAME", "STATE", "AGE", "BRANCH"]
    assert max(len(heading), len(line)) <= 80
    assert table_lines(COLUMNS, [row], 62)[0].split() == ["NAME", "STATE", "AGE", "BRANCH"]


def test_columns_stay_where_they_were() -> None:
    memory: dict[str, int] = {}
    wide = table_lines(COLUMNS, ROWS, memory=memory)
    assert table_lines(COLUMNS, [{"name": "a", "state": "done"}], memory=memory)[0] == wide[0]


def test_columns_without_content_are_left_out() -> None:
    assert table_lines(COLUMNS, [{"name": "a", "state": "running"}])[0].split() == ["NAME", "STATE"]
    assert table_lines(COLUMNS, []) == []


def test_wide_and_combining_characters_keep_columns_straight() -> None:
    rows = [{"name": "日本", "state": "x"}, {"name": "e\u0301e", "state": "x"}, {"name": "abcd", "state": "x"}]
    lines = table_lines(COLUMNS[:2], rows)
    assert [text_width(line) for line in lines[1:]] == [7, 7, 7]


def test_controls_never_reach_the_terminal() -> None:
    lines = table_lines(COLUMNS[:1], [{"name": "a\x1b[2J\nb\tc\r"}])
    assert lines[1] == "a\\x1b[2J b c\\r"


def test_colour_on_a_terminal_only() -> None:
    terminal = OwnWorld(terminal=True)
    assert "\x1b[32mrunning\x1b[0m" in table(terminal, COLUMNS, ROWS)[1]
    assert "\x1b" not in "".join(table(OwnWorld(), COLUMNS, ROWS))
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in "".join(table(OwnWorld(terminal=True, environ=environ), COLUMNS, ROWS))
    assert not style_for(is_terminal=True, environ={}).colour


def test_a_pipe_gets_whole_fields() -> None:
    assert "x" * 60 in table(OwnWorld(), COLUMNS, ROWS)[2]


def test_pieces() -> None:
    assert clean("plain é") == "plain é"
    assert clean("a\x1bb\nc", keep="\n") == "a\\x1bb\nc"
    assert cut("abcdef", 4) == "abc…"
    assert cut("日本語", 5) == "日本…"
    assert short_path("/home/me/x", {"HOME": "/home/me"}) == "~/x"
    assert short_path("/home/mean", {"HOME": "/home/me"}) == "/home/mean"
    assert wrap("aa bb cc", 7, "  ") == ["  aa bb", "  cc"]
    assert wrap("", 7) == []
    assert terminal_width(OwnWorld().stdout, {"COLUMNS": "132"}) == 132
    assert terminal_width(OwnWorld().stdout, {"COLUMNS": "wide"}) == 80
    assert Style(colour=True).paint("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"
