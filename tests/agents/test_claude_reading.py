"""Every recorded screen of Claude Code shows what is written beside it; adding a case is adding files.

In `tests/observations/screens/claude`: `NAME.screen` is a screen with its colours, `expected.json` tells all.
Without its colours a screen shows the same, but for drafts: what is only proposed looks like one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mngr.agent_types.claude.manners import MANNERS, MOST_PASTES
from mngr.agent_types.claude.record import Sessions, unwrapped
from mngr.agent_types.claude.screen import ESCAPE, read
from mngr.model.value import as_dict

MARK = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}"
FOLDER = Path(__file__).parent.parent / "observations" / "screens" / "claude"
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


@pytest.mark.parametrize(
    ("text", "pastes"),
    [
        ("hello", ["hello"]),
        ("!ls", [" !ls"]),
        ("?", [" ?"]),
        ("/status", ["/status"]),
        ("ends so \\", ["ends so \\ "]),
        ("1\n2\n3\n4\n5", ["1\n2\n3", "\n4\n5"]),
        ("x" * 1000, ["x" * 800, "x" * 200]),
        ("x\n" * 1000, ["x\n" * 1000]),
    ],
)
def test_texts_are_cut_into_pastes_that_stay_as_they_are(text: str, pastes: list[str]) -> None:
    assert MANNERS.pastes(text) == pastes


def test_no_paste_is_lost() -> None:
    text = "".join(f"{number}\n" for number in range(MOST_PASTES))
    pastes = MANNERS.pastes(text)
    assert "".join(pastes) == text
    assert all(paste.count("\n") < 3 for paste in pastes)


def test_commands_are_told_from_words() -> None:
    commands = {"/status": True, "/model x": True, "/plugin:do it": True, "/etc/passwd": False, "a /status": False}
    assert {text: MANNERS.is_command(text) for text in commands} == commands
    assert not re.match("/", MANNERS.pastes("/etc/passwd is a file")[0])


DAMAGED = """\
{"type":"user","message":{"content":[1,{"type":"text","text":5}]}}
{"type":"user","uuid":3,"timestamp":{},"sessionId":{},"message":{"content":"heard"}}
{"type":"assistant","message":{"id":{},"content":"x","usage":[]}}
{"type":"assistant","message":{"id":"m","model":["x"],"content":[{"type":"tool_use","name":4,"id":[],"input":7}]}}
{"type":"attachment","attachment":4}
[]
{"type":"user","mess"""


def test_a_damaged_record_hides_nothing_of_the_rest() -> None:
    entries = Sessions([]).read("/x.jsonl", DAMAGED.encode())
    assert [(entry.role, entry.text, entry.tool, entry.call_id) for entry in entries] == [
        ("user", "heard", None, None),
        ("tool_call", "", "4", None),
    ]


def test_texts_come_out_of_the_marks_of_pastes() -> None:
    assert unwrapped('\n\n<pasted_content id="a1">\none\n</pasted_content id="a1">\n') == "one"
    assert unwrapped("<pasted_content>\none\n</pasted_content>") == "one"
