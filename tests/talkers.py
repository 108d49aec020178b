"""Agents that run a real program, logged in to a model server of the test: they are talked to, and read."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

from program import Mngr
from this_host import this_host
from waiting import eventually

from mngr.hosts.keyboard import Keyboard
from mngr.hosts.session import TmuxSession
from mngr.model.agent import from_json
from mngr.model.conversation import Dialog, Entry, Message, Verdict
from mngr.model.errors import UserError
from mngr.testing.model_server import ModelServer

# Looked for at once: a test has an environment of its own.
PROGRAMS = os.environ.get("MNGR_TEST_PROGRAMS") or str(Path.home() / ".cache/mngr-agents/node_modules/.bin")
# What programs do not take as it is, unless one knows how.
AWKWARD = {
    "short": "say hello",
    "bang": "!echo this is not a command",
    "slash": "/etc/passwd is where it is",
    "no-command": "/nosuch word",
    "dash": "--help and -x",
    "question": "?",
    "backslash": "ends in a backslash \\",
    "at": "what is in @READ",
    "dollar": "what is in $imagegen",
    "tab": "a\tb",
    "emoji": "grüße 你好 🙂‍↔️",
    "four-lines": "one\n\n  two\nthree\nfour",
    "801": "x" * 801,
    "24k": "0123456789 abcdef\n" * 1400,
    "100k": "word " * 20_000 + "end",
}


class Agents:
    """Makes agents of one type, and looks at them."""

    def __init__(self, plugin: Any, mngr: Mngr, model: ModelServer) -> None:
        self.plugin = plugin
        self.mngr = mngr
        self.model = model
        self.host = this_host(mngr.host_dir)
        mngr.env["PATH"] = f"{PROGRAMS}:{os.environ['PATH']}"

    def create(self, name: str = "a", *options: str) -> None:
        """Create an agent and wait until it can be talked to."""
        self.mngr("create", name, self.plugin.name, "--no-connect", *options).assert_success()
        self.wait(name, "waiting")

    def session(self, name: str = "a") -> TmuxSession:
        return TmuxSession(self.host, from_json((self.mngr.folder(name) / "record.json").read_bytes()))

    def wait(self, name: str, state: str, seconds: float = 60) -> Any:
        """Wait until the agent is in a state; return what `list` shows of it."""
        eventually(lambda: self.mngr.agent(name)["state"] == state, seconds, lambda: self.story(name))
        return self.mngr.agent(name)

    def story(self, name: str) -> str:
        """Return what can be seen of an agent that does not do what it should."""
        return self.mngr("why", name).out + self.mngr("capture", name).out

    def press(self, *keys: str, name: str = "a") -> None:
        """Type into the agent's terminal as a person does."""
        self.host.run(self.host.tmux("send-keys", "-t", f"=mngr-{name}:", *keys))

    def signs(self, name: str = "a") -> list[str]:
        """Return the words of the signs."""
        return [line.split()[-1] for line in (self.mngr.folder(name) / "signs").read_text().splitlines()]

    def conversations(self, name: str = "a") -> list[str]:
        """Return the ids of the agent's conversations."""
        return [line.split()[1] for line in (self.mngr.folder(name) / "conversations").read_text().splitlines()]


class Talker(Agents):
    """Talks to agents, and reads what they say."""

    def say(self, text: str, name: str = "a") -> Verdict:
        return self.plugin.deliver(self.session(name), Message(uuid.uuid4().hex, text))

    def answer(self, choice: str | None = None, name: str = "a") -> Dialog:
        return self.plugin.answer(self.session(name), choice)

    def dialog(self, name: str = "a") -> Dialog | None:
        try:
            return self.answer(None, name)
        except UserError:
            return None

    def interrupt(self, name: str = "a") -> bool:
        return self.plugin.interrupt(self.session(name))

    def entries(self, name: str = "a") -> list[Entry]:
        """Return the agent's whole record."""
        session = self.session(name)
        with Keyboard(session.host, session.record) as keyboard:
            parts = keyboard.read({})
            reading = self.plugin.reading(keyboard.conversations)
            return [entry for part in parts for entry in reading.read(part.path, part.content)]

    def heard(self, name: str = "a") -> list[str]:
        """Return the user's messages in the record."""
        return [entry.text for entry in self.entries(name) if entry.role == "user" and entry.subagent is None]

    def said(self, name: str = "a") -> list[str]:
        """Return the agent's own answers in the record."""
        return [entry.text for entry in self.entries(name) if entry.role == "assistant" and entry.subagent is None]
