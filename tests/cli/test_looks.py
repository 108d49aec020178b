"""`mngr wait`, `why`, `events`, `gc` and `doctor`."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from program import Mngr, git

Eventually = Callable[..., object]


@pytest.fixture
def one(mngr: Mngr, repo: Path) -> Mngr:
    """Return the program with an agent `one` in the repository itself."""
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    return mngr


def test_wait(one: Mngr) -> None:
    one("wait", "one", "--timeout", "20s").assert_success("one is waiting")
    one("wait", "one", "--state", "done", "--timeout", "0.1s").assert_failure(
        124, "timed out after 0.1s: 'one' is waiting, not done", "hint: "
    )
    one("wait", "one", "--state", "asleep").assert_failure(2, "asleep", "hint: ")
    one("wait", "nosuch").assert_failure(3, "nosuch", "hint: ")
    process = one.start("wait", "one", "--state", "stopped", "--state", "done", "--format", "json")
    one("stop", "one").assert_success()
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert json.loads(out) == [{"agent": "one", "state": "stopped", "exit_code": None}]


def test_wait_for_several(one: Mngr) -> None:
    one("create", "two", "--transfer", "none", "--", "sh", "-c", "read line; exit 0").assert_success()
    process = one.start("wait", "one", "two", "--state", "done")
    one("message", "two", "go").assert_success()
    one("destroy", "one", "-f").assert_success()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (124, b"two is done\n")
    assert b"'one' was destroyed" in err


def test_why(one: Mngr) -> None:
    one("wait", "one", "--state", "waiting").assert_success()
    done = one("why", "one").assert_success("one is waiting: waits for terminal input", "terminal", "tmux")
    assert done.err == ""
    row = one("why", "one", "--format", "json").json()
    assert list(row) == ["agent", "state", "reason", "question", "state_since", "exit_code", "signs"]
    assert all(list(sign) == ["source", "says", "at"] for sign in row["signs"])
    one("why", "one", "--at", "2020-01-01T00:00:00Z").assert_success("nothing is written down")
    now = one("why", "one", "--at", "2999-01-01T00:00:00Z", "--format", "json").json()
    assert now["last_event"]["type"] == "created"
    one("why", "one", "--at", "yesterday").assert_failure(2, "yesterday", "hint: ")
    one("why", "nosuch").assert_failure(3, "nosuch", "hint: ")


def types(mngr: Mngr, *words: str) -> list[str]:
    return [event["type"] for event in mngr("events", *words, "--format", "jsonl").json_lines()]


def test_events(one: Mngr, eventually: Eventually) -> None:
    one("message", "one", "hi").assert_success()
    one("stop", "one").assert_success()
    one("start", "one").assert_success()
    one("rename", "one", "two").assert_success()
    assert types(one, "two") == ["created", "message", "stopped", "started", "renamed"]
    assert types(one, "two", "--head", "2") == ["created", "message"]
    assert types(one, "two", "--tail", "1") == ["renamed"]
    assert types(one, "two", "--tail", "0") == []
    assert types(one, "two", "--include", "stopped", "--include", "started") == ["stopped", "started"]
    assert types(one, "two", "--source", "tmux") == []
    (event,) = one("events", "two", "--head", "1", "--format", "json").json()
    assert list(event) == ["time", "source", "type", "agent_id"]
    line = one("events", "two", "--head", "1").assert_success().out
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  mngr     created\n", line)
    one("events", "nosuch").assert_failure(3, "nosuch", "hint: ")
    one("events", "two", "--head", "1", "--tail", "1").assert_failure(2, "--head", "hint: ")
    one("destroy", "two").assert_success()
    assert types(one, "@local")[-1] == "destroyed"
    assert one("events", "@local", "--tail", "1").assert_success().out.endswith("Z  mngr     destroyed  two\n")
    one("events", "@local", "--follow").assert_failure(2, "--follow", "hint: ")


def test_events_are_followed_across_restarts(one: Mngr) -> None:
    with one.start("events", "one", "--follow", "--format", "jsonl") as process:
        seen = (json.loads(line)["type"] for line in process.stdout or ())
        assert next(seen) == "created"
        one("stop", "one").assert_success()
        one("start", "one").assert_success()
        one("message", "one", "hi").assert_success()
        assert [next(seen) for _ in range(3)] == ["stopped", "started", "message"]
        one("create", "two", "--transfer", "none", "--", "cat").assert_success()
        one("destroy", "one").assert_success()
        assert list(seen) == ["stopped", "destroyed"]  # it ends with the agent
        assert process.wait(20) == 0


def test_an_end_is_an_event(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    assert mngr("create", "one", "--transfer", "none", "--", "sh", "-c", "exit 3").code in (0, 1)
    eventually(lambda: types(mngr, "one") == ["created", "exited"])
    assert mngr("events", "one", "--tail", "1", "--format", "{source} {status}").out == "tmux 3\n"


def test_gc_removes_an_installation_that_was_cut_off_but_none_under_way(mngr: Mngr, host_dir: Path) -> None:
    half = host_dir / "programs/.codex.new"
    (half / "node_modules").mkdir(parents=True)
    with (host_dir / "programs/codex.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "nothing" in mngr("gc").assert_success().err
    assert half.exists()
    mngr("gc", "--dry-run").assert_success("codex", "installation was not finished")
    assert half.exists()
    mngr("gc").assert_success("codex")
    assert not half.exists()
    assert "nothing" in mngr("gc").assert_success().err


def test_gc_removes_only_what_nobody_has(one: Mngr, repo: Path, host_dir: Path) -> None:
    one("gc").assert_success()
    assert "nothing" in one("gc").err
    # A create that was killed: its folder and its name are there, and nobody holds the lock.
    half = host_dir / "agents" / f"agent-{'a' * 32}"
    shutil.copytree(one.folder("one"), half)
    record = (half / "record.json").read_text().replace(one.agent("one")["id"], half.name).replace('"one"', '"half"')
    (half / "making.json").write_text(record)
    (half / "record.json").unlink()
    (host_dir / "names" / "half").write_text(f"{half.name}\n")
    # A folder that looks like a workspace is named and left alone.
    (host_dir / "worktrees" / "mine").mkdir(parents=True, exist_ok=True)
    one("gc", "--dry-run").assert_success("would be removed: half-made half")
    assert half.exists()
    row = one("gc", "--format", "json").json()[0]
    assert list(row) == ["kind", "name", "host", "text", "result"]
    assert not half.exists()
    assert not (host_dir / "names" / "half").exists()
    assert (host_dir / "worktrees" / "mine").exists()
    assert (repo / "README.md").exists()
    one("gc").assert_success("left alone: workspace")
    assert one.agent("one")["state"] in ("waiting", "running")
    one("create", "half", "--transfer", "none", "--", "cat").assert_success()


def test_doctor(one: Mngr, home: Path, repo: Path) -> None:
    done = one("doctor").assert_success("tmux", "git", "python")
    needless = ("git-lfs", "claude", "codex", "opencode", "mend:")
    assert all(line.startswith("ok ") for line in done.lines if not any(word in line for word in needless))
    rows = one("doctor", "--format", "json").json()
    assert all(list(row) == ["about", "result", "says", "mend"] for row in rows)
    (home / ".mngr" / "config.toml").write_text("nosuch = 1\n")
    done = one("doctor")
    assert done.code == 1
    assert "nosuch" in done.out
    assert "mend:" in done.out


def test_doctor_where_things_are_missing(
    mngr: Mngr, home: Path, host_has: Callable[..., AbstractContextManager[None]]
) -> None:
    tools = home / "tools"
    tools.mkdir()
    for name in ("sh", "uname", "head", "ls", "cut", "df", "tail", "mkdir", "rm", "git", "ssh"):
        (tools / name).symlink_to(shutil.which(name) or "")
    with host_has(PATH=str(tools)):
        done = mngr("doctor", env={"PATH": str(tools)})
    assert done.code == 1
    assert re.search(r"wrong +tmux .*\n +mend: ", done.out)
    assert re.search(r"ok +git ", done.out)
    git(home, "--version")


def test_all_of_none(mngr: Mngr) -> None:
    for words in (["stop"], ["destroy"], ["wait"], ["message", "hi"], ["start"]):
        done = mngr(words[0], "--all", *words[1:]).assert_success()
        assert (done.out, done.err) == ("", "no agents\n")
    assert mngr("stop", "--state", "done").assert_success().err == "no agent matches\n"
    assert mngr("gc").assert_success().err == "nothing to remove\n"


def test_start_all_says_who_is_left_out(one: Mngr) -> None:
    assert one("start", "--all").assert_success().err == "every agent that should run does\n"
    one("stop", "one").assert_success()
    said = one("start", "--all").assert_success().err
    assert said == "every agent that should run does; 1 was stopped: name it to start it\n"
