<<<<<<< HEAD
"""Every recorded screen of Claude Code shows what is written beside it; adding a case is adding files.

In `tests/observations/screens/claude`: `NAME.screen` is a screen with its colours, `expected.json` tells what it shows.
Without its colours a screen shows the same, but for drafts: what is only proposed looks like one.
"""
=======
"""Screens of the real Claude Code are read right: `NAME.txt`, as tmux gives it, shows what `NAME.json` says."""
>>>>>>> main

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from program import ROOT

from mngr.agent_types.claude.screen import read
from mngr.hosts.typist import place_of
from mngr.model.value import as_dict

<<<<<<< HEAD
FOLDER = Path(__file__).parent.parent / "observations" / "screens" / "claude"
MARK = "\u276f"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.screen")))
def test_a_screen_is_read(name: str) -> None:
    text = (FOLDER / f"{name}.screen").read_text()
    assert shown(text) == EXPECTED[name]
    assert {**shown(ESCAPE.sub("", text)), "draft": ""} == {**EXPECTED[name], "draft": ""}


def shown(text: str) -> dict[str, Any]:
    """Return what is read of a screen, as far as it is not the usual."""
    screen = read(text)
    dialog = as_dict(screen.dialog) if screen.dialog else None
    told = {"ready": screen.ready, "running": screen.running, "draft": screen.draft, "dialog": dialog}
    return {key: each for key, each in told.items() if each}


@pytest.mark.parametrize(
    "text", ["", "\n", "─" * 50, MARK, "\x1b[", f"\x1b[7m{MARK} 1.\n", f"  {MARK} 9. x\n{MARK} No\n" * 50]
)
def test_what_is_no_screen_is_read_all_the_same(text: str) -> None:
    read(text)
=======
SCREENS = sorted((ROOT / "tests" / "observations" / "screens" / "claude").glob("*.txt"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in SCREENS])
def test_a_screen_is_read(path: Path) -> None:
    assert shown(path.read_text()) == json.loads(path.with_suffix(".json").read_text())
>>>>>>> main


@pytest.mark.parametrize(
    ("name", "said", "place"),
    [
<<<<<<< HEAD
        ("hello", ["hello"]),
        ("!ls", [" !ls"]),
        ("?", [" ?"]),
        ("/status", [" /status"]),
        ("ends so \\", ["ends so \\ "]),
        ("1\n2\n3\n4\n5", ["1\n2\n3", "\n4\n5"]),
        ("x" * 1000, ["x" * 800, "x" * 200]),
        ("x\n" * 1000, ["x\n" * 1000]),
=======
        ("trust", "yes", 1),
        ("trust", "no", 0),
        ("bypass", "yes", 1),
        ("api-key", "yes", 0),
        ("permission-command", "no", 3),
        ("question-tabs-multi", "L", 1),
        ("question-multi-one", "s", 0),
        ("question-tabs-multi", "submit", 3),
        ("question-tabs-multi", "chat", 4),
        ("question", "words of my own", None),
>>>>>>> main
    ],
)
def test_an_answer_means_the_line_on_which_its_choice_stands(name: str, said: str, place: int | None) -> None:
    text = next(path for path in SCREENS if path.stem == name).read_text()
    dialog = read(text).dialog
    assert dialog is not None
    assert place_of(dialog, said) == place


def test_a_numbered_list_that_somebody_wrote_is_no_dialog() -> None:
    text = next(path for path in SCREENS if path.stem == "idle-after-turn").read_text()
    listed = text.replace("You said: hello there", "First:\n  1. Submit\n  2. Next\n\n Submit")
    assert read(listed).dialog is None
    assert read(listed).ready


def shown(text: str) -> dict[str, Any]:
    """Return what is unusual of a screen."""
    screen = read(text)
    dialog = None if screen.dialog is None else as_dict(screen.dialog)
    given = {"ready": screen.ready, "running": screen.running, "draft": screen.draft, "dialog": dialog}
    return {name: each for name, each in given.items() if each}
