"""Agents that run the real Claude Code, logged in to a model server of the test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from program import Mngr
from talkers import PROGRAMS, Talker

from mngr.agent_types.claude import PLUGIN
from mngr.testing.logins import claude_login
from mngr.testing.model_server import ModelServer

NEEDS_CLAUDE = pytest.mark.skipif(not Path(PROGRAMS, "claude").exists(), reason="Claude Code is not installed")


class Claude(Talker):
    """Makes agents that run Claude Code, which ask before they do anything."""

    def __init__(self, mngr: Mngr, model: ModelServer, trusted: list[Path]) -> None:
        super().__init__(PLUGIN, mngr, model)
        claude_login(mngr.home, model.url, trusted)
        self.change_settings(permissions={"defaultMode": "manual"})

    def change_settings(self, **settings: Any) -> None:
        """Change the user's own settings."""
        (self.mngr.home / ".claude" / "settings.json").write_text(json.dumps({**self.settings(), **settings}))

    def settings(self) -> Any:
        """Return the user's own settings."""
        return json.loads((self.mngr.home / ".claude" / "settings.json").read_text())

    def config(self, name: str = "a") -> Any:
        """Return what Claude itself remembers in the agent's folder."""
        return json.loads((self.mngr.folder(name) / "claude" / ".claude.json").read_text())

    def pid(self, name: str = "a") -> int:
        """Return the process that is the agent's program."""
        shown = self.host.run(self.host.tmux("display-message", "-p", "-t", f"=mngr-{name}:", "#{pane_pid}"))
        return int(shown.out)

    def transcripts(self, name: str = "a") -> list[Path]:
        """Return the files of the agent's conversations."""
        return sorted(self.mngr.folder(name).glob("claude/projects/*/*.jsonl"))


@contextmanager
def claude_in(mngr: Mngr, repo: Path) -> Iterator[Claude]:
    """Give a maker of agents that run Claude; the repository is trusted."""
    with ModelServer() as model:
        yield Claude(mngr, model, [repo])
