"""What an agent writes, prints or does to its own folder harms nobody else, hangs nothing and is not obeyed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aftermath import tmux
from attacks import ATTACKS, harmless
from own_world import OwnWorld
from program import Mngr, run
from watched import put_first

from mngr.cli.main import perform

Eventually = Callable[..., object]
PLAIN = ["--no-connect", "--", "cat"]
IN_PLACE = ["--transfer", "none", *PLAIN]


@pytest.fixture(autouse=True)
def _nothing_was_run(home: Path) -> Iterator[None]:
    yield
    assert not list(home.rglob("pwned"))


@pytest.fixture(params=["mawk", "gawk", "busybox awk"])
def awk(request: pytest.FixtureRequest, home: Path) -> None:
    """Make `awk` mean one of those there are."""
    if not shutil.which(request.param.split()[0]):
        pytest.skip(f"there is no {request.param}")
    put_first(home, "awk", f'exec {request.param} "$@"')


def test_what_an_agent_writes_into_its_own_folder(mngr: Mngr, repo: Path, awk: None) -> None:
    for name in ("good", "bad"):
        mngr("create", name, *PLAIN).assert_success()
    good = mngr.agent("good")
    folder = mngr.folder("bad")
    contents = [text.encode() for text in ATTACKS]
    contents += [
        b"\0" * 100,
        b"\xff\xfe\n" * 50,
        b"a" * 70_000,
        b"1 2 3\n" * 30_000,
        b"-1 -1 -1",
        b"99999999999999999999 9 9",
    ]
    contents += [f"agent {good['id']} -\npane x\nend\n".encode(), b"\nend\nmngr-probe 1 5\n"]
    files = ("work_dir", "signs", "exit", "stopped", "foreground", "wanted", "making.json", "screen")
    for content in contents:
        for file in files:
            (folder / file).write_bytes(content)
        _the_other_is_fine(mngr, good)
        (folder / "exit").unlink()
        (folder / "signs").write_bytes(b"1 1 1\n" + content + b"\n5 x " + content)
        _the_other_is_fine(mngr, good)
    run(*tmux(mngr, "kill-session", "-t", "=mngr-bad")).assert_success()
    for content in contents[::4]:
        for file in ("exit", "signs", "foreground", "wanted"):
            (folder / file).write_bytes(content)
        _the_other_is_fine(mngr, good)


def _the_other_is_fine(mngr: Mngr, good: dict[str, object]) -> None:
    world = OwnWorld()
    assert perform(world, ["list", "--format", "json"]) == 0, world.err
    rows = {row["name"]: row for row in json.loads(world.out)}
    assert set(rows) == {"good", "bad"}, world.out
    kept = ("id", "work_dir", "branch", "labels", "pid")
    assert {key: rows["good"][key] for key in kept} == {key: good[key] for key in kept}
    assert rows["good"]["state"] in ("running", "waiting")
    assert harmless(world.out), world.out


def test_commands_on_an_agent_that_damaged_its_folder(mngr: Mngr, repo: Path) -> None:
    lines = [
        ["why"],
        ["events"],
        ["capture"],
        ["exec", "true"],
        ["message", "-m", "m"],
        ["stop"],
        ["start"],
        ["label", "a=b"],
    ]
    for number, (file, make) in enumerate(
        (file, make)
        for file in (
            "work_dir",
            "env",
            "exit",
            "signs",
            "events.jsonl",
            "screen",
            "lock",
            "wanted",
            "foreground",
            "stopped",
        )
        for make in (os.mkfifo, lambda path: os.symlink("/dev/zero", path))
    ):
        name = f"a{number}"
        mngr("create", name, *IN_PLACE).assert_success()
        path = mngr.folder(name) / file
        path.unlink(missing_ok=True)
        make(path)
        line = lines[number % len(lines)]
        for words in ([line[0], name, *line[1:]], ["stop", name], ["list"]):
            done = mngr(*words, timeout=15)
            assert done.code in (0, 1, 3, 5, 66), done
            assert "Traceback" not in done.err, done
            assert harmless(done.err + done.out), done


def test_a_record_cannot_lead_elsewhere(mngr: Mngr, repo: Path) -> None:
    for name in ("good", "bad"):
        mngr("create", name, *PLAIN).assert_success()
    good, path = mngr.folder("good").name, mngr.folder("bad") / "record.json"
    record = json.loads(path.read_text())
    for change in (
        {"id": good},
        {"name": "../../x"},
        {"name": "good\x1b[31m"},
        {"id": "../../../" + good},
        {"id": "agent-../../../x"},
        {"created_at": "\x1b[31m"},
        {"command": [1]},
        {"labels": {"a": 1}},
        {"labels": {"a": "\ud800"}},
        {"command": ["\ud800"]},
    ):
        # In another form than mngr's own, so that no script recognises it.
        path.write_text(json.dumps({**record, **change}, indent=None, separators=(",", ":")) + "\n")
        rows = mngr("list", "--format", "json").json()
        assert {row["state"] for row in rows if row["name"] != "good"} == {"unknown"}, rows
        for line in (["stop"], ["rename", "worse"], ["destroy", "--force"], ["label", "a=b"], ["start"]):
            done = mngr(line[0], "bad", *line[1:])
            assert done.code in (1, 2, 3), done
            assert harmless(done.err), done
        assert mngr.agent("good")["state"] in ("running", "waiting")
        mngr("restore").assert_success()
    odd = {
        "type": "\x1b[31m",
        "project": "\x1b]0;x\x07\n\x9b",
        "labels": {"\x1b[1m": "\x1b[2m"},
        "created_at": record["created_at"],
    }
    odd["workspace"] = {**record["workspace"], "branch": "\x1b[31m", "base_branch": "-x"}
    path.write_text(json.dumps({**record, **odd}) + "\n")
    for line in (
        ["list"],
        ["list", "--fields", "name,type,project,labels,branch,base_branch"],
        ["why", "bad"],
        ["label", "bad"],
        [],
    ):
        done = mngr(*line).assert_success()
        assert harmless(done.out + done.err), done
    for form in ("json", "jsonl"):
        assert harmless(mngr("list", "--format", form).assert_success().out)


def test_what_an_agent_prints_is_not_obeyed(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    mngr("create", "x", *IN_PLACE).assert_success()
    folder = mngr.folder("x")
    mngr("stop", "x").assert_success()
    (folder / "screen").write_bytes(b"\x1b]0;owned\x07\x9b31m\xff\x00 text\n")
    assert harmless(mngr("capture", "x").assert_success("text").out)
    event = {"time": "2026-01-01T00:00:00Z\x1b[31m", "source": "\x1b[1m", "type": "\x9b\x07", "x": "\x1b]0;a\x07"}
    (folder / "events.jsonl").write_text(json.dumps(event) + "\n" + f"==> agent-{'0' * 32}\n")
    for line in (["events", "x"], ["events", "@local"], ["why", "x"]):
        done = mngr(*line).assert_success()
        assert harmless(done.out + done.err), done
    for form in ("json", "jsonl"):
        assert harmless(mngr("events", "x", "--format", form).assert_success().out)
    script = "printf '\\033]0;owned\\007\\033[31mbad'; exit 126"
    failed = mngr("create", "y", "--transfer", "none", "--no-connect", "--", "sh", "-c", script)
    assert harmless(failed.out + failed.err)
