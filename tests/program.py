"""The real program, run as a user would, and what became of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = ROOT / ".venv" / "bin" / "mngr"
# Outside the project's own environment the same script runs from this tree, by the Python that runs the tests.
PROGRAM = [str(INSTALLED)] if INSTALLED.exists() else [sys.executable, str(ROOT / "scripts" / "mngr")]


@dataclass(frozen=True)
class Outcome:
    """How a run of a program ended, and what it wrote."""

    argv: list[str]
    code: int  # minus the signal, when one ended it
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        """Return standard output as text."""
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def err(self) -> str:
        """Return standard error as text."""
        return self.stderr.decode("utf-8", "surrogateescape")

    @property
    def lines(self) -> list[str]:
        """Return the lines of standard output."""
        return self.out.splitlines()

    def assert_success(self, *fragments: str) -> Outcome:
        """Check that it ended with 0, and that standard output holds these texts."""
        assert self.code == 0, self._story()
        assert all(fragment in self.out for fragment in fragments), self._story(fragments)
        return self

    def assert_failure(self, code: int, *fragments: str) -> Outcome:
        """Check that it ended with this code, clearly: an error of a few lines that holds these texts, no traceback."""
        assert self.code == code, self._story()
        assert "Traceback" not in self.err, self._story()
        assert self.err.strip(), self._story("an error on standard error")
        assert all(fragment in self.err for fragment in fragments), self._story(fragments)
        return self

    def json(self) -> Any:
        """Return standard output read as JSON, of a run that succeeded."""
        self.assert_success()
        return json.loads(self.stdout)

    def json_lines(self) -> list[Any]:
        """Return standard output read as JSON lines, of a run that succeeded."""
        self.assert_success()
        return [json.loads(line) for line in self.stdout.splitlines()]

    def _story(self, missing: object = "") -> str:
        wanted = f"\nwanted: {missing}" if missing else ""
        command = " ".join(self.argv)[:500]
        return (
            f"{command}\nexit {self.code}{wanted}\n-- stdout --\n{self.out[-4000:]}\n-- stderr --\n{self.err[-4000:]}"
        )


class Mngr:
    """Runs `mngr` in the surroundings of one test."""

    def __init__(self, home: Path, host_dir: Path) -> None:
        self.home = home
        self.host_dir = host_dir
        self.cwd = home
        self.program = PROGRAM
        self.env: dict[str, str] = {}
        self.user: int | None = None

    def __call__(
        self,
        *args: str | bytes,
        input: str | bytes = b"",
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 30.0,
    ) -> Outcome:
        """Run `mngr ARGS` to its end. `env` is added to the test's own environment."""
        process = self.start(*args, env=env, cwd=cwd)
        try:
            out, err = process.communicate(input.encode() if isinstance(input, str) else input, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"mngr {args} took more than {timeout} s: {out!r} {err!r}") from None
        shown = ["mngr", *(os.fsdecode(arg) for arg in args)]
        return Outcome(shown, process.returncode, out, err)

    def start(
        self, *args: str | bytes, env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `mngr ARGS` in a process group of its own, with pipes to its streams; the caller ends it."""
        return subprocess.Popen(
            [*self.program, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.env, **(env or {})},
            cwd=cwd or self.cwd,
            start_new_session=True,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
        )

    def agents(self) -> dict[str, Any]:
        """Return what `mngr list` shows, by name."""
        return {row["name"]: row for row in self("list", "--format", "json").json()}

    def agent(self, name: str) -> Any:
        """Return what `mngr list` shows of one agent."""
        return self.agents()[name]

    def folder(self, name: str) -> Path:
        """Return an agent's state folder."""
        return self.host_dir / "agents" / (self.host_dir / "names" / name).read_text().strip()


def run(*argv: str | Path, cwd: Path | None = None, input: bytes = b"", timeout: float = 30.0) -> Outcome:
    """Run any program to its end in the test's environment."""
    done = subprocess.run(argv, cwd=cwd, input=input, capture_output=True, timeout=timeout, check=False)
    return Outcome([str(word) for word in argv], done.returncode, done.stdout, done.stderr)


def git(folder: Path, *args: str | Path, input: bytes = b"") -> str:
    """Run git in a folder and return what it wrote, without the last newline."""
    return run("git", "-C", folder, *args, input=input).assert_success().out.removesuffix("\n")
