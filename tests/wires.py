"""The three wire protocols from the client's side: how a request is written and an answer is read."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

Data = dict[str, Any]


class Reply(NamedTuple):
    """What a client understood of an answer."""

    text: str
    call: str = ""
    arguments: Data | None = None
    thought: str = ""
    tokens: tuple[int, int, int] = (0, 0, 0)  # new, from the cache, written


class Claude:
    path = "/v1/messages"
    tools = ("Bash", "Write", "AskUserQuestion", "Agent")
    shell = "Bash"

    @staticmethod
    def body(message: str, played: int, tools: list[Data]) -> Data:
        answered = [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "say no"}]},
        ]
        offered = [{"name": each["name"], "input_schema": each["schema"]} for each in tools]
        return {"messages": [{"role": "user", "content": message}, *answered * played], "tools": offered}

    @staticmethod
    def whole(data: Data) -> Reply:
        blocks = {block["type"]: block for block in data["content"]}
        call, usage = blocks.get("tool_use", {}), data["usage"]
        return Reply(
            blocks.get("text", {}).get("text", ""),
            call.get("name", ""),
            call.get("input"),
            blocks.get("thinking", {}).get("thinking", ""),
            (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]),
        )

    @classmethod
    def stream(cls, events: list[Data]) -> Reply:
        assert [events[0]["type"], events[-1]["type"]] == ["message_start", "message_stop"]
        message = {"content": [], "usage": next(e for e in events if e["type"] == "message_delta")["usage"]}
        for start in (event for event in events if event["type"] == "content_block_start"):
            deltas = [e["delta"] for e in events if e["type"] == "content_block_delta" and e["index"] == start["index"]]
            block = {**start["content_block"]}
            for key in {"text", "thinking"} & block.keys():
                block[key] = "".join(delta.get(key, "") for delta in deltas)
            if "input" in block:
                block["input"] = json.loads("".join(delta["partial_json"] for delta in deltas))
            message["content"].append(block)
        return cls.whole(message)


class Codex:
    path = "/v1/responses"
    tools = ("exec_command", "request_user_input", "spawn_agent")
    shell = "exec_command"

    @staticmethod
    def body(message: str, played: int, tools: list[Data]) -> Data:
        answered = [
            {"type": "reasoning", "summary": []},
            {"type": "function_call", "name": "exec_command", "arguments": "{}", "call_id": "c"},
            {"type": "function_call_output", "call_id": "c", "output": "say no"},
        ]
        user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": message}]}
        offered = [{"type": "function", "name": each["name"], "parameters": each["schema"]} for each in tools]
        return {"input": [user, *answered * played], "tools": offered}

    @staticmethod
    def whole(data: Data) -> Reply:
        items = {item["type"]: item for item in data["output"]}
        call, usage = items.get("function_call", {}), data["usage"]
        cached = usage["input_tokens_details"]["cached_tokens"]
        return Reply(
            items["message"]["content"][0]["text"] if "message" in items else "",
            call.get("name", ""),
            json.loads(call["arguments"]) if call else None,
            items["reasoning"]["summary"][0]["text"] if "reasoning" in items else "",
            (usage["input_tokens"] - cached, cached, usage["output_tokens"]),
        )

    @classmethod
    def stream(cls, events: list[Data]) -> Reply:
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        assert [events[0]["type"], events[-1]["type"]] == ["response.created", "response.completed"]
        reply = cls.whole(events[-1]["response"])
        deltas = {"text": "response.output_text.delta", "thought": "response.reasoning_summary_text.delta"}
        texts = {key: "".join(e["delta"] for e in events if e["type"] == kind) for key, kind in deltas.items()}
        assert texts == {"text": reply.text, "thought": reply.thought}
        return reply


class OpenCode:
    path = "/v1/chat/completions"
    tools = ("bash", "write", "question", "task")
    shell = "bash"

    @staticmethod
    def body(message: str, played: int, tools: list[Data]) -> Data:
        answered = [{"role": "assistant", "content": ""}, {"role": "tool", "tool_call_id": "c", "content": "say no"}]
        offered = [
            {"type": "function", "function": {"name": each["name"], "parameters": each["schema"]}} for each in tools
        ]
        system = {"role": "system", "content": "say no"}
        return {"messages": [system, {"role": "user", "content": message}, *answered * played], "tools": offered}

    @staticmethod
    def whole(data: Data) -> Reply:
        message, usage = data["choices"][0]["message"], data["usage"]
        call = (message.get("tool_calls") or [{}])[0].get("function", {})
        cached = usage["prompt_tokens_details"]["cached_tokens"]
        return Reply(
            message["content"] or "",
            call.get("name", ""),
            json.loads(call["arguments"]) if call else None,
            message.get("reasoning_content", ""),
            (usage["prompt_tokens"] - cached, cached, usage["completion_tokens"]),
        )

    @classmethod
    def stream(cls, events: list[Data]) -> Reply:
        deltas = [event["choices"][0]["delta"] for event in events if event["choices"]]
        keys = ("content", "reasoning_content")
        message: Data = {key: "".join(delta.get(key, "") for delta in deltas) for key in keys}
        calls = [delta["tool_calls"][0]["function"] for delta in deltas if "tool_calls" in delta]
        if calls:
            arguments = "".join(call["arguments"] for call in calls)
            message["tool_calls"] = [{"function": {**calls[0], "arguments": arguments}}]
        return cls.whole({"choices": [{"message": message}], "usage": events[-1]["usage"]})


Wire = type[Claude] | type[Codex] | type[OpenCode]
WIRES: list[Wire] = [Claude, Codex, OpenCode]
SCHEMA = {
    "Bash": ["command", "description"],
    "Write": ["file_path", "content"],
    "AskUserQuestion": ["questions"],
    "Agent": ["description", "prompt"],
    "exec_command": ["cmd", "sandbox_permissions", "justification"],
    "request_user_input": ["questions"],
    "spawn_agent": ["message"],
    "bash": ["command", "description"],
    "write": ["filePath", "content"],
    "question": ["questions"],
    "task": ["description", "prompt", "subagent_type"],
}


def tools(wire: Wire) -> list[Data]:
    """Return the tools that the program offers."""
    return [
        {"name": name, "schema": {"type": "object", "properties": {key: {"type": "string"} for key in SCHEMA[name]}}}
        for name in wire.tools
    ]


def send(url: str, path: str, body: object, method: str = "POST") -> tuple[int, bytes]:
    """Return the status and the content of an answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 0, timeout=20)
    try:
        connection.request(method, path, body if isinstance(body, bytes) else json.dumps(body))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def ask(url: str, wire: Wire, message: str, played: int = 0, *, stream: bool = True) -> Reply:
    """Return what the model says to a message that has had so many answers."""
    body = wire.body(message, played, tools(wire)) | {"model": "m", "stream": stream}
    status, content = send(url, wire.path, body)
    assert status == 200, content
    return wire.stream(events(content)) if stream else wire.whole(json.loads(content))


def events(content: bytes) -> list[Data]:
    """Return the data of server-sent events."""
    lines = [line.removeprefix("data: ") for line in content.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]
