"""HTTP: one request comes in, is read in its protocol, and is answered as the script wants it."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from mngr.model.data import is_table
from mngr.model.value import value

from . import anthropic, openai_chat, openai_responses, script, tools
from .conversation import Answer, Asked, Data, Wire

WIRES: dict[str, Wire] = {
    "/messages": anthropic,
    "/responses": openai_responses,
    "/chat/completions": openai_chat,
}
MODEL = "scripted"
GARBAGE = b"\x00\x01 this is no answer\n\ndata: {{{ \xff\xfe\n\n"
POLL_SECONDS = 0.2


@value
class Seen:
    """A request that the server got: who asked what, and the step that was played."""

    method: str
    path: str
    step: str = ""
    message: str = ""
    played: int = 0
    model: str = ""
    tools: tuple[str, ...] = ()
    is_stream: bool = False
    key: str = ""  # what the program is logged in with, as its header says it
    body: Data | None = None


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an event that waits for the next one is late by 40 ms

    def __init__(self, note: Callable[[Seen], None], stopping: Event, *connection: Any) -> None:
        self._note, self._stopping = note, stopping
        super().__init__(*connection)

    def do_HEAD(self) -> None:
        """Say that the server is there."""
        self._note(Seen("HEAD", self.path))
        self._send(200, b"")

    def do_GET(self) -> None:
        """Tell which models there are."""
        self._note(Seen("GET", self.path))
        path = self._route()
        if path == "/models":
            self._send_json(200, {"object": "list", "data": [_model(MODEL)], "has_more": False, "models": []})
        elif path.startswith("/models/"):
            self._send_json(200, _model(path.removeprefix("/models/")))
        elif path in ("", "/") or path.startswith("/api/"):
            self._send_json(200, {})
        else:
            self._send_json(404, openai_chat.error(404, f"nothing is at {self.path}"))

    def do_POST(self) -> None:
        """Answer a request of a model, or of what belongs to it."""
        body, path = self._body(), self._route()
        wire = WIRES.get(path)
        if wire is not None and body is not None:
            self._play(wire, wire.read(body), body)
            return
        self._note(Seen("POST", self.path, body=body))
        if wire is not None:
            self._send_json(400, wire.error(400, "the request is no JSON object"))
        elif path.endswith("/count_tokens"):
            self._send_json(200, {"input_tokens": 1000})
        elif path.startswith("/api/"):
            self._send_json(200, {})
        else:
            self._send_json(404, openai_chat.error(404, f"nothing is at {self.path}"))

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: `requests` is the log."""

    def _play(self, wire: Wire, asked: Asked, body: Data) -> None:
        is_helper = not asked.tools and "plain" not in asked.model
        scene = script.Scene("helper") if is_helper else script.scene(asked.message, asked.played)
        key = self.headers["Authorization"] or self.headers["x-api-key"] or ""
        self._note(_seen(self.path, asked, scene, body, key))
        if scene.verb == "fail":
            self._stopping.wait(scene.slow_seconds)
            status, _, text = scene.text.partition(" ")
            self._send_json(int(status), wire.error(int(status), text.strip() or f"scripted failure {status}"))
        elif scene.verb == "hang":
            self._hang()
        elif scene.verb == "garbage":
            self._send(200, GARBAGE, "text/event-stream")
        else:
            answer = tools.helper(asked) if is_helper else tools.answer(asked, scene)
            self._answer(wire, asked, answer, is_cut=scene.verb == "drop")

    def _answer(self, wire: Wire, asked: Asked, answer: Answer, *, is_cut: bool) -> None:
        if asked.is_stream:
            self._stream(list(wire.events(answer)), answer.slow_seconds, is_cut=is_cut)
            return
        self._stopping.wait(answer.slow_seconds)
        if is_cut:
            self._break_off()
        else:
            self._send_json(200, wire.whole(answer))

    def _stream(self, events: list[bytes], slow_seconds: float, *, is_cut: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = events[: len(events) // 2] if is_cut else events
        for event in _joined(events, is_slow=bool(slow_seconds)):
            if slow_seconds:
                self._stopping.wait(slow_seconds / len(events))
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        if is_cut:
            self._break_off()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _hang(self) -> None:
        """Say nothing until the client goes away or the server ends."""
        self.close_connection = True
        while not self._stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], POLL_SECONDS)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return
            if readable:
                self._stopping.wait(POLL_SECONDS)

    def _route(self) -> str:
        return self.path.partition("?")[0].removeprefix("/v1").rstrip("/")

    def _body(self) -> Data | None:
        """Return the JSON object that was sent, or None."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            content = b"".join(self._chunks())
        else:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body: object = json.loads(content)
        except ValueError:
            return None
        return body if is_table(body) else None

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send_json(self, status: int, data: Data) -> None:
        self._send(status, json.dumps(data).encode(), "application/json")

    def _send(self, status: int, content: bytes, type: str = "text/plain") -> None:
        self.send_response(status, None if status != 529 else "Overloaded")
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _seen(path: str, asked: Asked, scene: script.Scene, body: Data, key: str) -> Seen:
    step, names = f"{scene.verb} {scene.text}".strip(), tuple(asked.tools)
    return Seen("POST", path, step, asked.message, asked.played, asked.model, names, asked.is_stream, key, body)


def _joined(events: list[bytes], *, is_slow: bool) -> list[bytes]:
    return events if is_slow else [b"".join(events)]


def _model(name: str) -> Data:
    openai = {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "mngr"}
    return {**openai, "type": "model", "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
