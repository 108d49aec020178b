"""Whether a program waits for its terminal is proven, or not said."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sessions import Sessions

PYTHON = str(Path(sys.executable).resolve())
WAITS = {
    "cat": ["cat"],
    "bash": ["bash", "--norc"],
    "dash": ["dash"],
    "busybox": ["busybox", "sh"],
    "zsh": ["zsh", "-f"],
    "read": ["bash", "-c", "read line; echo $line"],
    "python": [PYTHON, "-q"],
    "input": [PYTHON, "-c", "input('> ')"],
    "less": ["less", "/etc/passwd"],
    "vim": ["vim", "-u", "NONE"],
    "dialog": [PYTHON, "-c", "import select; p = select.poll(); p.register(0, 1); p.poll()"],
    "readers": ["bash", "-c", "cat; true"],
    "background": ["bash", "--norc", "-i", "-c", "set -m; sleep 600 & read line"],
    "orphan": ["bash", "--norc", "-c", "set -m; (sleep 600 & exit); read line"],
}
DOES_NOT = {
    "sleep": ["sleep", "600"],
    "shell": ["bash", "-c", "sleep 600"],
    "shell2": ["bash", "-c", "sleep 600; true"],
    "busy": ["sh", "-c", "while :; do :; done"],
    "pipeline": ["bash", "-c", "sleep 600 | cat"],
    "busyreader": ["bash", "-c", "(while :; do :; done) & cat; wait"],
    "fifo": ["bash", "-c", "mkfifo x; cat <x"],
    "null": [PYTHON, "-c", "import select; select.select([], [], [], 600)"],
}


@pytest.mark.skipif(sys.platform != "linux", reason="nowhere else can it be seen")
@pytest.mark.parametrize(("program", "expected"), [*((p, True) for p in WAITS), *((p, False) for p in DOES_NOT)])
def test_it_is_seen_whether_a_program_waits(
    host_dir: Path, eventually: Callable[..., object], program: str, expected: bool
) -> None:
    argv = WAITS[program] if expected else DOES_NOT[program]
    if shutil.which(argv[0]) is None:
        pytest.skip(f"no {argv[0]} here")
    sessions = Sessions(host_dir)
    sessions.session(program, *argv)
    eventually(lambda: sessions.reads(program) is expected, 10, lambda: sessions.reads(program))


@pytest.mark.skipif(sys.platform != "linux", reason="nowhere else can it be seen")
def test_what_cannot_be_proven_is_not_said(host_dir: Path, eventually: Callable[..., object]) -> None:
    sessions = Sessions(host_dir)
    code = "import os, select; p = select.poll(); p.register(0, 1); p.register(os.pipe()[0], 1); p.poll()"
    sessions.session("poll", PYTHON, "-c", code)
    threads = "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start(); input()"
    sessions.session("threads", PYTHON, "-c", threads)
    for name in ("poll", "threads"):
        eventually(lambda name=name: sessions.reads(name) is None, 10, lambda name=name: sessions.reads(name))


def test_a_program_that_reads_another_terminal_is_not_waiting(
    host_dir: Path, eventually: Callable[..., object]
) -> None:
    sessions = Sessions(host_dir)
    sessions.session("other", "sleep", "600")
    terminal = sessions.tmux("display-message", "-p", "-t", "=mngr-other:", "#{pane_tty}")
    sessions.session("thief", "sh", "-c", f"exec cat <{terminal}")
    eventually(lambda: sessions.reads("thief") is False, 10, lambda: sessions.reads("thief"))
