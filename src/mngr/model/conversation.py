"""What is said between an agent and those who talk to it, in one form for all programs."""

from __future__ import annotations

from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

USER, ASSISTANT, TOOL_CALL, TOOL_RESULT, SYSTEM = "user", "assistant", "tool_call", "tool_result", "system"
ROLES = (USER, ASSISTANT, TOOL_CALL, TOOL_RESULT, SYSTEM)

# What a system entry tells: a message that waits in the program, and how turns and conversations end.
QUEUED, TURN_ENDED, INTERRUPTED, ERROR, COMPACTED, NOTE = (
    "queued",
    "turn_ended",
    "interrupted",
    "error",
    "compacted",
    "note",
)
KINDS = (QUEUED, TURN_ENDED, INTERRUPTED, ERROR, COMPACTED, NOTE)

PERMISSION, QUESTION, TRUST, LOGIN, LIMIT, DIALOG = "permission", "question", "trust", "login", "limit", "dialog"
REASONS = (PERMISSION, QUESTION, TRUST, LOGIN, LIMIT, ERROR, DIALOG)

# Why a message that was accepted may have to be given again: should the program end before it was its turn.
IN_QUEUE = "it waits in the program for the end of the turn"
TYPED, ACCEPTED, ANSWERED, FAILED = "typed", "accepted", "answered", "failed"


@value
class Usage:
    """Tokens of one answer of a model. `input_tokens` are new ones, without what came from or went to a cache."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float | None = None  # as the program itself reckons it, where it does


@value
class Entry:
    """One part of a conversation. `usage` stands on one entry of each answer, so that a sum counts each once."""

    role: str
    text: str = ""
    kind: str | None = None  # of a system entry: one of KINDS
    time: str | None = None  # ISO 8601 UTC
    id: str | None = None  # the program's own id of it
    conversation: str | None = None  # the id of the conversation that it is part of
    answers: str | None = None  # the id of the user's entry that it answers, where the record tells
    subagent: str | None = None  # the id of the sub-agent that said it; None for the agent itself
    model: str | None = None
    usage: Usage | None = None
    tool: str | None = None
    call_id: str | None = None
    input: dict[str, Any] | None = None  # what a tool was called with
    failed: bool = False  # of a tool result


@value
class Dialog:
    """A question that a program shows and waits on. `chosen` is the highlighted choice, counted from 0."""

    reason: str
    question: str
    choices: list[str] = []
    chosen: int | None = None
    takes_text: bool = False  # whether words of one's own can be the answer


@value
class Screen:
    """What a program's screen shows: whether a message can be typed, what somebody typed already, an open dialog."""

    ready: bool = False
    running: bool = False  # a turn is under way
    draft: str = ""
    dialog: Dialog | None = None


@value
class Typed:
    """That a message was typed: into which process, and where the files of the record ended just before."""

    program: str
    offsets: dict[str, int]


@value
class Message:
    """A message on its way. `id` is its own, so that giving it twice does no harm.

    `typed` tells that somebody typed it before and did not live to see it taken: that is found out now.
    """

    id: str
    text: str
    typed: Typed | None = None


@value
class Verdict:
    """What became of a message: accepted (its record shows it) or only typed, and what is to be said about it."""

    state: str
    note: str | None = None


@value
class Program:
    """A program that agents run: how it is called, where it comes from, what it takes from the user's environment."""

    command: str  # its name on PATH
    package: str  # npm's name of it
    version: str  # the one that was tested, and is installed when there is none
    variables: tuple[str, ...] = ()  # passed on to agents when the user has them: keys, addresses, folders
    login: str = ""  # a script that says how it is logged in: a file of mngr's own, or an absolute path
    takeover: str = ""  # a script that finds and copies conversations, likewise; see `hosts/takeover.py`
    native: str = ""  # where it lies in node_modules, as a pattern, if what npm starts is a starter that needs Node.js
    pinned: bool = False  # the user's settings say which one: no other will do


@value
class Headless:
    """A run without a screen: the message comes by standard input; `told` is what a line of output says to people."""

    command: list[str]
    told: Callable[[bytes], str]
