"""The scripted model server, asked as the real programs ask it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wires import WIRES, Claude, Codex, OpenCode, Wire, ask, send, tools

from mngr.testing.model_server import KEPT_BODIES, ModelServer


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(params=WIRES, ids=lambda wire: wire.__name__)
def wire(request: pytest.FixtureRequest) -> Wire:
    return request.param


@pytest.mark.parametrize("stream", [True, False])
def test_each_line_answers_one_request(server: ModelServer, wire: Wire, stream: bool) -> None:
    script = "some words\nrun: echo one\nthink deep\nsay two words"
    first = ask(server.url, wire, script, stream=stream)
    assert (first.text, first.call) == ("", wire.shell)
    assert "echo one" in (first.arguments or {}).values()
    second = ask(server.url, wire, script, 1, stream=stream)
    assert (second.text, second.call, second.thought) == ("two words", "", "deep")
    assert ask(server.url, wire, script, 2, stream=stream).text == "done"
    assert [seen.step for seen in server.requests] == ["run echo one", "say two words", "say done"]


def test_a_message_without_steps_is_told_back(server: ModelServer, wire: Wire) -> None:
    assert ask(server.url, wire, "Good\nday " + "x" * 100).text == "You said: Good day " + "x" * 51


@pytest.mark.parametrize("stream", [True, False])
def test_tokens(server: ModelServer, wire: Wire, stream: bool) -> None:
    assert ask(server.url, wire, "say a", stream=stream).tokens == (1000, 200, 50)
    script = "run: ls\nusage 7 5 3 2\nrun: ls\nsay b"
    assert [ask(server.url, wire, script, k, stream=stream).tokens for k in range(3)] == [
        (1000, 200, 50),
        (7, 5, 2),
        (7, 5, 2),
    ]


def test_a_call_that_needs_permission(server: ModelServer) -> None:
    assert (ask(server.url, Claude, "perm: echo 'a'").arguments or {})["command"] == """sh -c 'echo '"'"'a'"'"''"""
    codex = ask(server.url, Codex, "perm: ls").arguments or {}
    assert codex == {
        "cmd": "sh -c ls",
        "sandbox_permissions": "require_escalated",
        "justification": "the script wants it",
    }
    assert (ask(server.url, OpenCode, "perm: ls").arguments or {})["command"] == "ls"


def test_writing(server: ModelServer) -> None:
    script = r"write a/b.txt one\ntwo"
    assert ask(server.url, Claude, script).arguments == {"file_path": "a/b.txt", "content": "one\ntwo"}
    assert ask(server.url, OpenCode, script).arguments == {"filePath": "a/b.txt", "content": "one\ntwo"}
    assert (ask(server.url, Codex, script).arguments or {})["cmd"] == "printf %s 'one\ntwo' >a/b.txt"


def test_questions(server: ModelServer, wire: Wire) -> None:
    reply = ask(server.url, wire, "ask Which? | red | blue")
    [question] = (reply.arguments or {})["questions"]
    assert reply.call in ("AskUserQuestion", "question", "request_user_input")
    assert question["question"] == "Which?"
    assert [option["label"] for option in question["options"]] == ["red", "blue"]


def test_agents_get_scripts_of_their_own(server: ModelServer, wire: Wire) -> None:
    reply = ask(server.url, wire, r"agent: run: ls\nsay sub")
    assert reply.call in ("Agent", "task", "spawn_agent")
    assert "run: ls\nsay sub" in (reply.arguments or {}).values()


def test_any_tool(server: ModelServer, wire: Wire) -> None:
    reply = ask(server.url, wire, f'tool {wire.shell} {{"a": [1]}}')
    assert (reply.call, reply.arguments) == (wire.shell, {"a": [1]})
    assert ask(server.url, wire, "tool nosuch {}").text == "cannot be played here: tool nosuch {}"
    assert ask(server.url, wire, f"tool {wire.shell} {{").text.startswith("cannot be played here")


def test_a_tool_in_a_namespace_is_called_by_both_names(server: ModelServer) -> None:
    inner = [{"type": "function", "name": "exec_command", "parameters": {}}, {"type": "custom", "name": "patch"}]
    space = {"type": "namespace", "name": "space", "tools": inner}
    body = {"input": "run: ls\ntool patch a b", "tools": [space]}
    [call] = json.loads(send(server.url, Codex.path, body)[1])["output"]
    assert (call["name"], call["namespace"]) == ("exec_command", "space")
    body["input"] = "tool patch a b"
    [call] = json.loads(send(server.url, Codex.path, body)[1])["output"]
    assert (call["type"], call["input"]) == ("custom_tool_call", "a b")


@pytest.mark.parametrize("status", [400, 401, 429, 500, 529])
def test_failures_have_the_shape_of_the_protocol(server: ModelServer, wire: Wire, status: int) -> None:
    body = wire.body(f"fail {status} too bad", 0, tools(wire)) | {"stream": True}
    got, content = send(server.url, wire.path, body)
    error = json.loads(content)["error"]
    assert (got, error["message"]) == (status, "too bad")
    assert error["type"]


def test_an_answer_that_breaks_off(server: ModelServer, wire: Wire) -> None:
    body = wire.body("drop", 0, tools(wire))
    with pytest.raises(http.client.IncompleteRead):
        send(server.url, wire.path, body | {"stream": True})
    with pytest.raises(http.client.RemoteDisconnected):
        send(server.url, wire.path, body)


def test_garbage(server: ModelServer, wire: Wire) -> None:
    status, content = send(server.url, wire.path, wire.body("garbage", 0, tools(wire)) | {"stream": True})
    assert status == 200
    with pytest.raises(UnicodeDecodeError):
        content.decode()


def test_a_slow_answer_takes_its_time(server: ModelServer, wire: Wire) -> None:
    started = time.monotonic()
    assert ask(server.url, wire, "slow 0.3\nsay a b c").text == "a b c"
    assert 0.25 < time.monotonic() - started < 5


def test_a_hanging_request_ends_with_its_client_or_the_server(
    server: ModelServer, wire: Wire, eventually: Callable[..., object]
) -> None:
    body = json.dumps(wire.body("hang", 0, tools(wire))).encode()
    head = f"POST {wire.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.sendall(head + body)
        eventually(lambda: [seen for seen in server.requests if seen.step == "hang"])
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1)
        server.stop()
        client.settimeout(10)
        assert client.recv(1) == b""


def test_helper_calls_are_answered_at_once(server: ModelServer) -> None:
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "is": {"type": "boolean"}, "kind": {"enum": ["a"]}},
    }
    wanted = {"title": "A short answer", "is": False, "kind": "a"}
    claude = Claude.body("fail 500", 0, []) | {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    assert json.loads(Claude.whole(json.loads(send(server.url, Claude.path, claude)[1])).text) == wanted
    codex = Codex.body("fail 500", 0, []) | {"text": {"format": {"type": "json_schema", "schema": schema}}}
    assert json.loads(Codex.whole(json.loads(send(server.url, Codex.path, codex)[1])).text) == wanted
    chat = OpenCode.body("fail 500", 0, [])
    assert OpenCode.whole(json.loads(send(server.url, OpenCode.path, chat)[1])).text == "A short answer"


@pytest.mark.parametrize(
    "message",
    [
        "<system-reminder>\nsay no\n</system-reminder>\nsay yes",
        '\n\n<pasted_content id="1234">\nsay yes\n</pasted_content>',
        "<environment_context>\n  <cwd>say no</cwd>\n</environment_context>say yes",
        '"say yes"',
        "The user sent a new message while you were working:\nsay yes\n\nThis is how Claude Code surfaces it.",
    ],
)
def test_what_clients_add_is_taken_off(server: ModelServer, wire: Wire, message: str) -> None:
    assert ask(server.url, wire, message).text == "yes"


def test_quotes_are_taken_off_only_as_a_pair_around_all(server: ModelServer, wire: Wire) -> None:
    assert ask(server.url, wire, '"say \\"a\\" b"').text == '"a" b'
    assert ask(server.url, wire, '"a" or "b"').text == 'You said: "a" or "b"'


def test_the_newest_message_counts(server: ModelServer) -> None:
    offered = Claude.body("", 0, tools(Claude))["tools"]
    result = {"type": "tool_result", "tool_use_id": "t", "content": "say no"}
    stopped = {"type": "text", "text": "[Request interrupted by user for tool use]"}
    messages = [
        {"role": "user", "content": "run: ls\nsay old"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {}}]},
        {"role": "user", "content": [result, stopped]},
    ]
    reply = send(server.url, Claude.path, {"messages": messages, "tools": offered})[1]
    assert Claude.whole(json.loads(reply)).text == "old"
    messages[2]["content"] = [
        result,
        stopped,
        {"type": "text", "text": "fail 400"},
        {"type": "text", "text": "say new"},
    ]
    reply = send(server.url, Claude.path, {"messages": messages, "tools": offered})[1]
    assert Claude.whole(json.loads(reply)).text == "new"


def test_what_else_clients_ask(server: ModelServer) -> None:
    assert send(server.url, "/api/hello", b"", "HEAD") == (200, b"")
    assert json.loads(send(server.url, "/v1/messages/count_tokens?beta=true", {})[1]) == {"input_tokens": 1000}
    models = json.loads(send(server.url, "/v1/models", b"", "GET")[1])
    assert models["data"][0]["id"] == "scripted"
    assert json.loads(send(server.url, "/v1/models/m", b"", "GET")[1])["id"] == "m"
    assert send(server.url, "/nothing", b"", "GET")[0] == 404
    assert send(server.url, "/v1/messages", b"{")[0] == 400


def test_many_clients_at_once(server: ModelServer) -> None:
    with ThreadPoolExecutor(40) as pool:
        replies = pool.map(lambda number: ask(server.url, WIRES[number % 3], f"slow 0.3\nsay {number}"), range(80))
        assert [reply.text for reply in replies] == [str(number) for number in range(80)]
    bodies = [seen.body is not None for seen in server.requests]
    assert (len(bodies), sum(bodies), all(bodies[-KEPT_BODIES:])) == (80, KEPT_BODIES, True)


@pytest.mark.parametrize(("header", "key"), [("Authorization", "Bearer sk-x"), ("x-api-key", "sk-x")])
def test_the_key_is_seen_and_never_logged(tmp_path: Path, header: str, key: str) -> None:
    log = tmp_path / "log"
    with ModelServer(log=log) as server:
        body = json.dumps(Claude.body("say hi", 0, tools(Claude))).encode()
        request = urllib.request.Request(server.url + Claude.path, body, {header: key})
        with urllib.request.urlopen(request) as reply:
            assert reply.status == 200
        assert [seen.key for seen in server.requests] == [key]
    assert json.loads(log.read_text())["step"] == "say hi"
    assert "sk-x" not in log.read_text()


def test_in_the_foreground(tmp_path: Path, eventually: Callable[..., object]) -> None:
    port, log = tmp_path / "port", tmp_path / "log"
    argv = [sys.executable, "-m", "mngr.testing.model_server", "--port-file", str(port), "--log", str(log)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            url = program.stdout.readline().strip()
            eventually(port.exists)
            assert url == f"http://127.0.0.1:{port.read_text().strip()}"
            assert ask(url, Claude, "say hi").text == "hi"
            assert json.loads(log.read_text())["step"] == "say hi"
        finally:
            program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
