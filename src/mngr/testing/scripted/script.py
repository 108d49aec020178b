"""The script language: the lines of a message say, step by step, what the model does. Pure: no state, no I/O."""

from __future__ import annotations

import re

from mngr.model.value import replace, value

SAID_LENGTH = 60
END = "done"
STEP = re.compile(
    r"""\s*(?:
        (?P<word>say|write|ask|tool|think)\s+(?P<text>.+)
      | (?P<colon>run|perm|agent):\s*(?P<command>.+)
      | (?P<bare>hang|drop|garbage)
      | (?P<slow>slow)\s+(?P<seconds>\d+(?:\.\d+)?)
      | (?P<usage>usage)\s+(?P<tokens>\d+\s+\d+\s+\d+\s+\d+)
      | (?P<fail>fail)\s+(?P<status>[45]\d\d(?:\s.*)?)
    )\s*""",
    re.VERBOSE,
)


@value
class Usage:
    """Tokens of one answer: what was read, new, from the cache and into the cache, and what was written."""

    new: int = 1000
    cache_read: int = 200
    cache_write: int = 100
    written: int = 50


@value
class Scene:
    """One answer, as the script wants it: what is done (`verb` and its text), and how."""

    verb: str
    text: str = ""
    thought: str = ""
    usage: Usage = Usage()
    slow_seconds: float = 0.0


def scene(message: str, played: int) -> Scene:
    """Return what answers a message after so many answers were given to it."""
    scenes = _scenes(message)
    if len(scenes) == 1 and scenes[0] == Scene("say", END):
        return Scene("say", "You said: " + " ".join(message.split())[:SAID_LENGTH])
    return scenes[min(played, len(scenes) - 1)]


def steps(message: str) -> list[tuple[str, str]]:
    """Return the steps in a message, each a verb and its text; other lines are passed over."""
    found = (STEP.fullmatch(line) for line in message.splitlines())
    return [_step(match.groupdict()) for match in found if match]


def _step(groups: dict[str, str | None]) -> tuple[str, str]:
    given = [(name, text.strip()) for name, text in groups.items() if text is not None]
    return given[0][1], given[1][1] if len(given) > 1 else ""


def _scenes(message: str) -> list[Scene]:
    """Return every answer of a script; the last one ends the turn, however often it is asked for."""
    scenes: list[Scene] = []
    now = Scene("say", END)
    for verb, text in steps(message):
        if verb == "think":
            now = replace(now, thought=f"{now.thought}\n{text}".strip())
        elif verb == "slow":
            now = replace(now, slow_seconds=float(text))
        elif verb == "usage":
            now = replace(now, usage=Usage(*(int(number) for number in text.split())))
        else:
            scenes.append(replace(now, verb=verb, text=text))
            now = Scene("say", END, usage=now.usage)
    return [*scenes, now]
