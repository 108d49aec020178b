"""Agents that run the real OpenCode, logged in to a model server of the test."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path
from typing import Any

from program import Mngr, run
from this_host import this_host
from waiting import eventually

from mngr.agent_types.opencode import PLUGIN
from mngr.hosts.session import TmuxSession
from mngr.model.agent import from_json
from mngr.model.conversation import Dialog, Entry, Message, Verdict
from mngr.testing.logins import opencode_login
from mngr.testing.model_server import ModelServer

# Looked for at once: a test has an environment of its own.
PROGRAMS = os.environ.get("MNGR_TEST_PROGRAMS") or str(Path.home() / ".cache/mngr-agents/node_modules/.bin")
INSTALLED = Path(PROGRAMS, "opencode").exists()
START_SECONDS = 90.0
WORDS = {
    "waiting": ("ready", "ended", "interrupted"),
    "running": ("begun", "answered"),
    "blocked": ("asked", "failed", "retrying"),
}


class Agents:
    """Makes agents that run OpenCode, and looks at them."""

    def __init__(self, mngr: Mngr, model: ModelServer) -> None:
        self.mngr = mngr
        self.model = model
        self.host = this_host(mngr.host_dir)
        # No address of a registry answers: what OpenCode fetches at its start must not matter.
        mngr.env.update(PATH=f"{PROGRAMS}:{os.environ['PATH']}")
        os.environ["PATH"] = mngr.env["PATH"]
        opencode_login(mngr.home, model.url)

    def create(self, name: str = "a", *options: str) -> None:
        """Create an agent, without waiting until its program is up."""
        offline = ["--env", "OPENCODE_DISABLE_MODELS_FETCH=1", "--env", "npm_config_registry=http://127.0.0.1:9"]
        self.mngr("create", name, "opencode", "--no-connect", *offline, *options).assert_success()

    def session(self, name: str = "a") -> TmuxSession:
        """Return what its type is given to talk to it."""
        return TmuxSession(self.host, from_json((self.mngr.folder(name) / "record.json").read_bytes()))

    def wait(self, state: str, name: str = "a", seconds: float = START_SECONDS) -> Any:
        """Wait until the agent is in a state; return what `list` shows of it, which must be true within 2 seconds."""
        # `list` is not asked all the time: it would take from OpenCode what it needs to come up.
        if state in WORDS:
            eventually(lambda: self.signs(name)[-1] in WORDS[state], seconds, lambda: self.story(name))
        limit = 2 if state in WORDS else seconds
        eventually(lambda: self.mngr.agent(name)["state"] == state, limit, lambda: self.story(name))
        return self.mngr.agent(name)

    def story(self, name: str = "a") -> str:
        """Return what can be seen of an agent that does not do what it should."""
        return self.mngr("why", name).out + self.screen(name)

    def screen(self, name: str = "a") -> str:
        """Return what its terminal shows."""
        return run("tmux", "-L", self.host.tmux_socket, "capture-pane", "-p", "-t", f"=mngr-{name}:0").out

    def press(self, *keys: str, name: str = "a") -> None:
        """Press keys, as a person would."""
        run("tmux", "-L", self.host.tmux_socket, "send-keys", "-t", f"=mngr-{name}:0", *keys).assert_success()

    def kill(self, name: str = "a") -> None:
        """Kill its program."""
        socket = self.host.tmux_socket
        shown = run("tmux", "-L", socket, "list-panes", "-t", f"=mngr-{name}:0", "-F", "#{pane_pid}").out
        os.kill(int(shown), signal.SIGKILL)

    def signs(self, name: str = "a") -> list[str]:
        """Return the words of the signs."""
        return [line.split()[-1] for line in (self.mngr.folder(name) / "signs").read_text().splitlines()]

    def conversations(self, name: str = "a") -> list[str]:
        """Return the ids of the agent's conversations."""
        return [line.split()[1] for line in (self.mngr.folder(name) / "conversations").read_text().splitlines()]


class Opencode(Agents):
    """Talks to agents that run OpenCode, and reads what they say."""

    def say(self, text: str, name: str = "a", message_id: str | None = None) -> Verdict:
        """Send a message."""
        return PLUGIN.deliver(self.session(name), Message(message_id or uuid.uuid4().hex, text))

    def answer(self, choice: str | None = None, name: str = "a") -> Dialog:
        """Answer the open question."""
        return PLUGIN.answer(self.session(name), choice)

    def interrupt(self, name: str = "a") -> bool:
        """End the turn."""
        return PLUGIN.interrupt(self.session(name))

    def entries(self, name: str = "a") -> list[Entry]:
        """Return the agent's whole record; it need not run."""
        folder = self.mngr.folder(name)
        shown = run("env", f"MNGR_AGENT_STATE_DIR={folder}", "sh", folder / "read-record", "from", "0")
        rows = shown.assert_success().stdout.partition(b"\n")[2]
        return PLUGIN.reading(self.conversations(name)).read("rows", rows)

    def heard(self, name: str = "a") -> list[str]:
        """Return the user's messages in the record."""
        return [entry.text for entry in self.entries(name) if entry.role == "user" and entry.subagent is None]

    def said(self, name: str = "a") -> list[str]:
        """Return the agent's own answers in the record."""
        return [entry.text for entry in self.entries(name) if entry.role == "assistant" and entry.subagent is None]
