"""`mngr capture`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from program import Mngr

Eventually = Callable[..., object]


def test_live_done_failed_and_stopped(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    for name, shell in {
        "live": "echo from live; exec cat",
        "done": "echo from done",
        "failed": "echo from failed; exit 3",
        "stopped": "echo from stopped; exec sleep 600",
    }.items():
        assert mngr("create", name, "--transfer", "none", "--", "sh", "-c", shell).code in (0, int(name == "failed"))
        eventually(lambda name=name: mngr("capture", name).out == f"from {name}\n", 15, mngr("capture", name).out)
    mngr("stop", "stopped").assert_success()
    assert mngr("capture", "stopped").assert_success().out == "from stopped\n"
    eventually(lambda: mngr.agent("failed")["state"] == "failed")
    assert mngr("capture", "failed").assert_success().out == "from failed\n"
    assert mngr("capture", "done", "--all").assert_success().out == "from done\n"
    (row,) = [mngr("capture", "live", "--format", "json").json()]
    assert row == {"agent": "live", "screen": "from live"}


def test_the_history(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    mngr("create", "long", "--transfer", "none", "--", "sh", "-c", "seq 3000; exec cat").assert_success()
    eventually(lambda: mngr("capture", "long").lines[-1] == "3000")
    assert len(mngr("capture", "long").lines) <= 50
    everything = [str(number) for number in range(1, 3001)]
    assert mngr("capture", "long", "--all").lines == everything
    mngr("stop", "long").assert_success()
    assert mngr("capture", "long", "--all").lines == everything
    assert mngr("capture", "long").lines == everything[-len(mngr("capture", "long").lines) :]


def test_long_lines_are_whole_and_nothing_is_obeyed(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    shell = "printf '\\033[31mred\\033[0m größe\\033]0;t\\007\\n'; printf '%0500d\\n' 7; exec cat"
    mngr("create", "one", "--transfer", "none", "--", "sh", "-c", shell).assert_success()
    wanted = f"red größe\n{'7':0>500}\n"
    eventually(lambda: mngr("capture", "one").out == wanted, 15, lambda: mngr("capture", "one").out)


def test_nothing_to_show(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    assert mngr("capture", "one").assert_success().out == ""
    mngr("capture", "nosuch").assert_failure(3, "nosuch", "hint: ")
    mngr("capture").assert_failure(2, "hint: ")
    mngr("stop", "one").assert_success()
    (mngr.folder("one") / "screen").unlink()
    mngr("capture", "one").assert_failure(1, "'one'", "no session", "hint: mngr start one")
