"""Agents that run the real Codex, logged in to a model server of the test."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from program import Mngr
from waiting import eventually

from mngr.agent_types.codex import PLUGIN
from mngr.hosts.keyboard import Keyboard
from mngr.hosts.session import TmuxSession
from mngr.model.agent import from_json
from mngr.model.conversation import Dialog, Entry, Message, Verdict
from mngr.model.errors import UserError
from mngr.testing.logins import codex_login
from mngr.testing.model_server import ModelServer
from mngr.transports.host import Host
from mngr.transports.local import LocalTransport

# Looked for at once: a test has an environment of its own.
PROGRAMS = os.environ.get("MNGR_TEST_PROGRAMS") or str(Path.home() / ".cache/mngr-agents/node_modules/.bin")
NEEDS_CODEX = pytest.mark.skipif(not Path(PROGRAMS, "codex").exists(), reason="Codex is not installed")


class Codex:
    """Makes agents that run Codex, talks to them, and reads what they say."""

    def __init__(self, mngr: Mngr, model: ModelServer, trusted: list[Path]) -> None:
        self.mngr = mngr
        self.model = model
        self.host = Host("local", "local", LocalTransport(), str(mngr.host_dir), "mngr-")
        mngr.env["PATH"] = f"{PROGRAMS}:{os.environ['PATH']}"
        codex_login(mngr.home, model.url, trusted)

    def create(self, name: str = "a", *options: str) -> None:
        """Create an agent and wait until it can be talked to."""
        self.mngr("create", name, "codex", "--no-connect", *options).assert_success()
        self.wait(name, "waiting")

    def session(self, name: str = "a") -> TmuxSession:
        return TmuxSession(self.host, from_json((self.mngr.folder(name) / "record.json").read_bytes()))

    def say(self, text: str, name: str = "a") -> Verdict:
        return PLUGIN.deliver(self.session(name), Message(uuid.uuid4().hex, text))

    def answer(self, choice: str | None = None, name: str = "a") -> Dialog:
        return PLUGIN.answer(self.session(name), choice)

    def dialog(self, name: str = "a") -> Dialog | None:
        try:
            return self.answer(None, name)
        except UserError:
            return None

    def interrupt(self, name: str = "a") -> bool:
        return PLUGIN.interrupt(self.session(name))

    def wait(self, name: str, state: str, seconds: float = 20) -> Any:
        """Wait until the agent is in a state; return what `list` shows of it."""
        eventually(lambda: self.mngr.agent(name)["state"] == state, seconds, lambda: self.story(name))
        return self.mngr.agent(name)

    def story(self, name: str) -> str:
        """Return what can be seen of an agent that does not do what it should."""
        return self.mngr("why", name).out + self.mngr("capture", name).out

    def entries(self, name: str = "a") -> list[Entry]:
        """Return the agent's whole record."""
        session = self.session(name)
        with Keyboard(session.host, session.record) as keyboard:
            parts = keyboard.read({})
            reading = PLUGIN.reading(keyboard.conversations)
            return [entry for part in parts for entry in reading.read(part.path, part.content)]

    def heard(self, name: str = "a") -> list[str]:
        """Return the user's messages in the record."""
        return [entry.text for entry in self.entries(name) if entry.role == "user" and entry.subagent is None]

    def said(self, name: str = "a") -> list[str]:
        """Return the agent's own answers in the record."""
        return [entry.text for entry in self.entries(name) if entry.role == "assistant" and entry.subagent is None]

    def signs(self, name: str = "a") -> list[str]:
        """Return the words of the signs."""
        return [line.split()[-1] for line in (self.mngr.folder(name) / "signs").read_text().splitlines()]

    def conversations(self, name: str = "a") -> list[str]:
        """Return the ids of the agent's conversations."""
        return [line.split()[1] for line in (self.mngr.folder(name) / "conversations").read_text().splitlines()]

    def rollouts(self, name: str = "a") -> list[list[Any]]:
        """Return the lines of each rollout."""
        files = sorted(self.mngr.folder(name).glob("codex/sessions/*/*/*/*.jsonl"))
        return [[json.loads(line) for line in file.read_text().splitlines()] for file in files]


@contextmanager
def codex_in(mngr: Mngr, repo: Path) -> Iterator[Codex]:
    """Give a maker of agents that run Codex; the repository is trusted."""
    with ModelServer() as model:
        yield Codex(mngr, model, [repo])
