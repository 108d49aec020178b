"""This machine as a host that is watched for idleness; what stops it makes a file."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sessions import Sessions
from waiting import eventually

from mngr.hosts import watchdog
from mngr.hosts.watchdog import IdleSettings

LONG = 3600
TOOLS = "timeout stat date mv rm ls cat awk grep sleep setsid env".split()
ROUNDS = 4  # what did not stop the host in so many rounds beyond its time does not stop it
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="what a host's processes do is read in /proc")


class Watched:
    """This machine, watched for idleness; it is `stopped` by a file."""

    def __init__(self, folder: Path) -> None:
        self.sessions = Sessions(folder)
        self.folder, self.host = folder, self.sessions.host
        self.mark = folder.parent / "stopped"

    def watch(self, mode: str, timeout: int = 3, **more: Any) -> watchdog.Watch:
        stop = more.pop("stop", f"echo stopped >>'{self.mark}'")
        return watchdog.settings(self.host, IdleSettings(mode=mode, timeout=timeout, stop=stop, **more))

    @property
    def seen(self) -> dict[str, Any]:
        return eventually(self._read, what="idle.json")

    def _read(self) -> dict[str, Any]:
        text = (self.folder / "idle.json").read_text()
        assert text.endswith("}\n"), text  # where no process can be started, it is written in place
        return json.loads(text)

    @property
    def pid(self) -> int:
        """Return the process that holds the watchdog's lock."""
        found = eventually(self.processes, what="a watchdog")  # a moment ago it was what starts it
        assert len(found) == 1, found
        return found[0]

    def processes(self, folder: Path | None = None) -> list[int]:
        """Return the watchdogs of this folder: shells that run it, not what they started."""
        place = str(folder or self.folder)
        wanted = [b"sh", f"{place}/watchdog.sh".encode(), b"run", place.encode()]
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if (
                    words[: len(wanted)] == wanted
                    and (entry / "stat").read_text().split(") ")[1].split()[3] == entry.name
                ):
                    found.append(int(entry.name))
        return found

    def wait_for_stop(self, seconds: float = 40) -> dict[str, Any]:
        eventually(self.mark.exists, seconds, lambda: (self.folder / "idle.json").read_text())
        return json.loads((self.folder / "stop_reason.json").read_text())

    def assert_kept(self, source: str, rounds: int = ROUNDS) -> None:
        """Check that what goes on keeps the host up: its deadline moves on, again and again, for this reason."""
        deadlines: set[int] = set()

        def moves() -> bool:
            assert not self.mark.exists()
            seen = self.seen
            if seen["source"] == source:
                deadlines.add(seen["deadline"])
            return len(deadlines) > rounds

        eventually(moves, 45, lambda: f"{source}: {deadlines} {self.seen}")


def sleeper(watched: Watched, number: int = 1, *command: str) -> Path:
    """Start an agent that does nothing (or runs a command)."""
    state = watched.sessions.agent(number, wanted="")
    watched.sessions.session(f"a{number}", *(command or ("sleep", "600")), number=number)
    return state


open_locks: dict[Path, int] = {}


@contextlib.contextmanager
def locked(file: Path, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    with file.open("a") as held:
        fcntl.flock(held, kind)
        open_locks[file] = held.fileno()
        yield


@contextlib.contextmanager
def titled(title: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process with such a title."""
    with subprocess.Popen([title, "600"], executable=shutil.which("sleep")) as process:
        yield process
        process.kill()


def put_first(home: Path, name: str, script: str) -> None:
    """Put a program of the test's own in front of the system's."""
    tools = home / "tools"
    tools.mkdir(exist_ok=True)
    (tools / name).write_text(f"#!/bin/sh\n{script}\n")
    (tools / name).chmod(0o755)
    if not os.environ["PATH"].startswith(f"{tools}:"):
        os.environ["PATH"] = f"{tools}:{os.environ['PATH']}"


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """Make a folder the root of a small disk, or, where that is not allowed, one that can be made read-only."""
    mounted = (
        os.getuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(folder)], capture_output=True, check=False
        ).returncode
    )

    def fill() -> None:
        if not mounted:
            folder.chmod(0o500)
            return
        (folder / "filler").touch()
        done = subprocess.run(
            ["dd", "if=/dev/zero", "bs=512", f"of={folder / 'filler'}"], capture_output=True, check=False
        )
        assert b"No space left" in done.stderr

    yield fill
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    else:
        folder.chmod(0o700)
