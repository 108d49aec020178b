"""Processes and the interrupts that meet them: what was begun is ended, or let finish, whenever the key is pressed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import eventually

from mngr.model.errors import CommandError
from mngr.transports.piped import Piped
from mngr.transports.run import InterruptsHeld, Process, run


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Have an interrupt raise, and be no more than that to what is started, however the tests themselves were."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    """Press Ctrl-C. The test's own thread gets it, as mngr's does: what else it starts takes none."""
    identity = threading.main_thread().ident
    assert identity
    signal.pthread_kill(identity, signal.SIGINT)


def when(sign: Path, times: int = 1) -> None:
    """Press Ctrl-C as soon as a file is there, and again when another is."""

    def press() -> None:
        for number in range(times):
            eventually(Path(f"{sign}{number or ''}").exists)
            interrupt()

    threading.Thread(target=press, daemon=True).start()


def test_an_interrupt_while_it_is_spawned_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    spawn = os.posix_spawnp
    pids: list[int] = []

    def interrupted(*args: Any, **options: Any) -> int:
        pids.append(spawn(*args, **options))
        interrupt()
        return pids[0]

    monkeypatch.setattr(os, "posix_spawnp", interrupted)
    before = set(os.listdir("/dev/fd"))
    with pytest.raises(KeyboardInterrupt):
        Process(["cat"])
    with pytest.raises(ChildProcessError):
        os.waitpid(pids[0], 0)
    assert set(os.listdir("/dev/fd")) == before


def test_what_runs_can_itself_be_interrupted() -> None:
    with Process(["sh", "-c", "kill -INT $$; echo lived"]) as process:
        assert process.result(check=False).code == -signal.SIGINT


@pytest.mark.parametrize("name", ["no-such-program", "a\0b"])
def test_what_cannot_be_started_leaves_us_interruptible(name: str) -> None:
    with pytest.raises(CommandError):
        Process([name])
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def finish_after(tmp_path: Path, pressed: int) -> Piped:
    script = ': >"$1"; cat; sleep 0.3; : >"${1}1"; sleep "$2"; echo done; : >"$3"'
    words = ["sh", "-c", script, "sh", str(tmp_path / "began"), "0.3" if pressed == 1 else "60", str(tmp_path / "done")]
    when(tmp_path / "began", pressed)
    process = Process(words, group=True)
    process.whole = True
    return process


def test_a_short_command_is_let_finish(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), finish_after(tmp_path, 1) as process:
        process.result(b"x" * 300_000)
    assert (tmp_path / "done").exists()


def test_a_second_interrupt_ends_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), finish_after(tmp_path, 2) as process:
        process.result()
    assert process.wait() == -signal.SIGTERM
    assert not (tmp_path / "done").exists()


def test_a_process_takes_the_signals_that_its_thread_holds_back() -> None:
    with InterruptsHeld():
        said = run(["grep", "^SigBlk", "/proc/self/status"]).text
    assert int(said.split()[1], 16) == 0
