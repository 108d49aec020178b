"""What goes wrong around mngr: damaged records, missing folders and programs, full disks, dead servers."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from aftermath import Source, leftovers, sessions, tmux
from program import Mngr, Outcome, git, run

Eventually = Callable[..., object]
HostHas = Callable[..., AbstractContextManager[None]]
PLAIN = ["--no-connect", "--", "sleep", "1000"]
IN_PLACE = ["--transfer", "none", *PLAIN]
DAMAGED = {
    "corrupt": b'{"version": 1, "id": ',
    "empty": b"",
    "newer": b'{"version": 99, "id": "%s", "name": "bad"}\n',
    "huge": b'{"version": 1, "name": "' + b"x" * 1_000_000 + b'"}\n',
    "binary": bytes(range(256)) * 40,
    "list": b"[1, 2]\n",
    "wrong types": b'{"version": 1, "id": 5, "name": [], "type": {}, "command": 1, "workspace": 0, "project": 1}\n',
    "wrong words": b'{"version": 1, "id": "%s", "name": "bad", "type": "command", "command": [1, {}], '
    b'"workspace": {"mode": "none", "folder": "/"}, "project": "p", "created_at": "never", "labels": {"a": 1}, '
    b'"windows": [[1], 2]}\n',
    "deep": b"[" * 100_000,
    "NaN": b'{"version": NaN}\n',
}


def refused(outcome: Outcome, *codes: int) -> Outcome:
    """Check that it failed in one of these ways, clearly."""
    assert outcome.code in codes, outcome
    return outcome.assert_failure(outcome.code)


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_record_costs_its_own_agent_only(mngr: Mngr, repo: Path, kind: str) -> None:
    mngr("create", "good", *IN_PLACE).assert_success()
    mngr("create", "bad", *IN_PLACE).assert_success()
    record = mngr.folder("bad") / "record.json"
    agent_id = mngr.folder("bad").name
    content = DAMAGED[kind]
    record.write_bytes(content % agent_id.encode() if b"%s" in content else content)
    seen = mngr("list", "--format", "json")
    assert len(seen.json()) == 2
    rows = {row["name"]: row for row in seen.json()}
    assert rows["good"]["state"] in ("running", "waiting")
    damaged = next(row for name, row in rows.items() if name != "good")
    assert damaged["state"] == "unknown", damaged
    assert damaged["reason"]
    assert "bad" not in rows or kind in ("wrong words",)
    mngr("list").assert_success("good")
    mngr("exec", "good", "true").assert_success()
    for line in (["stop"], ["start"], ["destroy"], ["exec", "true"], ["message", "-m", "x"], ["why"], ["capture"]):
        refused(mngr(line[0], "bad", *line[1:]), 1, 2, 3, 5)
        refused(mngr(line[0], agent_id, *line[1:]), 1, 2, 3, 5)
    mngr("gc", "--yes").assert_success()
    assert record.exists()
    mngr("stop", "good").assert_success()
    mngr("destroy", "good", "--force").assert_success()
    refused(mngr("create", "bad", *IN_PLACE), 1)


@pytest.mark.skipif(os.getuid() == 0 and not shutil.which("useradd"), reason="root reads everything")
def test_an_unreadable_record_costs_its_own_agent_only(ordinary_user: Mngr) -> None:
    mngr = ordinary_user
    mngr("create", "good", *IN_PLACE).assert_success()
    mngr("create", "bad", *IN_PLACE).assert_success()
    mngr.folder("bad").joinpath("record.json").chmod(0)
    rows = {row["name"]: row["state"] for row in mngr("list", "--format", "json").json()}
    assert rows.pop("good") in ("running", "waiting")
    assert list(rows.values()) == ["unknown"]
    refused(mngr("stop", "bad"), 1, 2, 3)
    mngr("stop", "good").assert_success()


def test_a_record_that_is_a_folder_a_link_or_a_pipe(mngr: Mngr, repo: Path) -> None:
    for number, make in enumerate((os.mkdir, os.mkfifo, lambda path: os.symlink("/dev/zero", path))):
        mngr("create", f"bad{number}", *IN_PLACE).assert_success()
        record = mngr.folder(f"bad{number}") / "record.json"
        record.unlink()
        make(record)
    mngr("create", "good", *IN_PLACE).assert_success()
    rows = {row["name"]: row["state"] for row in mngr("list", "--format", "json").json()}
    assert rows.pop("good") in ("running", "waiting")
    assert set(rows.values()) == {"unknown"}
    assert len(rows) == 3
    for number in range(3):
        refused(mngr("stop", f"bad{number}"), 1, 2, 3)
        refused(mngr("exec", f"bad{number}", "true"), 1, 2, 3)
    mngr("gc", "--yes").assert_success()
    mngr("stop", "good").assert_success()


def test_a_work_dir_deleted_by_hand(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", "--no-connect", "--", "cat").assert_success()
    work_dir = Path(mngr.agent("x")["work_dir"])
    shutil.rmtree(work_dir)
    assert "workspace missing" in (mngr.agent("x")["reason"] or "")
    refused(mngr("exec", "x", "true"), 1, 66).assert_failure(66, "workspace is gone")
    mngr("message", "x", "still there").assert_success()
    mngr("stop", "x").assert_success()
    mngr("start", "x").assert_failure(1, "the workspace is gone", "hint:")
    mngr("destroy", "x").assert_success()
    assert leftovers(mngr, repo, agents=set()) == []
    mngr("restore", "x").assert_success()
    mngr("destroy", "x", "--force").assert_success()
    mngr("create", "x", *PLAIN).assert_success()


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """Return a folder on a file system of its own, with room for next to nothing."""
    folder = home / "disk"
    folder.mkdir()
    if os.getuid() != 0 or run("mount", "-t", "tmpfs", "-o", "size=512k,nr_inodes=400", "tmpfs", folder).code:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    run("umount", "-l", folder).assert_success()


@pytest.mark.here("a container does not see what is mounted later", "docker")
def test_a_full_disk(mngr: Mngr, repo: Path, small_disk: Path) -> None:
    mngr.host_dir = small_disk / "mngr"
    mngr.env["MNGR_HOST_DIR"] = str(mngr.host_dir)
    before = Source.of(repo)
    mngr("create", "x", *PLAIN).assert_success()
    work_dir = Path(mngr.agent("x")["work_dir"])
    (work_dir / "made").write_text("kept")
    assert run("dd", "if=/dev/zero", f"of={small_disk}/filler", "bs=4k").code == 1
    assert list(mngr.agents()) == ["x"]
    refused(mngr("create", "y", *PLAIN), 1)
    for line in (["label", "x", "a=b"], ["rename", "x", "z"], ["stop", "x"], ["start", "x"], ["destroy", "x", "-f"]):
        done = mngr(*line)
        assert done.code in (0, 1), done
        assert "Traceback" not in done.err
    assert [name for name in mngr.agents() if name in ("x", "z")] or mngr("restore").code == 0
    (small_disk / "filler").unlink()
    mngr("gc", "--yes").assert_success()
    name = next(iter(mngr.agents()), None)
    if name is None:
        mngr("restore", "x").assert_success()
        name = "x"
    assert (Path(mngr.agent(name)["work_dir"]) / "made").read_text() == "kept"
    mngr("create", "y", *PLAIN).assert_success()
    mngr("destroy", name, "y", "--force").assert_success()
    assert leftovers(mngr, repo, agents=set()) == []
    assert Source.of(repo) == before


def test_a_read_only_home(ordinary_user: Mngr) -> None:
    mngr = ordinary_user
    mngr.home.chmod(0o500)
    try:
        mngr("list").assert_success()
        assert mngr.agents() == {}
        for line in (["create", "x", *IN_PLACE], ["config", "set", "default_type", "shell"]):
            mngr(*line).assert_failure(1, str(mngr.host_dir).replace(str(mngr.home), "")[1:])
        refused(mngr("stop", "x"), 3)
        for line in (["gc"], ["restore"], ["help"], ["doctor"], []):
            assert mngr(*line).code in (0, 1)
            assert "Traceback" not in mngr(*line).err
    finally:
        mngr.home.chmod(0o700)


def _path_without(mngr: Mngr, *missing: str) -> str:
    folder = mngr.home / "bin"
    folder.mkdir(exist_ok=True)
    for place in os.environ["PATH"].split(":"):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            if program.name not in missing and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)


def test_tmux_is_missing(mngr: Mngr, repo: Path, host_has: HostHas) -> None:
    mngr("create", "x", *PLAIN).assert_success()
    without = _path_without(mngr, "tmux")
    with host_has(PATH=without):
        seen = mngr("list", "--format", "json").assert_success()
        assert [row["name"] for row in seen.json()] == ["x"]
        assert "tmux is not on PATH" in seen.err
        mngr("create", "y", *PLAIN).assert_failure(1, "tmux is not on PATH", "hint:")
    assert leftovers(mngr, repo, agents={"x"}) == []
    with host_has(PATH=without):
        for line in (["start", "x"], ["stop", "x"], ["message", "x", "m"], ["capture", "x"], ["destroy", "x", "-f"]):
            done = mngr(*line)
            refused(done, 1, 5)
            assert "tmux" in done.err, done
        assert mngr("doctor").code == 1
    assert mngr.agent("x")["state"] in ("running", "waiting")


def test_git_is_missing(mngr: Mngr, repo: Path, host_has: HostHas) -> None:
    mngr("create", "x", *PLAIN).assert_success()
    without = _path_without(mngr, "git")
    with host_has(PATH=without):
        assert [row["name"] for row in mngr("list", "--format", "json").json()] == ["x"]
        done = mngr("create", "y", *PLAIN).assert_failure(1, "git", "hint:")
        assert len(done.err.splitlines()) <= 3
        refused(mngr("destroy", "x"), 1, 7)
    assert mngr.agent("x")
    assert leftovers(mngr, repo, agents={"x"}) == []


def test_a_tmux_server_that_is_killed(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    for name in ("a", "b", "stopped", "ended"):
        mngr("create", name, "--transfer", "none", "--no-connect", "--", "sleep", "1000").assert_success()
    mngr("stop", "stopped").assert_success()
    mngr("create", "over", "--transfer", "none", "--no-connect", "--", "true").assert_success()
    eventually(lambda: mngr.agent("over")["state"] == "done")
    server = int(run(*tmux(mngr, "display-message", "-p", "#{pid}")).assert_success().out)
    os.kill(server, signal.SIGKILL)
    states = {name: row["state"] for name, row in mngr.agents().items()}
    assert states["over"] == "done", states
    assert set(states.values()) <= {"stopped", "done", "failed", "unknown"}, states
    done = mngr("start", "--all").assert_success()
    assert "started a" in done.out
    assert "stopped" not in done.out
    assert sessions(mngr) == {"mngr-a", "mngr-b", "mngr-ended"}
    mngr("message", "a", "hello").assert_success()


def test_a_closed_pipe(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", *IN_PLACE).assert_success()
    _copies(mngr, 300)
    words = " ".join(f"'{word}'" for word in mngr.program)
    for options in ("", "--format json", "--format jsonl", "--ids", "--format '{name}'"):
        done = run("bash", "-c", f"{words} list {options} | head -1; exit ${{PIPESTATUS[0]}}", cwd=repo)
        assert done.code == 0, done
        assert done.stderr == b"", done
        assert len(done.lines) == 1
        done = run("bash", "-c", f"{words} list {options} | true; exit ${{PIPESTATUS[0]}}", cwd=repo)
        assert (done.code, done.stderr) == (0, b""), done
    assert len(mngr.agents()) == 301


def _copies(mngr: Mngr, count: int) -> None:
    record = json.loads((mngr.folder("x") / "record.json").read_text())
    for number in range(count):
        copy = {**record, "id": f"agent-{number:032x}", "name": f"copy{number}"}
        folder = mngr.host_dir / "agents" / copy["id"]
        folder.mkdir()
        (folder / "record.json").write_text(json.dumps(copy) + "\n")
        (mngr.host_dir / "names" / copy["name"]).write_text(copy["id"] + "\n")


def test_a_folder_of_the_repository_that_is_gone(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", *PLAIN).assert_success()
    (Path(mngr.agent("x")["work_dir"]) / "made").write_text("kept")
    shutil.rmtree(repo)
    assert list(mngr("list", "--format", "json", cwd=mngr.home).json())
    mngr.cwd = mngr.home
    mngr("exec", "x", "cat made").assert_success("kept")
    refused(mngr("destroy", "x"), 1, 7)
    mngr("stop", "x").assert_success()
    mngr("start", "x").assert_success()
    mngr("destroy", "x", "--force").assert_success()
    assert "Traceback" not in mngr("restore", "x").err
    found = [path.read_text() for path in mngr.host_dir.rglob("made")]
    assert found == ["kept"]


def test_a_session_of_that_name_that_is_not_the_agents(mngr: Mngr, repo: Path) -> None:
    mngr("create", "other", *IN_PLACE).assert_success()
    run(*tmux(mngr, "new-session", "-d", "-s", "mngr-x", "sleep 1000")).assert_success()
    mngr("create", "x", *PLAIN).assert_failure(1, "mngr-x", "not this agent's")
    assert leftovers(mngr, repo, agents={"other", "x"}) == []
    assert [row["type"] for name, row in mngr.agents().items() if name == "x"] == ["command"]
    mngr("rename", "other", "x").assert_failure(1, "x")
    assert "mngr-x" in sessions(mngr)
    assert set(mngr.agents()) == {"other", "x"}


def test_a_stale_branch_or_folder_of_that_name(mngr: Mngr, repo: Path) -> None:
    git(repo, "branch", "mngr/x")
    mngr("create", "x", *PLAIN).assert_success()
    assert mngr.agent("x")["branch"] != "mngr/x"
