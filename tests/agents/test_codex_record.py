"""Codex's record is read in any pieces, and what is damaged or none of the agent's hides nothing."""

from __future__ import annotations

import json
from typing import Any

from mngr.agent_types.codex.record import Rollouts

OWN, OTHER, BELOW = (f"01a1fadd-0000-7000-8000-00000000000{number}" for number in range(3))


def path(thread: str) -> str:
    return f"/x/sessions/2026/01/01/rollout-2026-01-01T00-00-00-{thread}.jsonl"


def line(kind: str, **payload: Any) -> bytes:
    made = {"timestamp": "2026-01-01T00:00:00.000Z", "ordinal": 1, "type": kind, "payload": payload}
    return json.dumps(made).encode() + b"\n"


def meta(thread: str, session: str, source: object = "cli", **more: Any) -> bytes:
    return line("session_meta", id=thread, session_id=session, source=source, **more)


def item(kind: str, text: str) -> bytes:
    content = [{"type": "text", "text": text}]
    return line("event_msg", type="item_completed", item={"type": kind, "id": f"id of {text}", "content": content})


def spent(response: str, thread: str = OWN, session: str = OWN) -> bytes:
    usage = {"input_tokens": 1200, "cached_input_tokens": 200, "cache_write_input_tokens": 30, "output_tokens": 50}
    return line("token_usage_record", thread_id=thread, session_id=session, response_id=response, usage=usage)


def test_what_is_said_done_and_spent() -> None:
    lines = meta(OWN, OWN) + line("turn_context", model="m") + item("UserMessage", "hello")
    call = {"name": "exec_command", "call_id": "c", "arguments": '{"cmd": "false"}'}
    lines += line("response_item", type="function_call", **call)
    lines += line("response_item", type="function_call_output", call_id="c", output="Process exited with code 1")
    lines += spent("r1") + item("AgentMessage", "bye") + line("event_msg", type="task_complete", error=None)
    lines += line("event_msg", type="turn_aborted", reason="interrupted")
    entries = Rollouts([OWN]).read(path(OWN), lines)
    assert [entry.kind or entry.role for entry in entries] == [
        *("user", "tool_call", "tool_result", "note", "assistant", "turn_ended", "interrupted")
    ]
    assert entries[1].input == {"cmd": "false"}
    assert entries[2].failed
    usage = entries[3].usage
    assert usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.output_tokens) == (
        *(970, 200, 30, 50),
    )
    assert entries[3].model == "m"
    assert {entry.conversation for entry in entries} == {OWN}


def test_pieces_from_the_middle_are_read_and_each_answer_counts_once() -> None:
    reading = Rollouts([OWN])
    assert len(reading.read(path(OWN), spent("r1"))) == 1
    assert reading.read(path(OWN), spent("r1")) == []
    assert reading.read(path(OWN), spent("r2", OTHER)) == []
    assert reading.read("/elsewhere" + path(OWN), spent("r3")) == []


def test_damaged_lines_hide_no_others() -> None:
    torn = b'{"timestamp": "2026\n\xff\xfe\n[]\nnull\n{"type": "event_msg"}\n{"type": 1, "payload": []}\n'
    lines = torn + item("UserMessage", "one") + torn + item("UserMessage", "two") + torn
    assert [entry.text for entry in Rollouts([OWN]).read(path(OWN), lines)] == ["one", "two"]


def test_runs_of_others_are_passed_over_and_sub_agents_named() -> None:
    reading = Rollouts([OWN])
    assert reading.read(path(OTHER), meta(OTHER, OTHER, "exec") + item("UserMessage", "nested")) == []
    source = {"subagent": {"thread_spawn": {"parent_thread_id": OWN}}}
    below = reading.read(path(BELOW), meta(BELOW, OWN, source, parent_thread_id=OWN) + item("AgentMessage", "below"))
    assert [(entry.subagent, entry.conversation) for entry in below] == [(BELOW, OWN)]
    later = Rollouts([OWN])
    assert [entry.subagent for entry in later.read(path(BELOW), spent("r1", BELOW))] == [BELOW]
    assert later.read(path(OTHER), spent("r2", OTHER, OTHER)) == []


def test_without_any_hook_what_was_begun_on_the_terminal_is_the_agents() -> None:
    reading = Rollouts([])
    assert len(reading.read(path(OWN), meta(OWN, OWN) + item("UserMessage", "mine"))) == 1
    assert reading.read(path(OTHER), meta(OTHER, OTHER, "exec") + item("UserMessage", "nested")) == []


def test_the_list_of_conversations_grows() -> None:
    conversations = [OWN]
    reading = Rollouts(conversations)
    conversations.append(OTHER)
    assert len(reading.read(path(OTHER), item("UserMessage", "mine"))) == 1
