"""Agents made by hand: a folder and a tmux session each, without any command of mngr."""

from __future__ import annotations

import os
from pathlib import Path

from this_host import this_host
from waiting import eventually

from mngr.model.agent import AgentRecord, Workspace, to_json
from mngr.model.result import Result
from mngr.observe import probe

STARTED = "2026-01-01T00:00:00.000Z"


RUN = os.urandom(12).hex()  # tests run side by side, and an id is an agent's on the whole machine


def agent_id(number: int) -> str:
    return f"agent-{RUN}{number:08x}"


class Sessions:
    """A host of the test's own, with agents that the test makes piece by piece."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = this_host(folder)
        (folder / "agents").mkdir(parents=True, exist_ok=True)

    def agent(self, number: int, name: str = "", **files: str | bytes) -> Path:
        """Make an agent's folder with a record and other files; `work_dir="/x"` writes that file."""
        state = self.folder / "agents" / agent_id(number)
        state.mkdir()
        new = state / "record.new"
        new.write_bytes(to_json(self.record(number, name)))
        new.rename(state / "record.json")  # at once, as mngr writes it: nobody sees half of it
        for file, content in files.items():
            (state / file.replace("_json", ".json")).write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
        return state

    def record(self, number: int, name: str = "") -> AgentRecord:
        """Return the record of a plain agent."""
        workspace = Workspace(mode="none", folder=str(self.folder))
        return AgentRecord(agent_id(number), name or f"a{number}", "command", ["true"], workspace, "p", STARTED)

    def session(self, name: str, *command: str, number: int | None = None) -> int:
        """Start a session, as mngr's own where a number is given, and return the process of its program."""
        words = ["new-session", "-d", "-x", "80", "-y", "24", "-s", f"mngr-{name}", "-P", "-F", "#{pane_pid}"]
        if number is not None:
            words += ["-e", f"MNGR_AGENT_ID={agent_id(number)}"]
        words += ["--", *command, ";", "set-option", "-w", "remain-on-exit", "on"]
        if number is not None:
            words += [";", "set-option", "@mngr_agent", agent_id(number)]
        return int(self.tmux(*words))

    def tmux(self, *words: str) -> str:
        """Call the host's tmux server."""
        return self.host.run(["env", "-u", "MNGR_AGENT_ID", *self.host.tmux("-f", "/dev/null"), *words]).text.strip()

    def look(self, *only: str) -> probe.Probe:
        """Look at everything, or at some."""
        return probe.look(self.host, only, timeout_seconds=20)

    def reads(self, name: str) -> bool | None:
        """Tell whether a session's program waits for its terminal."""
        panes = [seen for seen in self.look().observations if seen.pane and seen.pane.session == f"mngr-{name}"]
        assert len(panes) == 1
        return panes[0].reads_terminal

    def stop(self, number: int, grace_seconds: int = 1) -> Result:
        """End an agent's processes and its session."""
        script = ["hosts/stop.sh", str(self.folder), agent_id(number), self.host.tmux_socket, str(grace_seconds)]
        return self.host.script(script, timeout_seconds=30, check=False)


def alive(pid: int) -> bool:
    """Tell whether a process lives and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def pid_in(file: Path) -> int:
    """Return the number that a process will have written into a file."""
    return int(eventually(lambda: file.exists() and file.read_text().strip(), what=str(file)))
