"""Real agent programs in surroundings of their own, with a scripted model server, and what they heard."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path

from arena import PATH, Arena  # it says where the others are

# isort: split
from program import Outcome

from mngr.testing.logins import claude_login, codex_login, opencode_login
from mngr.testing.model_server import ModelServer

LOGINS = {"claude": claude_login, "codex": codex_login, "opencode": partial(opencode_login, permission="allow")}
PROGRAMS = os.environ.get("MNGR_TEST_PROGRAMS") or str(Path.home() / ".cache/mngr-agents/node_modules/.bin")
PATIENCE_SECONDS = 120.0
MARK = re.compile(r"mark-([a-z]+)-(\d+)\b")

Mark = tuple[str, int]  # who sent it, and its number


class Talkers(Arena):
    """An arena with a model server that one of the programs is logged in to."""

    def __init__(self, program: str) -> None:
        self.server = ModelServer()
        super().__init__()
        self.program = program
        (self.folder / "tmp").mkdir()
        os.environ.update(PATH=f"{PROGRAMS}:{PATH}", TMPDIR=str(self.folder / "tmp"))
        LOGINS[program](self.home, self.server.url)

    def __enter__(self) -> Talkers:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.mngr("destroy", "--all", "--force", timeout=PATIENCE_SECONDS)
        super().__exit__()
        self.server.__exit__(None, None, None)

    def run(self, *words: str) -> Outcome:
        """Run mngr; it must succeed."""
        return self.mngr(*words, timeout=PATIENCE_SECONDS).assert_success()

    def create(self, name: str) -> None:
        """Create an agent of the program, in place."""
        self.run("create", name, self.program, "--yes", "--no-connect", "--transfer", "none")

    def heard(self, name: str) -> list[Mark]:
        """Return the marks that an agent's record shows in its user's messages, in order."""
        outcome = self.mngr("transcript", name, "--role", "user", "--format", "jsonl", timeout=PATIENCE_SECONDS)
        texts = [entry["text"] for entry in outcome.json_lines() if entry["role"] == "user"]
        return [(sender, int(number)) for text in texts for sender, number in MARK.findall(text)]
