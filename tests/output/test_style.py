"""What reaches a terminal is seen, and never obeyed."""

from __future__ import annotations

import pytest

from mngr.output.style import clean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x1b[2Jb\x9b", r"a\x1b[2Jb\x9b"),
        ("one\ntwo\tthree", "one two three"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\U0001f642\u200d\u2194\ufe0f", "\U0001f642\u200d\u2194\ufe0f"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_lines_can_be_kept() -> None:
    assert clean("one\ntwo\x07", keep="\n") == "one\ntwo\\x07"
