"""Anthropic's Messages protocol, as Claude Code speaks it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

from .conversation import Answer, Asked, Data, Tool, cut, newest, table, tables, turns

KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def read(body: Data) -> Asked:
    """Return what a request asks."""
    message, played = newest(turns(body, "messages"))
    tools = {each["name"]: Tool(each["name"], table(each, "input_schema")) for each in tables(body, "tools")}
    schema = table(body, "output_config", "format", "schema")
    return Asked(message, played, tools, body.get("model", ""), bool(body.get("stream")), schema)


def events(answer: Answer) -> Iterator[bytes]:
    """Yield the server-sent events of an answer."""
    whole_answer = whole(answer)
    usage = whole_answer["usage"]
    opening: Data = {**whole_answer, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield _event("message_start", message=opening)
    yield _event("ping")
    for index, block in enumerate(whole_answer["content"]):
        empty, deltas = _streamed(block, answer)
        yield _event("content_block_start", index=index, content_block=empty)
        for delta in deltas:
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    delta = {"stop_reason": whole_answer["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage=usage)
    yield _event("message_stop")


def whole(answer: Answer) -> Data:
    """Return an answer in one piece."""
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": list(_blocks(answer)),
        "stop_reason": "tool_use" if answer.call else "end_turn",
        "stop_sequence": None,
        "usage": _usage(answer),
    }


def error(status: int, text: str) -> Data:
    """Return the body of an HTTP error."""
    return {"type": "error", "error": {"type": KINDS.get(status, "api_error"), "message": text}}


def _blocks(answer: Answer) -> Iterator[Data]:
    if answer.thought:
        yield {"type": "thinking", "thinking": answer.thought, "signature": "c2NyaXB0ZWQ="}
    if answer.text:
        yield {"type": "text", "text": answer.text}
    if answer.call:
        call = {"id": f"toolu_{uuid.uuid4().hex}", "name": answer.call.tool.name, "input": answer.call.arguments}
        yield {"type": "tool_use", **call}


def _streamed(block: Data, answer: Answer) -> tuple[Data, list[Data]]:
    """Return a block as it is announced, and the pieces that fill it."""
    if block["type"] == "text":
        return {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in answer.pieces]
    if block["type"] == "thinking":
        thought = [{"type": "thinking_delta", "thinking": piece} for piece in cut(answer.thought, 3)]
        signature = {"type": "signature_delta", "signature": block["signature"]}
        return {"type": "thinking", "thinking": "", "signature": ""}, [*thought, signature]
    pieces = cut(json.dumps(block["input"]), 3)
    return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]


def _usage(answer: Answer) -> Data:
    usage = answer.usage
    return {
        "input_tokens": usage.new,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.written,
        "service_tier": "standard",
    }


def _event(type: str, **fields: object) -> bytes:
    return f"event: {type}\ndata: {json.dumps({'type': type, **fields})}\n\n".encode()
