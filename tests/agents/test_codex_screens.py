"""Every recorded screen of Codex shows what is written beside it; adding a case is adding files.

In `tests/observations/screens/codex`: `NAME.screen` is a screen with its colours, `NAME.plain` the same without, and
`expected.json` tells what each shows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mngr.agent_types.codex.manners import MANNERS
from mngr.agent_types.codex.screen import read
from mngr.model.value import as_dict

FOLDER = Path(__file__).parent.parent / "observations" / "screens" / "codex"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.screen")))
@pytest.mark.parametrize("kind", ["screen", "plain"])
def test_a_screen_is_read(name: str, kind: str) -> None:
    assert shown((FOLDER / f"{name}.{kind}").read_text()) == EXPECTED[name]


def shown(text: str) -> dict[str, Any]:
    """Return what is read of a screen, as far as it is not the usual."""
    screen = read(text)
    dialog = as_dict(screen.dialog) if screen.dialog else None
    told = {"ready": screen.ready, "running": screen.running, "draft": screen.draft, "dialog": dialog}
    return {key: each for key, each in told.items() if each}


@pytest.mark.parametrize(
    ("text", "pasted"),
    [
        ("hello", "hello"),
        ("!ls", " !ls"),
        ("/etc/passwd is", " /etc/passwd is"),
        ("/status", "/status"),
        ("see @file", "see @file "),
        ("with $skill", "with $skill "),
        ("a@b.c said so", "a@b.c said so"),
        ("two\nlines @x\n", "two\nlines @x\n"),
    ],
)
def test_what_codex_would_obey_or_complete_gets_a_space(text: str, pasted: str) -> None:
    assert MANNERS.pastes(text) == [pasted]


@pytest.mark.parametrize(
    ("text", "is_command"),
    [("/status", True), ("/model x", True), ("/etc/passwd", False), ("/nosuch", False), ("a /status", False)],
)
def test_commands_are_told_from_words(text: str, is_command: bool) -> None:
    assert MANNERS.is_command(text) is is_command
