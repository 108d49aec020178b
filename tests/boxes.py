"""Containers as hosts, made and asked about through the program."""

from __future__ import annotations

from typing import Any

from docker_engine import DockerEngine
from program import Mngr, Outcome
from waiting import eventually

PATIENCE_SECONDS = 60.0


class Boxes:
    """The containers of one test."""

    def __init__(self, mngr: Mngr, engine: DockerEngine) -> None:
        self.mngr = mngr
        self.engine = engine

    def __call__(self, *words: str, input: str = "") -> Outcome:
        """Run `mngr WORDS`, for as long as a busy machine may need."""
        return self.mngr(*words, input=input, timeout=PATIENCE_SECONDS)

    def create(self, agent: str = "one", host: str = "box", *words: str) -> Outcome:
        """Make an agent on a new host; `cat`, unless the words say what."""
        program = () if "--" in words else ("--", "cat")
        return self("create", f"{agent}@{host}.docker", "--new-host", *words, *program).assert_success()

    def row(self, host: str = "box") -> dict[str, Any] | None:
        """Return the row of a host in `list --hosts`."""
        rows = self("list", "--hosts", "--format", "json").json()
        return next((row for row in rows if row["name"] == host), None)

    def state(self, host: str = "box") -> str | None:
        """Return the state of a host."""
        row = self.row(host)
        return None if row is None else row["state"]

    def wait_for(self, state: str | None, host: str = "box") -> None:
        """Wait until a host is in a state; None: until there is none."""
        eventually(lambda: self.state(host) == state, PATIENCE_SECONDS, lambda: self.row(host))

    def inside(self, script: str, host: str = "box") -> str:
        """Run shell text in a container, past mngr, and return what it says."""
        name = f"{self.mngr.env['MNGR_PREFIX']}{host}"
        return self.engine("exec", name, "sh", "-c", script).assert_success().out
