"""`mngr transcript`: one form, whole and live, whatever became of record and agent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from notebook import Notebook, installed, line
from program import Mngr
from terminal import Terminal

from mngr.cli.entry_lines import FIELDS


@pytest.fixture
def notebook(mngr: Mngr, repo: Path, tmp_path: Path) -> Notebook:
    """Return the folder of an agent `one` whose program keeps a record."""
    mngr.env |= installed(tmp_path / "plugins")
    mngr("create", "one", "notebook", "--no-connect").assert_success()
    return Notebook(mngr.folder("one"))


def texts(mngr: Mngr, *options: str) -> list[str]:
    """Return the texts of a transcript."""
    return [entry["text"] for entry in mngr("transcript", "one", "--format", "json", *options).json()]


def test_nothing_said_is_a_note(mngr: Mngr, notebook: Notebook) -> None:
    shown = mngr("transcript", "one").assert_success()
    assert shown.out == ""
    assert "nothing was said yet" in shown.err
    assert mngr("transcript", "one", "--format", "json").json() == []


def test_a_plain_program_keeps_no_record(mngr: Mngr, repo: Path) -> None:
    mngr("create", "plain", "command", "--no-connect", "--", "sleep", "1000").assert_success()
    mngr("transcript", "plain").assert_failure(1, "keeps no record", "mngr capture plain")


def test_the_schema_is_the_documented_one(mngr: Mngr, notebook: Notebook) -> None:
    usage = {"input_tokens": 1, "output_tokens": 2}
    notebook.begin().write_bytes(line("user", "hello") + line("assistant", "yes", usage=usage, model="m", id="x"))
    first, second = mngr("transcript", "one", "--format", "json").json()
    assert list(first) == list(second) == [name for name in FIELDS if "." not in name]
    assert first["usage"] is None
    assert second["usage"] == {**usage, "cache_read_tokens": 0, "cache_write_tokens": 0, "cost_usd": None}
    assert mngr("transcript", "one", "--format", "{role} {usage.output_tokens}").lines == ["user ", "assistant 2"]


def test_people_see_tools_on_a_line_each(mngr: Mngr, notebook: Notebook) -> None:
    said = line("user", "Run the tests.\n  Please.", time="2026-03-01T12:00:00.123Z")
    call = line("tool_call", tool="Bash", input={"command": "pytest -x", "timeout": 5}, call_id="c1")
    result = line("tool_result", "3 passed\nin\n0.1 s", call_id="c1")
    refused = line("tool_result", "no such file", failed=True)
    end = line("system", kind="interrupted")
    notebook.begin().write_bytes(said + call + result + refused + line("assistant", "Done.", model="m") + end)
    assert mngr("transcript", "one").lines == [
        "user  2026-03-01T12:00:00Z",
        "Run the tests.",
        "  Please.",
        "",
        "  -> Bash: pytest -x",
        "  <- 3 passed (+2 lines)",
        "  !! no such file",
        "",
        "assistant  m",
        "Done.",
        "",
        "  -- interrupted",
    ]
    assert "    0.1 s" in mngr("transcript", "one", "--full").lines


def test_choosing_parts(mngr: Mngr, notebook: Notebook) -> None:
    notebook.begin().write_bytes(
        line("user", "a", time="2026-03-01T12:00:00.000Z")
        + line("assistant", "b", time="2026-03-01T12:00:01.000Z")
        + line("user", "c", time="2026-03-02T12:00:00.000Z")
    )
    assert texts(mngr, "--role", "user") == ["a", "c"]
    assert texts(mngr, "--head", "1") == ["a"]
    assert texts(mngr, "--tail", "2") == ["b", "c"]
    assert texts(mngr, "--tail", "0") == []
    assert texts(mngr, "--since", "2026-03-02") == ["c"]
    assert texts(mngr, "--since", "2026-03-01T12:00:01Z") == ["b", "c"]
    mngr("transcript", "one", "--since", "later").assert_failure(2, "not a time")
    mngr("transcript", "one", "--role", "robot").assert_failure(2, "robot")
    mngr("transcript", "one", "--head", "1", "--follow").assert_failure(2, "--head")


def test_conversations_and_sub_agents_in_order_of_time(mngr: Mngr, notebook: Notebook) -> None:
    first, second = notebook.begin("first"), notebook.begin("second")
    first.write_bytes(line("user", "1", time="2026-03-01T12:00:01.000Z") + line("system", "behind 1"))
    inner = first.with_suffix("") / "subagents/agent-x1.jsonl"
    inner.parent.mkdir(parents=True)
    inner.write_bytes(line("assistant", "2", time="2026-03-01T12:00:02.000Z"))
    second.write_bytes(line("user", "3", time="2026-03-01T12:00:03.000Z"))
    assert texts(mngr) == ["1", "behind 1", "2", "3"]
    assert texts(mngr, "--no-subagents") == ["1", "behind 1", "3"]


def test_what_a_fork_copied_is_shown_once(mngr: Mngr, notebook: Notebook) -> None:
    common = line("user", "a", id="1") + line("assistant", "b", id="2") + line("assistant", "b too", id="2")
    notebook.begin("first").write_bytes(common)
    notebook.begin("second").write_bytes(common + line("user", "c", id="3"))
    assert texts(mngr) == ["a", "b", "b too", "c"]


def test_damage_hides_nothing_else(mngr: Mngr, notebook: Notebook) -> None:
    torn = line("user", "torn away", time="x")[:30]
    whole = line("assistant", "right behind the torn one", input={"a": {"b": 1}})
    record = line("user", "a") + torn + whole + b"\0\xff\n[1]\nnull\n\n" + line("user", "b") + torn
    notebook.begin().write_bytes(record)
    assert texts(mngr) == ["a", "right behind the torn one", "b"]
    notebook.begin().write_bytes(record[: -len(torn)] + line("user", "finished, but for its end")[:-1])
    assert texts(mngr)[-1] == "finished, but for its end"


def test_odd_names_and_control_characters(mngr: Mngr, notebook: Notebook) -> None:
    odd = notebook.folder / "notes" / "-an odd 'name' $(x) *"
    odd.mkdir(parents=True)
    (notebook.folder / "conversations").write_text(f"1 one {odd}/é.jsonl\n2 two\n3 three /none\n")
    (odd / "é.jsonl").write_bytes(line("user", "\x1b[2Jhello\u009b\u202e"))
    assert mngr("transcript", "one").lines == ["user", r"\x1b[2Jhello\x9b\u202e"]
    inner = odd / "é/subagents"
    inner.mkdir(parents=True)
    (inner / "new\nline.jsonl").write_bytes(line("user", "never shown"))
    (inner / "agent -b.jsonl").write_bytes(line("user", "shown"))
    os.mkfifo(inner / "pipe.jsonl")
    assert len(texts(mngr)) == 2


def test_stopped_destroyed_and_restored(mngr: Mngr, notebook: Notebook) -> None:
    notebook.begin().write_bytes(line("user", "a"))
    mngr("stop", "one").assert_success()
    assert texts(mngr) == ["a"]
    mngr("destroy", "one", "--force").assert_success()
    assert texts(mngr) == ["a"]
    mngr("restore", "one").assert_success()
    assert texts(mngr) == ["a"]


def test_following(mngr: Mngr, notebook: Notebook, eventually: Callable[..., object]) -> None:
    file = notebook.begin()
    file.write_bytes(line("user", "old") + line("user", "a"))
    out = notebook.folder.parent.parent / "followed"
    with out.open("wb") as sink:
        words = [*mngr.program, "transcript", "one", "-f", "--tail", "1", "--format", "jsonl"]
        process = subprocess.Popen(words, stdout=sink, env={**os.environ, **mngr.env})

    def seen() -> list[str]:
        return [json.loads(each)["text"] for each in out.read_bytes().splitlines()]

    eventually(lambda: seen() == ["a"], 10)
    with file.open("ab") as record:
        record.write(line("assistant", "b")[:20])
        record.flush()
        eventually(lambda: seen() == ["a"], 1)
        record.write(line("assistant", "b")[20:])
    eventually(lambda: seen() == ["a", "b"], 5)
    notebook.begin("two").write_bytes(line("user", "c"))
    eventually(lambda: seen() == ["a", "b", "c"], 5)
    file.write_bytes(line("user", "a"))
    with file.open("ab") as record:
        record.write(line("user", "d"))
    eventually(lambda: seen() == ["a", "b", "c", "d"], 5)
    mngr("destroy", "one", "--force").assert_success()
    assert process.wait(10) == 0
    assert seen() == ["a", "b", "c", "d"]


def test_control_c_ends_following(mngr: Mngr, notebook: Notebook) -> None:
    notebook.begin().write_bytes(line("user", "a"))
    process = mngr.start("transcript", "one", "--follow")
    assert process.stdout is not None
    assert process.stdout.readline() + process.stdout.readline() == b"user\na\n"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_colours_on_a_terminal(mngr: Mngr, notebook: Notebook, terminal: Callable[..., Terminal]) -> None:
    notebook.begin().write_bytes(line("user", "hello") + line("tool_call", tool="Bash", input={"command": "x" * 500}))
    screen = terminal(["env", f"PYTHONPATH={mngr.env['PYTHONPATH']}", *mngr.program, "transcript", "one"], columns=80)
    screen.wait_for("Bash: xxx")
    assert "x…" in screen.screen()
