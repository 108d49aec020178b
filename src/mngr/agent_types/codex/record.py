"""Codex's record: a file of JSON lines for each thread, `rollout-<time>-<id>.jsonl`, read as it grows."""

from __future__ import annotations

import json
import re
from typing import Any

from mngr.agent_types.codex.ending import told
from mngr.model.conversation import (
    ASSISTANT,
    COMPACTED,
    ERROR,
    INTERRUPTED,
    SYSTEM,
    TOOL_CALL,
    TOOL_RESULT,
    TURN_ENDED,
    USER,
    Entry,
    Usage,
)
from mngr.model.recorded import json_object
from mngr.model.value import replace, value

CALLS = ("function_call", "custom_tool_call", "local_shell_call")
RESULTS = ("function_call_output", "custom_tool_call_output")
FAILED = re.compile(r"(?:exited with code|Exit code:?) (?!0\b)\d+|aborted by user|failed for|rejected", re.IGNORECASE)


@value
class _Thread:
    """A thread: the agent's own one (`conversation` only), a sub-agent's, or one that is none of the agent's."""

    conversation: str | None
    subagent: str | None = None


class Rollouts:
    """Reads rollouts. A thread is the agent's when its session is: hooks named it, or it was begun on the terminal."""

    def __init__(self, conversations: list[str]) -> None:
        self.conversations = conversations
        self._threads: dict[str, _Thread] = {}
        self._models: dict[str, str] = {}
        self._counted: set[str] = set()
        self._paths: dict[str, str] = {}

    def read(self, path: str, lines: bytes) -> list[Entry]:
        """Return the entries of further lines of one rollout."""
        thread = path.removesuffix(".jsonl")[-36:]
        if self._paths.setdefault(thread, path) != path:
            return []  # the same file by another path
        found: list[Entry] = []
        for raw in lines.split(b"\n"):
            try:
                line = json_object(raw) if raw else None
                entry = self._entry(thread, line) if line is not None else None
            except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
                continue  # torn, or of a form that is not known
            if entry is not None:
                found.append(entry)
        return found

    def _entry(self, thread: str, line: dict[str, Any]) -> Entry | None:
        payload, kind = line["payload"], line["type"]
        if kind == "session_meta":
            self._threads[thread] = self._whose(thread, payload)
            return None
        if kind == "turn_context":
            self._models[thread] = payload["model"]
            return None
        whose = self._threads.get(thread) or self._guess(thread, payload)
        if whose.conversation is None:
            return None
        entry = self._said(kind, payload) if kind != "token_usage_record" else self._spent(thread, payload)
        if entry is None:
            return None
        return replace(
            entry,
            time=line.get("timestamp"),
            id=entry.id or f"{thread}:{line.get('ordinal')}",
            conversation=whose.conversation,
            subagent=whose.subagent,
        )

    def _whose(self, thread: str, meta: dict[str, Any]) -> _Thread:
        session = meta.get("session_id") or meta.get("id") or thread
        source = meta.get("source")
        own = session in self.conversations or (not self.conversations and (source == "cli" or session != thread))
        if not own and thread not in self.conversations:
            return _Thread(None)
        if meta.get("parent_thread_id") or isinstance(source, dict):
            return _Thread(session, thread)
        return _Thread(thread)

    def _guess(self, thread: str, payload: dict[str, Any]) -> _Thread:
        """Return whose a thread is that was not read from its beginning; only what was spent names the session."""
        if thread in self.conversations:
            return _Thread(thread)
        session = payload.get("session_id")
        return _Thread(session, thread) if session in self.conversations else _Thread(None)

    def _said(self, kind: str, payload: dict[str, Any]) -> Entry | None:
        if kind == "event_msg":
            return _event(payload)
        if kind == "compacted":
            return Entry(SYSTEM, payload.get("message") or "", kind=COMPACTED)
        if kind == "response_item" and payload["type"] in CALLS:
            return _call(payload)
        if kind == "response_item" and payload["type"] in RESULTS:
            text = _output(payload.get("output"))
            return Entry(TOOL_RESULT, text, call_id=payload.get("call_id"), failed=bool(FAILED.search(text[:2000])))
        return None

    def _spent(self, thread: str, payload: dict[str, Any]) -> Entry | None:
        """Return the tokens of an answer, once: a fork can begin with what its parent spent."""
        answer = payload.get("response_id") or ""
        if answer in self._counted or payload.get("thread_id", thread) != thread:
            return None
        if answer:
            self._counted.add(answer)
        usage = payload["usage"]
        cached, written = usage.get("cached_input_tokens", 0), usage.get("cache_write_input_tokens", 0)
        spent = Usage(
            input_tokens=max(0, usage["input_tokens"] - cached - written),
            output_tokens=usage["output_tokens"],
            cache_read_tokens=cached,
            cache_write_tokens=written,
        )
        return Entry(SYSTEM, kind="note", id=answer or None, model=self._models.get(thread), usage=spent)


def _event(payload: dict[str, Any]) -> Entry | None:
    kind = payload["type"]
    if kind == "item_completed":
        return _item(payload["item"])
    if kind == "turn_aborted":
        return Entry(SYSTEM, payload.get("reason") or "", kind=INTERRUPTED)
    if kind == "task_complete":
        error, _ = told(payload.get("error"))
        return Entry(SYSTEM, error or "", kind=ERROR if error else TURN_ENDED)
    return None


def _item(item: dict[str, Any]) -> Entry | None:
    role = {"UserMessage": USER, "AgentMessage": ASSISTANT}.get(item["type"])
    if role is None:
        return Entry(SYSTEM, kind=COMPACTED) if item["type"] == "ContextCompaction" else None
    return Entry(role, "".join(part.get("text", "") for part in item["content"]), id=item.get("id"))


def _call(payload: dict[str, Any]) -> Entry:
    given: Any = payload.get("arguments", payload.get("input", payload.get("action")))
    if type(given) is str:
        try:
            given = json.loads(given)
        except ValueError:
            pass
    fields: dict[str, Any] = given if type(given) is dict else {"input": given}  # pyright: ignore
    return Entry(TOOL_CALL, tool=payload.get("name") or "local_shell", call_id=payload.get("call_id"), input=fields)


def _output(output: Any) -> str:
    if isinstance(output, list):
        return "".join(part.get("text", "") for part in output if isinstance(part, dict))  # pyright: ignore
    if isinstance(output, dict):
        return str(output.get("content", ""))  # pyright: ignore
    return output if type(output) is str else ""
