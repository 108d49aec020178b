"""`observe/record.sh`: whole lines of whatever there is, by any shell, quickly, and never more than was there."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from program import ROOT
from this_host import this_host

from mngr.model.recorded import Part, Recorded, Whole, json_lines
from mngr.observe.record import ask

ID = "agent-00000000000000000000000000000001"
SHELLS = (["sh"], ["dash"], ["bash", "--posix"], ["busybox", "sh"])


@pytest.fixture
def agent(host_dir: Path) -> Path:
    """Return the folder of an agent with one conversation."""
    folder = host_dir / "agents" / ID
    folder.mkdir(parents=True)
    (folder / "conversations").write_text("1.000 one talk.jsonl\n")
    return folder


def shown(agent: Path, *words: str, shell: tuple[str, ...] = ("sh",)) -> Recorded:
    """Return what the script says."""
    script = ROOT / "src/mngr/observe/record.sh"
    command = [*shell, str(script), str(agent.parent.parent), ID, *words]
    return Whole(subprocess.run(command, capture_output=True, check=True).stdout).read()


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_whole_lines_in_any_shell(agent: Path, shell: list[str]) -> None:
    (agent / "talk.jsonl").write_bytes(b'{"a": 1}\n{"b": "\xff\0"}\nhalf of a li')
    (agent / "read-record").write_text('echo 7; [ "$1" = sizes ] || printf "row\\n\\n"')
    path = "talk.jsonl"
    assert shown(agent, "sizes", shell=tuple(shell)).parts == [Part(path, 0, b"", 33), Part("rows", 0, b"", 7)]
    rows = Part("rows", 0, b"row\n\n", 7)
    whole = Part(path, 0, b'{"a": 1}\n{"b": "\xff\0"}\n', 21, b"half of a li")
    assert shown(agent, "from", shell=tuple(shell)).parts == [whole, rows]
    only = shown(agent, "only", '"b"\n"x"', "9", path, "3", "rows", shell=tuple(shell)).parts
    assert only == [Part(path, 9, b'{"b": "\xff"}\n', 21), Part("rows", 3, b"row\n\n", 7)]
    assert shown(agent, "only", '"x"', "21", path, shell=tuple(shell)).parts == [rows]
    assert shown(agent, "from", "500", path, shell=tuple(shell)).parts[0] == whole


def test_nothing_there(agent: Path) -> None:
    assert shown(agent, "from") == Recorded("agents", ["one"], [])
    (agent / "conversations").unlink()
    assert shown(agent, "from") == Recorded("agents", [], [])
    host = this_host(agent.parent.parent)
    gone = "agent-00000000000000000000000000000002"
    answers = ask(host, {gone: ({}, ()), ID: ({}, ())})
    assert [answers[each].place for each in (gone, ID)] == ["gone", "agents"]


def test_a_file_that_shrinks_meanwhile_takes_nothing_with_it(agent: Path) -> None:
    (agent / "talk.jsonl").write_bytes(b'{"a": 1}\n' * 100_000)
    (agent / "conversations").write_text("1.000 one talk.jsonl\n2.000 two next.jsonl\n")
    (agent / "next.jsonl").write_bytes(b'{"next": 1}\n')
    shrinking = "while sleep 0.01; do : >talk.jsonl; yes '{\"a\": 1}' | head -n 50000 >talk.jsonl; done"
    writer = subprocess.Popen(["sh", "-c", shrinking], cwd=agent)
    try:
        for _ in range(30):
            last = shown(agent, "from").parts[-1]
            assert (last.path, last.content) == ("next.jsonl", b'{"next": 1}\n')
    finally:
        writer.kill()
        writer.wait()


def test_fifty_megabytes(agent: Path) -> None:
    bulk = b'{"type": "bulk", "x": "' + b"x" * 10_000 + b'"}\n'
    with (agent / "talk.jsonl").open("wb") as record:
        for _ in range(50):
            record.write(bulk * 100 + b'{"usage": 1}\n')
    started = time.monotonic()
    assert shown(agent, "only", '"usage"').parts[0].content == b'{"usage": 1}\n' * 50
    assert len(shown(agent, "from").parts[0].content) > 50_000_000
    assert shown(agent, "from", str(50_000_000), "talk.jsonl").parts[0].content.endswith(b'{"usage": 1}\n')
    assert time.monotonic() - started < 20


def test_a_line_behind_the_remains_of_another() -> None:
    torn = b'{"a": {"b": "x{\\"'
    assert list(json_lines(torn + b'{"c": {"d": 1}}\n\n[1]\n{"e": 2}\n' + torn)) == [{"c": {"d": 1}}, {"e": 2}]
    started = time.monotonic()
    assert list(json_lines(b'{"a": [' + b'{"b": 1},' * 200_000)) == []
    assert time.monotonic() - started < 10
