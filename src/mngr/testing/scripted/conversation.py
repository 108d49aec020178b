"""What a client asked, in whatever protocol, and what it is answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from mngr.model.data import is_list, is_table
from mngr.model.value import value

from .script import Usage

Data = dict[str, Any]

# What clients put around and beside the user's own words, and what holds them.
BESIDE = re.compile(
    r"<(system-reminder|task-notification|subagent_notification|environment_context|turn_aborted|user_instructions"
    r"|user_shell_command|skill|INSTRUCTIONS|local-command-\w+|command-\w+|ide_\w+|session_context)\b[^>]*>.*?</\1>",
    re.DOTALL,
)
AROUND = re.compile(r"</?pasted_content\b[^>]*>")
# How Claude Code tells of what was said while it worked.
MEANWHILE = re.compile(
    r"The user sent a new message while you were working:\n(.*)\n\nThis is how Claude Code surfaces .*", re.DOTALL
)
# How `opencode run` sends words with blanks.
QUOTED = re.compile(r'"((?:[^"\\]|\\.)+)"', re.DOTALL)
NOT_THE_USERS = ("[Request interrupted by user", "# AGENTS.md instructions")


@value
class Tool:
    """A tool that the client offers."""

    name: str
    parameters: Data
    namespace: str | None = None
    is_freeform: bool = False


@value
class Asked:
    """A request: the user's newest message, and how many answers it has had."""

    message: str
    played: int
    tools: dict[str, Tool]
    model: str = ""
    is_stream: bool = False
    schema: Data = {}


@value
class Call:
    """A tool call; a freeform tool takes its `input` alone."""

    tool: Tool
    arguments: Data


@value
class Answer:
    """An answer: a text or a call, after a thought."""

    text: str
    call: Call | None = None
    thought: str = ""
    usage: Usage = Usage()
    slow_seconds: float = 0.0
    model: str = ""

    @property
    def pieces(self) -> list[str]:
        """Return the text in the pieces that it is streamed in: many when it comes slowly."""
        return cut(self.text, 40 if self.slow_seconds else 3)


class Wire(Protocol):
    """A wire protocol."""

    def read(self, body: Data) -> Asked:
        """Return what a request asks."""
        ...

    def events(self, answer: Answer) -> Iterable[bytes]:
        """Return the server-sent events of an answer."""
        ...

    def whole(self, answer: Answer) -> Data:
        """Return an answer in one piece."""
        ...

    def error(self, status: int, text: str) -> Data:
        """Return the body of an HTTP error."""
        ...


def users_words(text: str) -> str:
    """Return a user's text without what clients add to it; empty when the client wrote all of it."""
    words = AROUND.sub("", BESIDE.sub("", text)).strip()
    if meanwhile := MEANWHILE.fullmatch(words):
        words = meanwhile[1].strip()
    if words.startswith(NOT_THE_USERS):
        return ""
    quoted = QUOTED.fullmatch(words)
    return quoted[1].replace('\\"', '"') if quoted else words


def newest(turns: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, int]:
    """Return the user's newest message, and how many of the turns (role, texts) after it are answers."""
    message, played = "", 0
    for role, texts in turns:
        if role == "assistant":
            played += 1
        elif role == "user" and (said := [words for text in texts if (words := users_words(text))]):
            message, played = said[-1], 0
    return message, played


def texts_of(content: Any) -> Iterator[str]:
    """Yield the texts in a message's content: one text, or a list of parts."""
    if isinstance(content, str):
        yield content
    for part in content if is_list(content) else []:
        if is_table(part) and isinstance(part.get("text"), str):
            yield part["text"]


def table(data: Data, *keys: str) -> Data:
    """Return a table inside of a table, by its keys; an empty one where there is none."""
    for key in keys:
        inner = data.get(key)
        data = inner if is_table(inner) else {}
    return data


def tables(data: Data, key: str) -> list[Data]:
    """Return the tables in a table's list."""
    inner = data.get(key)
    return [each for each in inner if is_table(each)] if is_list(inner) else []


def turns(data: Data, key: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the role and the texts of each message in a table's list."""
    for each in tables(data, key):
        yield str(each.get("role")), list(texts_of(each.get("content")))


def cut(text: str, count: int) -> list[str]:
    """Return a text in at most so many pieces of about one length."""
    length = max(1, -(-len(text) // count))
    return [text[start : start + length] for start in range(0, len(text), length)]
