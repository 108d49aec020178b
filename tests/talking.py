"""Agents of a small program that is talked to: its type is a plugin, found as those of strangers are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from program import ROOT, Mngr, run

TALKER = ROOT / "tests" / "talker"


def teach(mngr: Mngr, folder: Path) -> None:
    """Make mngr find the type `talker`."""
    info = folder / "talker-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: talker\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mngr.agent_types]\ntalker = talker_type:PLUGIN\n")
    mngr.env["PYTHONPATH"] = f"{folder}:{TALKER}:{os.environ.get('PYTHONPATH', '')}:{ROOT / 'src'}"


class Talk:
    """An agent that is talked to, and what it heard."""

    def __init__(self, mngr: Mngr, name: str, *options: str) -> None:
        self.mngr = mngr
        self.name = name
        mngr("create", name, "talker", "--transfer", "none", "--no-connect", "--", *options).assert_success()

    @property
    def folder(self) -> Path:
        """Return its state folder."""
        return self.mngr.folder(self.name)

    @property
    def state(self) -> str:
        """Return its state."""
        return self.mngr.agent(self.name)["state"]

    def record(self) -> list[Any]:
        """Return its record."""
        return record(self.folder)

    def heard(self) -> list[str]:
        """Return the messages that it took."""
        return heard(self.folder)

    def started_with(self, *options: str) -> None:
        """Start it anew, if it does not run, with these options and none of those that it had."""
        self.mngr("stop", self.name).assert_success()
        file = self.folder / "record.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "command": list(options)}))
        self.mngr("start", self.name, timeout=60).assert_success()

    def outbox(self) -> dict[str, str]:
        """Return the state of each message, by its text; whether it was answered by now is another question."""
        rows = self.mngr("outbox", self.name, "--all", "--format", "json").json()
        return {row["text"]: row["state"].replace("answered", "accepted") for row in rows}


def record(folder: Path) -> list[Any]:
    """Return the record of an agent that is talked to, by its state folder."""
    file = folder / "talk.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def heard(folder: Path) -> list[str]:
    """Return the messages that an agent took."""
    return [entry["text"] for entry in record(folder) if entry["role"] == "user"]


def press(name: str, text: str, *keys: str) -> None:
    """Type into an agent's terminal as a person does."""
    socket = next(Path(os.environ["TMUX_TMPDIR"]).glob("tmux-*/*")).name
    target = f"=mngr-{name}:"
    run("tmux", "-L", socket, "send-keys", "-t", target, "-l", text).assert_success()
    if keys:
        run("tmux", "-L", socket, "send-keys", "-t", target, *keys).assert_success()
