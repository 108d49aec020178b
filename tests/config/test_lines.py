"""On which line a key stands."""

from __future__ import annotations

import tomllib

import pytest

from mngr.config import keys
from mngr.config.lines import line_of, lines

TEXT = '''# [not.a.table]
top = 1
"quo ted".'x.y' = 2   # c = 3
[a]
b.c = 4
many = [ # one
  "x", "]", # ]
  'y', { in = 1,
  }
]
text = """
d = 1
[e]
\\"""
"""
raw = \'\'\'
f = 2\'\'\'\'
inline = { g = 1, "h i" = { j = [1, 2] } }
[ a . "k l" ]
m = 2026-01-01 10:00:00
[[list]]
n = 1
[[list]]
n = 2
o=1'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("top", 2),
        ('"quo ted"."x.y"', 3),
        ("a", 4),
        ("a.b.c", 5),
        ("a.many", 6),
        ("a.text", 11),
        ("a.raw", 16),
        ("a.inline", 18),
        ("a.inline.g", 18),
        ('a.inline."h i".j', 18),
        ('a."k l"', 19),
        ('a."k l".m', 20),
        ("list.n", 22),
        ("list.o", 25),
        ("a.nothing.here", 4),
    ],
)
def test_line_of(key, line):
    assert line_of(lines(TEXT), keys.split(key)) == line


def test_nothing_else_is_taken_for_a_key():
    found = lines(TEXT)
    assert not {("d",), ("a", "d"), ("e",), ("a", "f"), ("c",), ("not",)} & found.keys()
    assert line_of(found, ("unknown",)) is None


@pytest.mark.parametrize(
    "text",
    ["[", "[a", "a", "a =", "= 1", 'a = "', "a = [", "a = {", "a = {,}", "a = {=}", '"\\u12" = 1', "]", "a = [=]"],
)
def test_broken_texts_are_no_error(text):
    lines(text)


@pytest.mark.parametrize("parts", [("a",), ("a", "b-c"), ("a b", "c.d"), ('"', "\\"), ("", "é"), ("\n\t\x7f", "\x1b")])
def test_keys_survive_being_written(parts):
    assert keys.split(keys.join(parts)) == parts
    table = tomllib.loads(f"{keys.join(parts)} = 1")
    for part in parts:
        table = table[part]
    assert table == 1
