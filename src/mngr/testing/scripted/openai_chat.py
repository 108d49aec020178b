"""OpenAI's Chat Completions protocol, as OpenCode and many others speak it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator

from .conversation import Answer, Asked, Data, Tool, cut, newest, table, tables, turns
from .openai_errors import error as error


def read(body: Data) -> Asked:
    """Return what a request asks."""
    message, played = newest(turns(body, "messages"))
    offered = [function for each in tables(body, "tools") if (function := table(each, "function"))]
    tools = {each["name"]: Tool(each["name"], table(each, "parameters")) for each in offered}
    schema = table(body, "response_format", "json_schema", "schema")
    return Asked(message, played, tools, body.get("model", ""), bool(body.get("stream")), schema)


def events(answer: Answer) -> Iterator[bytes]:
    """Yield the server-sent events of an answer."""
    opening = {"id": _id(), "object": "chat.completion.chunk", "created": int(time.time()), "model": answer.model}
    yield _event({**opening, "choices": [_choice({"role": "assistant", "content": ""})]})
    for delta in _deltas(answer):
        yield _event({**opening, "choices": [_choice(delta)]})
    yield _event({**opening, "choices": [{**_choice({}), "finish_reason": _reason(answer)}]})
    yield _event({**opening, "choices": [], "usage": _usage(answer)})
    yield b"data: [DONE]\n\n"


def whole(answer: Answer) -> Data:
    """Return an answer in one piece."""
    message: Data = {"role": "assistant", "content": answer.text or None}
    if answer.thought:
        message["reasoning_content"] = answer.thought
    if answer.call:
        function = {"name": answer.call.tool.name, "arguments": json.dumps(answer.call.arguments)}
        message["tool_calls"] = [{"id": _id("call"), "type": "function", "function": function}]
    return {
        "id": _id(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": answer.model,
        "choices": [{"index": 0, "message": message, "finish_reason": _reason(answer)}],
        "usage": _usage(answer),
    }


def _deltas(answer: Answer) -> Iterator[Data]:
    for piece in cut(answer.thought, 3):
        yield {"reasoning_content": piece}
    for piece in answer.pieces:
        yield {"content": piece}
    if answer.call:
        function = {"name": answer.call.tool.name, "arguments": ""}
        yield {"tool_calls": [{"index": 0, "id": _id("call"), "type": "function", "function": function}]}
        for piece in cut(json.dumps(answer.call.arguments), 3):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _choice(delta: Data) -> Data:
    return {"index": 0, "delta": delta, "finish_reason": None}


def _reason(answer: Answer) -> str:
    return "tool_calls" if answer.call else "stop"


def _usage(answer: Answer) -> Data:
    read_tokens = answer.usage.new + answer.usage.cache_read
    return {
        "prompt_tokens": read_tokens,
        "completion_tokens": answer.usage.written,
        "total_tokens": read_tokens + answer.usage.written,
        "prompt_tokens_details": {"cached_tokens": answer.usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _id(kind: str = "chatcmpl") -> str:
    return f"{kind}-{uuid.uuid4().hex}"


def _event(fields: Data) -> bytes:
    return f"data: {json.dumps(fields)}\n\n".encode()
