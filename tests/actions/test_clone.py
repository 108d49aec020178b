"""`mngr clone`, and `create --adopt`: agents that carry on what others began."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from program import Mngr, git
from sessions import pid_in

OLD = "01a1fae2-d851-7160-bec5-f8e60c05281b"
PARENT = "01a1fae2-0000-7160-bec5-f8e60c05281b"
SPLIT = "019a0000-1111-7222-8333-444444444444"


@pytest.fixture
def codex(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program `codex` on PATH that writes down its arguments, and stays; return where it does."""
    folder = home / "bin"
    folder.mkdir()
    path = folder / "codex"
    path.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >"{home}/words-$MNGR_AGENT_NAME"\n'
        f'echo "$$" >"{home}/pid-$MNGR_AGENT_NAME"\nexec sleep 1000\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return home


def words(home: Path, name: str) -> list[str]:
    """Return the arguments that the program of an agent got."""
    pid_in(home / f"pid-{name}")
    return (home / f"words-{name}").read_text().splitlines()


def rollout(folder: Path, id: str, parent: str | None = None, text: str = "hello") -> Path:
    """Write a conversation as Codex does, its last line torn."""
    path = folder / "sessions/2026/11/20" / f"rollout-2026-11-20T21-35-32-{id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    meta: dict[str, Any] = {"id": id, "cwd": "/elsewhere", **({"forked_from_id": parent} if parent else {})}
    lines = [{"type": "session_meta", "payload": meta}, {"type": "event_msg", "payload": {"id": id, "text": text}}]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + '{"torn')
    return path


def read(path: Path) -> list[Any]:
    """Return the lines of a conversation."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def record(mngr: Mngr, name: str) -> Any:
    """Return an agent's record."""
    return json.loads((mngr.folder(name) / "record.json").read_text())


def test_a_plain_agent_is_cloned_with_its_files(mngr: Mngr, repo: Path, home: Path) -> None:
    program = ["sh", "-c", f'echo "$A" >{home}/a-$MNGR_AGENT_NAME; exec sleep 1000']
    given = ["--env", 'A=it\'s "so"\nand $so', "--label", "team=web", "-w", "logs=sleep 1000"]
    mngr("create", "one", *given, "--", *program).assert_success()
    folder = Path(mngr.agent("one")["work_dir"])
    (folder / "committed").write_text("x")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Work")
    (folder / "README.md").write_text("changed\n")
    (folder / "new").write_text("new\n")
    done = mngr("clone", "one", "two", "--label", "try=2", "--format", "json").json()
    assert done["result"] == "cloned"
    two = mngr.agent("two")
    made = Path(two["work_dir"])
    assert made != folder
    assert [(made / name).read_text() for name in ("committed", "README.md", "new")] == ["x", "changed\n", "new\n"]
    assert (two["branch"], two["type"], two["labels"]) == ("mngr/two", "command", {"team": "web", "try": "2"})
    assert git(made, "log", "-1", "--format=%s") == "Work"
    assert record(mngr, "two")["windows"] == record(mngr, "one")["windows"]
    assert (home / "a-two").read_text() == 'it\'s "so"\nand $so\n'
    env = mngr("exec", "two", 'echo "$MNGR_AGENT_NAME $MNGR_AGENT_WORK_DIR"').assert_success()
    assert env.out == f"two {made}\n"
    assert git(folder, "status", "--short").splitlines() == [" M README.md", "?? new"]
    mngr("copy", "two").assert_success("cloned")
    assert len(mngr.agents()) == 3


def test_what_cannot_be_cloned(mngr: Mngr, repo: Path) -> None:
    mngr("clone", "nobody").assert_failure(3, "nobody")
    mngr("create", "one", "shell").assert_success()
    mngr("clone", "one", "one").assert_failure(1, "there is an agent 'one' already")
    mngr("clone", "one", "two@elsewhere").assert_failure(3, "elsewhere")
    assert list(mngr.agents()) == ["one"]


