"""Our regular expressions find what Python's find."""

from __future__ import annotations

import random
import re

import pytest

from mngr.fleet.patterns import BadPattern, Pattern

PIECES = [
    "a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", "[]x]", "[x-]", "[\\d.]", "(a|b)", "(?:ab)", "a*", "b+",
    "c?", "(a|bc)*",
    "a{2}", "b{1,2}", "c{1,}", "^", "$", "\\b", "\\w", "\\W", "\\d", "\\s", "|", "(ab?)+?", "\\.",
    "x{,3}", "()", "(|a)",
]  # fmt: skip


def test_against_pythons():
    chance = random.Random(7)
    compared = 0
    for _ in range(6_000):
        pattern = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 6)))
        text = "".join(chance.choice("abc .x-1\n") for _ in range(chance.randint(0, 8)))
        try:
            ours = Pattern(pattern)
            pythons = re.compile(pattern.replace("$", r"\Z").replace("x{,3}", r"x\{,3\}"), re.ASCII)
        except (BadPattern, re.error):
            continue
        compared += 1
        assert ours.found_in(text) == bool(pythons.search(text)), (pattern, text)
    assert compared > 3_000


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("(?i)FOX", "calm-fox", True),
        ("(?i)[A-Z]+", "fox", True),
        ("FOX", "fox", False),
        ("", "", True),
        ("^$", "", True),
        (r"\Aé.$", "éß", True),
        (r"\Box", "fox", True),
        (r"\n\t", "\n\t", True),
        (r"a\z", "ba", True),
    ],
)
def test_found(pattern, text, found):
    assert Pattern(pattern).found_in(text) is found


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[", "[a", "*", "+a", "a**", "^*", "\\", "\\q", "(?P<x>a)", "(?=a)", "[b-a]", "a{2,1}", "a{9999}",
     "((a{99}){99}){99}", "(" * 100 + ")" * 100, "x" * 2000, "[]"],
)  # fmt: skip
def test_refused(pattern):
    with pytest.raises(BadPattern):
        Pattern(pattern)
