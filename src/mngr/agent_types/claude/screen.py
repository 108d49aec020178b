"""What Claude's screen shows, by the patterns in `screens.json`."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from typing import Any

from mngr.model.conversation import DIALOG, Dialog, Screen

ESCAPE = re.compile(r"\x1b\[([0-9;:]*)([A-Za-z])")
TALLEST = 40  # lines from the foot of the screen that a dialog may take


@cache
def patterns() -> dict[str, Any]:
    """Return the patterns: what stands where on Claude's screen."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "screens.json"), "rb") as file:
        return json.load(file)


def read(text: str) -> Screen:
    """Return what a screen shows; colours tell what is only proposed from what somebody typed."""
    coloured = text.split("\n")
    lines = [ESCAPE.sub("", line).replace("\xa0", " ").rstrip() for line in coloured]
    while lines and not lines[-1]:
        lines.pop()
    box = _box(lines)
    if box is None:
        return Screen(dialog=_dialog(lines))
    first, end = box
    running = any(re.search(patterns()["running"], line) for line in (*lines[max(0, first - 8) : first], *lines[end:]))
    return Screen(ready=True, running=running, draft=_draft(coloured[first:end]))


def _box(lines: list[str]) -> tuple[int, int] | None:
    """Return where the input stands: the first of its lines, and the one that closes it; None when there is none."""
    rules = {at: match for at, line in enumerate(lines) if (match := re.match(patterns()["rule"], line))}
    if len(rules) > 1:
        first, end = list(rules)[-2:]
        begins = rules[first]["above"] or re.match(patterns()["mark"], lines[first + 1])
        if first + 1 < end and begins and not _is_dialog_below(lines, end):
            return first + 1, end
    # An input that is taller than the screen has lost its upper line.
    end = max(rules, default=0)
    return (0, end) if len(rules) == 1 and end > 20 and not _is_dialog_below(lines, end) else None


def _is_dialog_below(lines: list[str], end: int) -> bool:
    return any(re.search(patterns()["foot"], line) or re.match(patterns()["choice"], line) for line in lines[end + 1 :])


def _draft(coloured: list[str]) -> str:
    """Return what somebody typed: what is dim is proposed, and a cursor on a proposal is no letter of a draft."""
    kept = [_plain(line) for line in coloured]
    text = "\n".join("".join(letter for letter, _ in line) for line in kept).replace("\xa0", " ")
    lines = text.split("\n")
    # What is said in shell mode would be run: its mark is something that somebody typed.
    lines[0] = re.sub(patterns()["mark"], lambda mark: "!" if "!" in mark[0] else "", lines[0], count=1)
    text = "\n".join(line.strip() for line in lines).strip()
    proposed = any("\x1b[2m" in line or ";2m" in line for line in coloured)
    under_cursor = [letter for line in kept for letter, inverse in line if inverse]
    return "" if proposed and text == "".join(under_cursor).strip() else text


def _plain(line: str) -> list[tuple[str, bool]]:
    """Return the letters of a line that are not dim, and whether each is under the cursor."""
    found: list[tuple[str, bool]] = []
    dim = inverse = False
    at = 0
    for match in ESCAPE.finditer(line):
        found += [(letter, inverse) for letter in line[at : match.start()] if not dim]
        at = match.end()
        if match[2] == "m":
            dim, inverse = _style(match[1], dim, inverse)
    return [*found, *((letter, inverse) for letter in line[at:] if not dim)]


def _style(codes: str, dim: bool, inverse: bool) -> tuple[bool, bool]:
    words = codes.split(";")
    if words[0] in ("38", "48"):
        return dim, inverse
    for code in words:
        if code in ("", "0"):
            dim = inverse = False
        elif code in ("2", "22"):
            dim = code == "2"
        elif code in ("7", "27"):
            inverse = code == "7"
    return dim, inverse


def _dialog(lines: list[str]) -> Dialog | None:
    """Return the dialog at the foot of the screen: what it asks, and its choices, with numbers or without."""
    low = max(0, len(lines) - TALLEST)
    known = _reason("\n".join(lines[low:]))
    first, choices, chosen = _numbered(lines, low) or _plain_choices(lines, low) or (len(lines), [], None)
    if choices:
        own_words = any(re.match(patterns()["own_words"], re.sub(r"^\[.\] *", "", choice)) for choice in choices)
        return Dialog(known or DIALOG, _question(lines, first), choices, chosen, takes_text=own_words)
    asks = known is not None or any(re.search(patterns()["foot"], line) for line in lines[-3:])
    return Dialog(known or DIALOG, _question(lines, first)) if asks and lines else None


def _numbered(lines: list[str], low: int) -> tuple[int, list[str], int | None] | None:
    """Return the first line of a list with numbers, its choices, and the chosen one; a button counts as a choice."""
    found = [(at, match) for at in range(low, len(lines)) if (match := re.match(patterns()["choice"], lines[at]))]
    first = max((at for at, match in found if match["number"] == "1"), default=None)
    if first is None:
        return None
    choices: list[str] = []
    chosen, number = None, 1
    for at, match in found:
        if at < first or match["number"] not in (None, str(number)):
            continue
        number += match["number"] is not None
        chosen = len(choices) if match["chosen"] else chosen
        choices.append(match["button"] or (match["box"] or "") + match["text"])
    return None if chosen is None else (first, choices, chosen)


def _plain_choices(lines: list[str], low: int) -> tuple[int, list[str], int] | None:
    """Return likewise a list without numbers: the lines around the marked one whose text begins where its text does."""
    found = {at: match for at in range(low, len(lines)) if (match := re.match(patterns()["plain"], lines[at]))}
    marked = max((at for at, match in found.items() if match["chosen"]), default=None)
    if marked is None:
        return None
    column = found[marked].start("text")
    first = last = marked
    while first - 1 in found and found[first - 1].start("text") == column:
        first -= 1
    while last + 1 in found and found[last + 1].start("text") == column:
        last += 1
    return first, [found[at]["text"] for at in range(first, last + 1)], marked - first


def _reason(text: str) -> str | None:
    return next((known["reason"] for known in patterns()["dialogs"] if re.search(known["has"], text)), None)


def _question(lines: list[str], end: int) -> str:
    """Return the text of a dialog: what stands between the last line across the screen and its choices."""
    start = end
    while start > 0 and end - start < TALLEST and not re.match(r"^[─━▔]{20,}", lines[start - 1]):
        start -= 1
    kept = [line.strip() for line in lines[start:end] if re.search(r"\w", line)]
    return "\n".join(line for line in kept if not line.startswith("Tip:"))