def test_the_conversation_goes_along(mngr: Mngr, repo: Path, codex: Path) -> None:
    mngr("create", "one", "codex", "--", "--model", "fast").assert_success()
    words(codex, "one")
    state = mngr.folder("one")
    rollout(state / "codex", PARENT)
    source = rollout(state / "codex", OLD, PARENT)
    (state / "conversations").write_text(f"1.5 {PARENT} \n2.5 {OLD} {source}\n")
    before = source.read_bytes()
    mngr("clone", "one", "two").assert_success("cloned two (codex)")
    new = record(mngr, "two")["options"]["cloned_from"]
    assert new == {"agent": mngr.agent("one")["id"], "conversation": OLD}
    _, id, path = (mngr.folder("two") / "conversations").read_text().split()
    assert id != OLD
    assert Path(path).is_relative_to(mngr.folder("two") / "codex")
    lines = read(Path(path))
    assert [lines[0]["payload"][key] for key in ("id", "forked_from_id")] == [id, PARENT]
    assert lines[1]["payload"] == {"id": id, "text": "hello"}
    assert len(list((mngr.folder("two") / "codex/sessions").rglob(f"*{PARENT}.jsonl"))) == 1
    assert words(codex, "two")[-4:] == ["--model", "fast", "resume", id]
    assert source.read_bytes() == before
    mngr("clone", "two", "three").assert_success()
    assert record(mngr, "three")["options"]["cloned_from"]["conversation"] == id


def test_an_agent_that_said_nothing_yet_is_cloned_without_a_conversation(mngr: Mngr, repo: Path, codex: Path) -> None:
    mngr("create", "one", "codex", "--yes").assert_success()
    mngr("clone", "one", "two").assert_success()
    assert "resume" not in words(codex, "two")
    assert "cloned_from" not in record(mngr, "two")["options"]
    assert (mngr.folder("two") / "trusted").exists()


def test_a_conversation_from_outside_is_adopted(mngr: Mngr, repo: Path, codex: Path) -> None:
    rollout(codex / ".codex", PARENT)
    source = rollout(codex / ".codex", SPLIT, PARENT)
    before = source.read_bytes()
    done = mngr("create", "one", "--adopt", SPLIT[:10], "--no-connect").assert_success("(codex)")
    assert done.err == ""
    assert words(codex, "one")[-2:] == ["resume", SPLIT]
    state = mngr.folder("one")
    assert len(list((state / "codex/sessions").rglob("*.jsonl"))) == 2
    assert record(mngr, "one")["options"]["adopted"] == SPLIT
    assert source.read_bytes() == before
    mngr("stop", "one").assert_success()
    (codex / "pid-one").unlink()
    mngr("start", "one").assert_success()
    assert words(codex, "one")[-2:] == ["resume", SPLIT]


def test_what_cannot_be_adopted(mngr: Mngr, repo: Path, codex: Path) -> None:
    source = rollout(codex / ".codex", OLD)
    rollout(codex / ".codex", PARENT)
    mngr("create", "--adopt", SPLIT).assert_failure(3, "no conversation")
    mngr("create", "--adopt", "../../x").assert_failure(2, "is not the id of a conversation")
    mngr("create", "--adopt", "01a1").assert_failure(2, "6 letters")
    mngr("create", "--adopt", OLD[:8]).assert_failure(2, "several", PARENT)
    mngr("create", "--adopt", OLD, "--type", "shell").assert_failure(2, "have no conversations")
    # By a process of the host: one that is elsewhere nobody sees there.
    mngr("create", "holder", "--", "sh", "-c", f"exec 9<{source}; echo $$ >{codex}/pid; exec sleep 1000")
    mngr("create", "--adopt", OLD).assert_failure(1, "is open in codex", str(pid_in(codex / "pid")))
    assert set(mngr.agents()) == {"holder"}


def test_a_conversation_that_claude_has_open_is_not_adopted(mngr: Mngr, repo: Path, home: Path) -> None:
    folder = home / ".claude"
    (folder / "projects/-x").mkdir(parents=True)
    (folder / "sessions").mkdir()
    (folder / f"projects/-x/{OLD}.jsonl").write_text("{}\n")
    pid = os.getpid()
    began = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    entry = folder / f"sessions/{pid}.json"
    entry.write_text(json.dumps({"pid": pid, "sessionId": OLD, "procStart": began}, separators=(",", ":")))
    mngr("create", "--adopt", OLD).assert_failure(1, "is open in claude", str(pid))
    entry.write_text(json.dumps({"pid": pid, "sessionId": OLD, "procStart": "1"}))  # it was killed, long ago
    mngr("create", "--adopt", OLD).assert_failure(2, "claude is not installed")
