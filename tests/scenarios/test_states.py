"""The states of real programs, as `mngr list` tells them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr

Eventually = Callable[..., object]
PYTHON = str(Path(sys.executable).resolve())

# name: (program, state, reason, exit code)
PROGRAMS: dict[str, tuple[list[str], str, str | None, int | None]] = {
    "cat": (["cat"], "waiting", "waits for terminal input", None),
    "prompt": (["bash", "--norc", "-i"], "waiting", "waits for terminal input", None),
    "asks": ([PYTHON, "-c", "input('> ')"], "waiting", "waits for terminal input", None),
    "reads": (["sh", "-c", "read -r line"], "waiting", "waits for terminal input", None),
    "sleep": (["sleep", "600"], "running", None, None),
    "busy": (["sh", "-c", "sleep 600; true"], "running", None, None),
    "pipe": (["sh", "-c", "sleep 600 | cat"], "running", None, None),
    "done": (["true"], "done", None, 0),
    "failed": (["sh", "-c", "exit 3"], "failed", None, 3),
    "killed": (["sh", "-c", "kill -KILL $$"], "failed", "ended by signal KILL", 137),
    "term": (["sh", "-c", "kill -TERM $$"], "failed", "ended by signal TERM", 143),
    "segv": (["sh", "-c", "kill -SEGV $$"], "failed", "ended by signal SEGV", 139),
    "crash": ([PYTHON, "-c", "raise SystemExit('no')"], "failed", None, 1),
    "nosuch": (["nosuch-program"], "failed", "the program was not found", 127),
    "folder": (["/etc"], "failed", "the program could not be started", 126),
}


@pytest.mark.skipif(sys.platform != "linux", reason="nowhere else can it be seen who waits")
@pytest.mark.timeout(90)
@pytest.mark.slow
def test_what_programs_do_is_seen(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    for name, (argv, *_) in PROGRAMS.items():
        code = mngr("create", name, "--transfer", "none", "--", *argv).code
        assert code in {"failed": (0, 1)}.get(PROGRAMS[name][1], (0,)), name  # by whether it has failed by then
        assert code == 1 or name not in ("nosuch", "folder"), name
    mngr("create", "shell", "shell", "--transfer", "none").assert_success()
    wanted = {name: tuple(seen) for name, (_, *seen) in PROGRAMS.items()}
    wanted["shell"] = ("waiting", "waits for terminal input", None)

    def seen() -> dict[str, tuple[object, ...]]:
        return {name: (row["state"], row["reason"], row["exit_code"]) for name, row in mngr.agents().items()}

    eventually(lambda: seen() == wanted, 20, lambda: set(seen().items()) ^ set(wanted.items()))
    mngr("stop", "--all").assert_success()
    after = seen()
    assert {state for state, _, _ in after.values()} == {"stopped"}


def test_a_state_follows_its_program(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    mngr(
        "create", "one", "--transfer", "none", "--", "sh", "-c", "read -r a; sleep 1; read -r b; exit 4"
    ).assert_success()
    mngr("wait", "one", "--state", "waiting", "--timeout", "20s").assert_success()
    mngr("message", "one", "go").assert_success()
    mngr("wait", "one", "--state", "running", "--timeout", "20s").assert_success()
    mngr("wait", "one", "--state", "waiting", "--timeout", "20s").assert_success()
    mngr("message", "one", "end").assert_success()
    mngr("wait", "one", "--state", "failed", "--timeout", "20s").assert_success()
    assert mngr.agent("one")["exit_code"] == 4
