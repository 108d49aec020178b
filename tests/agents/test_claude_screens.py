"""Screens of the real Claude Code are read right: `NAME.txt`, as tmux gives it, shows what `NAME.json` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from program import ROOT

from mngr.agent_types.claude.screen import read
from mngr.hosts.choices import place_of
from mngr.model.value import as_dict

SCREENS = sorted((ROOT / "tests" / "observations" / "screens" / "claude").glob("*.txt"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in SCREENS])
def test_a_screen_is_read(path: Path) -> None:
    assert shown(path.read_text()) == json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize(
    ("name", "said", "place"),
    [
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
