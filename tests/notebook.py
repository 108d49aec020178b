"""Agent type `notebook`: a program that is talked to, as small as can be; its record is lines of JSON, an entry each.

Tests install it as a plugin (`installed`), and write its record themselves.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mngr.model.agent import AgentRecord
from mngr.model.conversation import Entry, Program, Usage
from mngr.model.observation import RUNNING, Observation, Seen
from mngr.model.recorded import json_lines


class Reading:
    """Reads lines that are entries already; usage is told once for each id."""

    def __init__(self) -> None:
        self.counted: set[str] = set()

    def read(self, path: str, lines: bytes) -> list[Entry]:
        """Return the entries that lines tell."""
        return list(self._entries(path, lines))

    def _entries(self, path: str, lines: bytes) -> Iterator[Entry]:
        known = Entry.__annotations__
        for fields in json_lines(lines):
            if "role" not in fields:
                continue
            given: dict[str, Any] = {name: item for name, item in fields.items() if name in known}
            usage = given.get("usage")
            given["usage"] = Usage(**usage) if usage and given.get("id") not in self.counted else None
            if usage and "id" in given:
                self.counted.add(given["id"])
            if "/subagents/" in path:
                given["subagent"] = Path(path).stem.removeprefix("agent-")
            yield Entry(**given)


class NotebookType:
    """A program that writes down what is said."""

    name = "notebook"
    program = Program("sleep", "coreutils", "1")
    usage_words = ('"usage"',)

    def launch(self, record: AgentRecord) -> list[str]:
        """Return something that runs."""
        return ["sleep", "1000"]

    def state(self, seen: Observation) -> Seen:
        """Say that it runs."""
        return Seen(RUNNING)

    def files(self, record: AgentRecord) -> dict[str, bytes]:
        """Return no files."""
        return {}

    def prepare(self, host: Any, record: AgentRecord, trusted: bool) -> None:
        """Make nothing ready."""

    def deliver(self, session: Any, message: Any) -> Any:
        """Take no message."""
        raise NotImplementedError

    def reading(self, conversations: list[str]) -> Reading:
        """Return a reader of its record."""
        return Reading()


PLUGIN = NotebookType()


def installed(folder: Path) -> dict[str, str]:
    """Install this type as a plugin in a folder; return the environment in which mngr finds it."""
    info = folder / "notebook-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: notebook\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[mngr.agent_types]\nnotebook = notebook:PLUGIN\n")
    return {"PYTHONPATH": f"{folder}:{Path(__file__).parent}:{os.environ.get('PYTHONPATH', '')}"}


class Notebook:
    """The folder of one agent, in whose record a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, conversation: str = "one", path: str | None = None) -> Path:
        """Begin a conversation, and return its file."""
        file = self.folder / f"notes/{conversation}.jsonl"
        file.parent.mkdir(exist_ok=True)
        with (self.folder / "conversations").open("a") as conversations:
            conversations.write(f"1.000 {conversation} {path or file}\n")
        return file


def line(role: str, text: str = "", **fields: Any) -> bytes:
    """Return a line of a record."""
    return json.dumps({"role": role, "text": text, **fields}).encode() + b"\n"


def answer(number: int, model: str = "gpt-5", time: str = "2026-03-01T12:00:00.000Z", **usage: Any) -> bytes:
    """Return a line that an answer of a model gives, of 1000 tokens in, 100 out."""
    tokens = {"input_tokens": 1000, "output_tokens": 100, **usage}
    return line("assistant", f"answer {number}", id=f"msg_{number}", model=model, time=time, usage=tokens)
