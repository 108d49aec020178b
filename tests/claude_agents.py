"""Agents that run the real Claude Code, logged in to a model server of the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from program import Mngr
from talkers import PROGRAMS, Talker

from mngr.agent_types.claude import PLUGIN
from mngr.testing.logins import claude_login
from mngr.testing.model_server import ModelServer

INSTALLED = Path(PROGRAMS, "claude").exists()


class Claude(Talker):
    """Makes agents that run Claude Code, which ask before they do anything."""

    def __init__(self, mngr: Mngr, model: ModelServer, trusted: list[Path]) -> None:
        super().__init__(PLUGIN, mngr, model)
        claude_login(mngr.home, model.url, trusted)
        self.change_settings(permissions={"defaultMode": "manual"})

    def change_settings(self, **settings: Any) -> None:
        """Change the user's own settings."""
        path = self.mngr.home / ".claude" / "settings.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))

    def config(self, name: str = "a") -> Any:
        """Return what Claude itself remembers in the agent's folder."""
        return json.loads((self.mngr.folder(name) / "claude" / ".claude.json").read_text())

    def transcripts(self, name: str = "a") -> list[Path]:
        """Return the files of the agent's conversations."""
        return sorted(self.mngr.folder(name).glob("claude/projects/*/*.jsonl"))
