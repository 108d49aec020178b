"""Claude's record: a file of JSON lines for each conversation, and one for each of its sub-agents.

An answer of several blocks stands on several lines with one message id and the same usage. A message that was sent in
the middle of a turn stands in the queue first, and later either on a user's line of its own (the turn had ended) or as
an attachment (between two steps of the turn), never as both. What is still in the queue when Claude is killed is gone:
when it is resumed it does not take it up again.
"""

from __future__ import annotations

import re

from mngr.model.conversation import (
    ASSISTANT,
    COMPACTED,
    ERROR,
    INTERRUPTED,
    NOTE,
    QUEUED,
    SYSTEM,
    TOOL_CALL,
    TOOL_RESULT,
    TURN_ENDED,
    USER,
    Entry,
    Usage,
)
from mngr.model.data import is_table
from mngr.model.recorded import json_object
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Line = dict[str, Any]

WRAPPED = re.compile(r"\s*<pasted_content\b([^>]*)>\n?(.*?)\n?</pasted_content(?:\1)?>\s*", re.DOTALL)
SYNTHETIC = "<synthetic>"  # the model of what no model said
FILLER = "No response requested."  # added when Claude is resumed after a message that it was killed over
INTERRUPT = re.compile(r"\[Request interrupted by user[^\]]*\]")
COMMAND = re.compile(r"<command-name>(.*?)</command-name>.*?(?:<command-args>(.*?)</command-args>|\Z)", re.DOTALL)


class Sessions:
    """Reads conversations; those of nested runs, which are not the agent's own, tell nothing."""

    def __init__(self, conversations: list[str]) -> None:
        self._conversations = conversations
        self._counted: set[str] = set()  # answers whose usage was told

    def read(self, path: str, lines: bytes) -> list[Entry]:
        """Return the entries that further lines of one file tell."""
        file = path.rpartition("/")[2].removesuffix(".jsonl")
        subagent = file.removeprefix("agent-") if "/subagents/" in path else None
        found: list[Entry] = []
        for raw in lines.split(b"\n"):
            line = _parsed(raw)
            if line is None or (line.get("isSidechain") and subagent is None):
                continue
            session = line.get("sessionId") or line.get("session_id")
            if self._conversations and session is not None and session not in self._conversations:
                continue
            found += [self._placed(entry, line, subagent) for entry in self._entries(line)]
        return found

    def _placed(self, entry: Entry, line: Line, subagent: str | None) -> Entry:
        return replace(
            entry,
            time=_text(line.get("timestamp")),
            id=entry.id or _text(line.get("uuid")),
            conversation=_text(line.get("sessionId")),
            subagent=subagent,
        )

    def _entries(self, line: Line) -> list[Entry]:
        try:
            kind = line.get("type")
            if kind == "user":
                return _of_user(line)
            if kind == "assistant":
                return self._of_assistant(line)
            if kind == "system":
                return _of_system(line)
            if kind == "queue-operation":
                return _of_queue(line)
            if kind == "attachment":
                return _of_attachment(line["attachment"])
        except (KeyError, TypeError, AttributeError, ValueError):
            return []  # damaged, or of a shape that is not known
        return []

    def _of_assistant(self, line: Line) -> list[Entry]:
        message = line["message"]
        if line.get("isApiErrorMessage"):
            return [Entry(SYSTEM, _texts(message["content"]), ERROR)]
        if message.get("model") == SYNTHETIC and _texts(message["content"]) == FILLER:
            return [Entry(SYSTEM, "", INTERRUPTED)]
        found: list[Entry] = []
        for block in message["content"]:
            if block.get("type") == "text" and block["text"]:
                found.append(Entry(ASSISTANT, str(block["text"])))
            elif block.get("type") == "tool_use":
                given = block.get("input")
                called = given if is_table(given) else {"input": given}
                found.append(Entry(TOOL_CALL, tool=str(block["name"]), call_id=_text(block["id"]), input=called))
        usage = self._usage(message)
        if usage is not None and not found:
            found.append(Entry(SYSTEM, "", NOTE))  # an answer that only thought; it cost all the same
        model, answer = _text(message.get("model")), _text(message.get("id"))
        found = [replace(entry, model=model, id=answer) for entry in found]
        return [replace(found[0], usage=usage), *found[1:]] if found else []

    def _usage(self, message: Line) -> Usage | None:
        answer = message.get("id")
        if not isinstance(answer, str) or answer in self._counted or message.get("model") == SYNTHETIC:
            return None
        self._counted.add(answer)
        given: Line = message.get("usage") or {}
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        return Usage(*(given.get(name) if isinstance(given.get(name), int) else 0 for name in names))  # pyright: ignore


def _of_user(line: Line) -> list[Entry]:
    content = line["message"]["content"]
    blocks: list[Line] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    results = [_result(block) for block in blocks if block.get("type") == "tool_result"]
    text = "\n".join(block["text"] for block in blocks if block.get("type") == "text")
    if INTERRUPT.fullmatch(text.strip()):
        return [*results, Entry(SYSTEM, text.strip(), INTERRUPTED)]
    if not text:
        return results
    if line.get("isMeta") or line.get("isCompactSummary") or _is_synthetic(line):
        return [*results, Entry(SYSTEM, text, COMPACTED if line.get("isCompactSummary") else NOTE)]
    command = COMMAND.search(text)
    if command or text.startswith(("<local-command", "<bash-", "<command-")):
        said = " ".join(part for part in command.groups() if part) if command else text
        return [*results, Entry(SYSTEM, said, NOTE)]
    return [*results, Entry(USER, unwrapped(text))]


def _of_queue(line: Line) -> list[Entry]:
    content = line.get("content")
    if line.get("operation") != "enqueue" or not isinstance(content, str) or content.startswith("<task-notification"):
        return []
    return [Entry(SYSTEM, unwrapped(content), QUEUED)]


def _of_attachment(attachment: Line) -> list[Entry]:
    """Return a queued message that was handed over in the middle of a turn."""
    if attachment.get("type") != "queued_command":
        return []
    prompt = attachment.get("prompt")
    said = unwrapped(prompt if isinstance(prompt, str) else _texts(prompt or []))
    if said.startswith("<task-notification"):
        return []
    return [Entry(USER, said)]


def unwrapped(text: str) -> str:
    """Return a message without what Claude puts around long pastes."""
    return WRAPPED.sub(lambda match: match[2], text)


def _parsed(raw: bytes) -> Line | None:
    if not raw.startswith(b"{") or b'"type":"api-request' in raw[:200]:
        return None
    return json_object(raw)


def _is_synthetic(line: Line) -> bool:
    origin = line.get("origin")
    return isinstance(origin, dict) and origin.get("kind") not in (None, "human")  # pyright: ignore


def _result(block: Line) -> Entry:
    content = block.get("content")
    text = content if isinstance(content, str) else _texts(content or [])
    return Entry(TOOL_RESULT, text, call_id=_text(block.get("tool_use_id")), failed=bool(block.get("is_error")))


def _texts(blocks: list[Line]) -> str:
    return "\n".join(block["text"] for block in blocks if block.get("type") == "text")


def _of_system(line: Line) -> list[Entry]:
    kind = line.get("subtype")
    if kind == "turn_duration":
        return [Entry(SYSTEM, "", TURN_ENDED)]
    if kind == "compact_boundary":
        return [Entry(SYSTEM, "", COMPACTED)]
    return []


def _text(given: Any) -> str | None:
    return given if isinstance(given, str) else None
