"""OpenAI's Responses protocol, as Codex speaks it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from itertools import count

from .conversation import Answer, Asked, Data, Tool, cut, newest, table, tables, texts_of
from .openai_errors import error as error

CALLS = ("function_call", "custom_tool_call", "local_shell_call")


def read(body: Data) -> Asked:
    """Return what a request asks."""
    is_text = isinstance(body.get("input"), str)
    items: list[Data] = [{"role": "user", "content": body["input"]}] if is_text else tables(body, "input")
    message, played = newest((_role(item), texts_of(item.get("content"))) for item in items)
    tools = {tool.name: tool for each in tables(body, "tools") for tool in _tools(each, None)}
    schema = table(body, "text", "format", "schema")
    return Asked(message, played, tools, body.get("model", ""), bool(body.get("stream")), schema)


def events(answer: Answer) -> Iterator[bytes]:
    """Yield the server-sent events of an answer."""
    numbers = count()
    done = whole(answer)
    opening: Data = {**done, "status": "in_progress", "output": [], "usage": None}
    yield _event(next(numbers), "response.created", response=opening)
    yield _event(next(numbers), "response.in_progress", response=opening)
    for index, item in enumerate(done["output"]):
        for kind, fields in _streamed(item, answer):
            place: Data = {} if "item" in fields else {"item_id": item["id"]}
            yield _event(next(numbers), kind, output_index=index, **place, **fields)
    yield _event(next(numbers), "response.completed", response=done)


def whole(answer: Answer) -> Data:
    """Return an answer in one piece."""
    return {
        "id": _id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": answer.model,
        "output": list(_output(answer)),
        "parallel_tool_calls": False,
        "usage": _usage(answer),
    }


def _role(item: Data) -> str:
    """Return whose turn an item is; each answer has one item that counts, after any thoughts."""
    if item.get("type") in CALLS:
        return "assistant"
    return item.get("role", "")


def _tools(offered: Data, namespace: str | None) -> Iterator[Tool]:
    if offered.get("type") == "namespace":
        for each in tables(offered, "tools"):
            yield from _tools(each, offered["name"])
    elif "name" in offered:
        yield Tool(offered["name"], table(offered, "parameters"), namespace, offered.get("type") == "custom")


def _output(answer: Answer) -> Iterator[Data]:
    if answer.thought:
        summary = [{"type": "summary_text", "text": answer.thought}]
        yield {"type": "reasoning", "id": _id("rs"), "summary": summary, "encrypted_content": None}
    if answer.call:
        yield _call_item(answer)
    else:
        part: Data = {"type": "output_text", "text": answer.text, "annotations": []}
        message = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
        yield {**message, "id": _id("msg")}


def _call_item(answer: Answer) -> Data:
    assert answer.call
    tool, arguments = answer.call.tool, answer.call.arguments
    named = {"call_id": _id("call"), "name": tool.name, "status": "completed"}
    if tool.is_freeform:
        return {"type": "custom_tool_call", "id": _id("ctc"), **named, "input": arguments["input"]}
    space = {"namespace": tool.namespace} if tool.namespace else {}
    return {"type": "function_call", "id": _id("fc"), **named, **space, "arguments": json.dumps(arguments)}


def _streamed(item: Data, answer: Answer) -> Iterator[tuple[str, Data]]:
    """Yield the events that tell of one item, from its announcement to its end."""
    empty: Data = {"status": "in_progress"} if "status" in item else {}
    empty |= {name: type(item[name])() for name in ("content", "summary", "arguments", "input") if name in item}
    yield "response.output_item.added", {"item": {**item, **empty}}
    if item["type"] == "message":
        yield from _streamed_text(item["content"][0], answer)
    elif item["type"] == "reasoning":
        yield from _streamed_thought(item["summary"][0])
    elif item["type"] == "function_call":
        for piece in cut(item["arguments"], 3):
            yield "response.function_call_arguments.delta", {"delta": piece}
        yield "response.function_call_arguments.done", {"arguments": item["arguments"]}
    else:
        yield "response.custom_tool_call_input.delta", {"delta": item["input"]}
        yield "response.custom_tool_call_input.done", {"input": item["input"]}
    yield "response.output_item.done", {"item": item}


def _streamed_text(part: Data, answer: Answer) -> Iterator[tuple[str, Data]]:
    yield "response.content_part.added", {"content_index": 0, "part": {**part, "text": ""}}
    for piece in answer.pieces:
        yield "response.output_text.delta", {"content_index": 0, "delta": piece}
    yield "response.output_text.done", {"content_index": 0, "text": answer.text}
    yield "response.content_part.done", {"content_index": 0, "part": part}


def _streamed_thought(part: Data) -> Iterator[tuple[str, Data]]:
    yield "response.reasoning_summary_part.added", {"summary_index": 0, "part": {**part, "text": ""}}
    for piece in cut(part["text"], 3):
        yield "response.reasoning_summary_text.delta", {"summary_index": 0, "delta": piece}
    yield "response.reasoning_summary_text.done", {"summary_index": 0, "text": part["text"]}
    yield "response.reasoning_summary_part.done", {"summary_index": 0, "part": part}


def _usage(answer: Answer) -> Data:
    read_tokens = answer.usage.new + answer.usage.cache_read
    return {
        "input_tokens": read_tokens,
        "input_tokens_details": {"cached_tokens": answer.usage.cache_read},
        "output_tokens": answer.usage.written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read_tokens + answer.usage.written,
    }


def _id(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex}"


def _event(number: int, type: str, **fields: object) -> bytes:
    return f"event: {type}\ndata: {json.dumps({'type': type, 'sequence_number': number, **fields})}\n\n".encode()
