"""What Codex's screen shows, by the patterns in `screens.json`."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from typing import Any

from mngr.model.conversation import DIALOG, Dialog, Screen

ESCAPE = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")


@cache
def patterns() -> dict[str, Any]:
    """Return the patterns: what stands where on Codex's screen."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "screens.json"), "rb") as file:
        return json.load(file)


def read(text: str) -> Screen:
    """Return what a screen shows; colours tell a placeholder from what somebody typed."""
    coloured = text.split("\n")
    lines = [ESCAPE.sub("", line).rstrip() for line in coloured]
    while lines and not lines[-1]:
        lines.pop()
    dialog = _dialog(lines)
    if dialog is not None:
        return Screen(dialog=dialog)
    place = next((at for at in range(len(lines) - 1, -1, -1) if re.match(patterns()["composer"], lines[at])), None)
    notice = _notice(lines[-6:])
    if place is None or notice is not None:
        return Screen(dialog=notice)
    running = any(re.search(patterns()["running"], line) for line in lines[max(0, place - 12) : place])
    return Screen(ready=True, running=running, draft=_draft(lines, coloured[place], place))


def _draft(lines: list[str], first: str, place: int) -> str:
    """Return what stands in the composer: from its mark to the last empty line; below that Codex says other things."""
    if re.search(patterns()["placeholder"], first):
        return ""
    below = lines[place + 1 :]
    end = next((at for at in range(len(below) - 1, -1, -1) if not below[at]), len(below))
    mark = "!" if lines[place].startswith("!") else ""  # it makes a command of the rest
    kept = (re.sub(patterns()["scrolled"], "", line[2:]) for line in (lines[place], *below[:end]))
    return (mark + "\n".join(kept)).strip()


def _dialog(lines: list[str]) -> Dialog | None:
    """Return the dialog at the foot of the screen: choices with numbers, and below them the keys that answer it."""
    foot = next((at for at in range(len(lines) - 1, -1, -1) if re.search(patterns()["keys"], lines[at])), None)
    marks = [at for at, line in enumerate(lines) if re.match(patterns()["choice"], line)]
    if foot is None or not marks or foot < marks[-1] or any(lines[foot + 2 :]):
        return None
    first = _first(lines, marks)
    choices, chosen = _choices(lines[first:foot])
    if chosen is None:
        return None
    reason, start = _heading(lines, first)
    question = " ".join(" ".join(lines[start:first]).split())
    return Dialog(reason, question, choices, chosen)


def _notice(lines: list[str]) -> Dialog | None:
    """Return what stands in place of the composer and can only be answered at the terminal."""
    for known in patterns()["notices"]:
        if any(known["text"] in line for line in lines):
            return Dialog(known["reason"], known["text"])
    return None


def _first(lines: list[str], marks: list[int]) -> int:
    """Return where the last list of choices begins: with its first one, or with the mark that it is scrolled."""
    first = next((at for at in reversed(marks) if re.match(patterns()["first_choice"], lines[at])), marks[0])
    return first - 1 if first and re.match(patterns()["more"], lines[first - 1]) else first


def _choices(lines: list[str]) -> tuple[list[str], int | None]:
    found: list[str] = []
    chosen = None
    for line in lines:
        mark = re.match(patterns()["choice"], line)
        if mark:
            if mark["chosen"]:
                chosen = len(found)
            found.append(mark["text"])
        elif line.strip() and found and not re.match(patterns()["more"], line):
            found[-1] += f" {line.strip()}"
    return [" ".join(re.sub(patterns()["shortcut"], "", choice).split()) for choice in found], chosen


def _heading(lines: list[str], first: int) -> tuple[str, int]:
    """Return why a dialog is shown, and where its text begins."""
    for at in range(first - 1, -1, -1):
        for known in patterns()["dialogs"]:
            if re.search(known["heading"], lines[at]):
                return known["reason"], at
    end = next((at for at in range(first - 1, -1, -1) if lines[at]), 0)
    return DIALOG, next((at + 1 for at in range(end, -1, -1) if not lines[at]), 0)
