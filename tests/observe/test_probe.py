"""The probe sees every agent, whatever lies in the folders of the others."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sessions import Sessions, agent_id
from waiting import eventually
from watched import put_first

from mngr.model.agent import to_json
from mngr.model.observation import Exit, Observation, Sign
from mngr.observe.probe import NO_RECORD, Probe, parse

HostHas = Callable[..., AbstractContextManager[None]]
AWKS = ["mawk", "gawk", "busybox awk"]
SHELLS = ["dash", "busybox sh", "bash --posix"]


@pytest.fixture
def sessions(host_dir: Path) -> Sessions:
    return Sessions(host_dir)


def by_number(probe: Probe, *numbers: int) -> list[Observation]:
    found = {each.agent_id: each for each in probe.observations}
    return [found[agent_id(number)] for number in numbers]


def test_there_is_nothing(sessions: Sessions) -> None:
    assert sessions.look() == Probe(sessions.look().now, [], [])
    shutil.rmtree(sessions.folder)
    assert sessions.look().observations == []


def test_everything_about_an_agent(sessions: Sessions, home: Path) -> None:
    signs = "".join(f"{number}.5 hook sign {number}\n" for number in range(50))
    sessions.agent(1, wanted="", work_dir=f"{home}\n", signs=signs)
    sessions.agent(2, exit="- 9 1700000000\n", work_dir=f"{home}/gone\n")
    sessions.agent(3, stopped="1700000001\n")
    pid = sessions.session("a1", "cat", "-", number=1)
    sessions.tmux("new-window", "-d", "-t", "=mngr-a1:", "sleep 600")
    sessions.tmux("split-window", "-d", "-b", "-t", "=mngr-a1:0", "sleep 601")
    running, ended, stopped = by_number(sessions.look(), 1, 2, 3)
    assert running.pane is not None
    assert (running.pane.pid, running.pane.session, running.pane.program) == (pid, "mngr-a1", "cat")
    assert running.record == sessions.record(1)
    assert (running.wanted, running.making, running.folder_missing, running.problem) == (True, False, False, None)
    assert running.signs == [Sign("hook", f"sign {number}", number + 0.5) for number in range(30, 50)]
    assert (ended.exit, ended.folder_missing, ended.pane) == (Exit(None, 9, 1700000000.0), True, None)
    assert stopped.stopped_at == 1700000001.0


def birth(pid: int) -> str:
    """Return what tells a process from others that have had its number."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19]


@pytest.mark.parametrize(
    ("idle", "lock", "asked"),
    [
        pytest.param("mode=io\n", f"{os.getpid()} {{birth}}\n", False, id="it runs"),
        pytest.param("mode=io\n", f"{os.getpid()} 1\n", True, id="its number is another's"),
        pytest.param("mode=io\n", "4194305 1\n", True, id="it is gone"),
        pytest.param("mode=io\n", "", True, id="it never said who it is"),
        pytest.param("mode=io\n", None, True, id="it never ran"),
        pytest.param("mode=io\n", "pipe", True, id="its lock is no file"),
        pytest.param("timeout=9\nmode=disabled\n", "4194305 1\n", False, id="nothing is watched"),
        pytest.param("pipe", "4194305 1\n", False, id="its settings are no file"),
    ],
)
def test_a_watchdog_is_started_where_there_should_be_one_and_is_none(
    sessions: Sessions, home: Path, idle: str, lock: str | None, asked: bool
) -> None:
    folder = sessions.folder
    (folder / "watchdog.sh").write_text(f'echo "$@" >{home}/asked.new; mv {home}/asked.new {home}/asked\n')
    for name, text in (("idle", idle), ("watchdog.lock", lock)):
        if text == "pipe":
            os.mkfifo(folder / name)
        elif text is not None:
            (folder / name).write_text(text.format(birth=birth(os.getpid())))
    sessions.agent(1)
    (seen,) = by_number(sessions.look(), 1)
    assert seen.record == sessions.record(1)
    if asked:
        eventually((home / "asked").exists)
        assert (home / "asked").read_text() == f"ensure {folder}\n"
    else:
        sessions.look()
        assert not (home / "asked").exists()


def test_an_agent_that_is_made(sessions: Sessions) -> None:
    state = sessions.agent(1)
    (state / "record.json").rename(state / "making.json")
    (seen,) = by_number(sessions.look(), 1)
    assert (seen.making, seen.record) == (True, sessions.record(1))


def damage(state: Path, kind: str) -> None:
    record = state / "record.json"
    content = record.read_bytes()
    record.unlink()
    if kind == "fifo":
        os.mkfifo(record)
    elif kind == "folder":
        record.mkdir()
    elif kind == "dangling":
        record.symlink_to("/nowhere")
    elif kind == "loop":
        record.symlink_to("record.json")
    elif kind == "device":
        record.symlink_to("/dev/zero")
    elif kind == "missing":
        return
    else:
        damaged = {"empty": b"", "half": content[:80], "binary": bytes(range(256)) * 8192, "large": b"x" * 5_000_000}
        damaged["forged"] = content.replace(b"\n", b"") + b"\nagent " + agent_id(9).encode() + b" r\nend\n"
        damaged["lines"] = b"{\n" * 50000
        record.write_bytes(damaged[kind])


DAMAGES = "fifo folder dangling loop device missing empty half binary large forged lines".split()


@pytest.mark.parametrize("awk", AWKS)
def test_no_damage_hides_another_agent(
    sessions: Sessions, home: Path, awk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_awk(home, awk)
    sessions.agent(0)
    for number, kind in enumerate(DAMAGES, 1):
        damage(sessions.agent(number, wanted=""), kind)
        sessions.agent(100 + number)
    probe = sessions.look()
    assert len(probe.observations) == 1 + 2 * len(DAMAGES)
    for number, kind in enumerate(DAMAGES, 1):
        damaged, whole = by_number(probe, number, 100 + number)
        assert damaged.record is None, kind
        assert damaged.problem, kind
        assert whole.record == sessions.record(100 + number)
        assert whole.problem is None


@pytest.mark.parametrize("file", ["exit", "signs", "stopped", "wanted", "work_dir", "foreground"])
@pytest.mark.parametrize("content", [b"", b"\0\xff\n" * 3, b"x" * 2_000_000, b"1 2 3 4 5", b"\n\n\n", b"-1 -1 -1"])
def test_damage_beside_a_record_leaves_the_record(sessions: Sessions, file: str, content: bytes) -> None:
    sessions.agent(1, **{file: content})
    assert by_number(sessions.look(), 1)[0].record == sessions.record(1)


@pytest.mark.parametrize("file", ["exit", "signs", "making.json", "wanted", "work_dir", "foreground"])
def test_nothing_blocks(sessions: Sessions, file: str) -> None:
    os.mkfifo(sessions.agent(1) / file)
    assert by_number(sessions.look(), 1)[0].record == sessions.record(1)


def test_a_record_that_a_person_laid_out_is_read(sessions: Sessions) -> None:
    state = sessions.agent(1)
    (state / "record.json").write_bytes(to_json(sessions.record(1)).replace(b", ", b",\r\n\t "))
    assert by_number(sessions.look(), 1)[0].record == sessions.record(1)


@pytest.mark.parametrize("awk", AWKS)
def test_a_workspace_of_any_name(sessions: Sessions, home: Path, awk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_awk(home, awk)
    names = ["a'b", '"$(touch x)"', "new\nline", "-d", " ", "\\n", "ü\udcff", "`id`;&|*"]
    for number, name in enumerate(names):
        folder = os.fsencode(home / name)
        sessions.agent(number, work_dir=folder + b"\n")
        sessions.agent(100 + number, work_dir=folder + b"x\n")
        os.mkdir(folder)
    probe = sessions.look()
    assert not any(each.folder_missing for each in by_number(probe, *range(len(names))))
    assert all(each.folder_missing for each in by_number(probe, *range(100, 100 + len(names))))
    assert not (home / "x").exists()


def test_sessions_that_mngr_did_not_make(sessions: Sessions) -> None:
    sessions.session("by-hand", "cat")
    sessions.tmux("new-session", "-d", "-s", "other", "cat")
    sessions.session("orphan", "cat", number=7)
    probe = sessions.look()
    seen = {each.pane and each.pane.session: each for each in probe.observations}
    assert set(seen) == {"mngr-by-hand", "mngr-orphan"}
    assert (seen["mngr-by-hand"].agent_id, seen["mngr-by-hand"].problem) == (None, None)
    assert seen["mngr-orphan"].agent_id == agent_id(7)
    assert seen["mngr-orphan"].problem


def test_a_programs_name_forges_no_line(sessions: Sessions) -> None:
    sessions.agent(1)
    name = f"x\npane $9 0 %9 1 0 s g t y 1 1 1 1 mngr-x:a{agent_id(1)}:y"
    sessions.session("a2", sys.executable, "-c", "import os,sys; os.execv('/bin/sleep', [sys.argv[1], '600'])", name)
    assert by_number(sessions.look(), 1)[0].pane is None


def test_few_agents(sessions: Sessions) -> None:
    sessions.agent(1, "one")
    sessions.agent(2, "two")
    (sessions.folder / "names").mkdir()
    (sessions.folder / "names" / "one").write_text(agent_id(1) + "\n")
    sessions.session("by-hand", "cat")
    for word in ("one", agent_id(1), agent_id(1)[-33:].removeprefix("-")):
        agents = [each.agent_id for each in sessions.look(word).observations if each.agent_id]
        assert agents == [agent_id(1)], word
    for word in ("two", "nobody"):  # without a claim on the name all are looked at
        assert len(sessions.look(word).observations) == 3, word


def test_without_tmux_the_records_are_seen(sessions: Sessions, home: Path, host_has: HostHas) -> None:
    sessions.agent(1)
    (home / "bin").mkdir()
    for tool in ("sh", "awk", "ls", "uname", "grep"):
        (home / "bin" / tool).symlink_to(str(shutil.which(tool)))
    with host_has(PATH=str(home / "bin")):
        probe = sessions.look()
    assert by_number(probe, 1)[0].record == sessions.record(1)
    assert probe.problems == ["tmux is not on PATH"]


@pytest.mark.skipif(os.getuid() == 0, reason="root can read everything")
def test_what_may_not_be_read(sessions: Sessions) -> None:
    (sessions.agent(1) / "record.json").chmod(0)
    sessions.agent(2)
    unreadable, whole = by_number(sessions.look(), 1, 2)
    assert unreadable.problem == "its record cannot be read"
    assert whole.problem is None
    (sessions.folder / "agents").chmod(0)
    assert "cannot be read" in sessions.look().problems[0]
    (sessions.folder / "agents").chmod(0o700)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("awk", AWKS)
def test_every_shell_and_awk_sees_the_same(
    sessions: Sessions,
    home: Path,
    shell: str,
    awk: str,
    eventually: Callable[..., object],
) -> None:
    sessions.agent(1, wanted="", signs="1 a b\n", work_dir="/nowhere\n")
    sessions.session("a1", "cat", number=1)
    eventually(lambda: sessions.reads("a1"))
    expected = by_number(sessions.look(), 1)
    use_awk(home, awk)
    argv = [*shell.split(), *sessions.host.script_command(["observe/probe.sh"])[1:]]
    done = sessions.host.run([*argv, str(sessions.folder), sessions.host.tmux_socket])
    assert done.err == b""
    seen = by_number(parse(done.out, "mngr-"), 1)
    assert [each.__dict__ | {"now": 0} for each in seen] == [each.__dict__ | {"now": 0} for each in expected]


def use_awk(home: Path, awk: str) -> None:
    if shutil.which(awk.split()[0]) is None:
        pytest.skip(f"no {awk} here")
    put_first(home, "awk", f'exec {awk} "$@"')


def test_an_agent_whose_start_is_under_way(sessions: Sessions) -> None:
    birth = Path("/proc/self/stat").read_text().rpartition(") ")[2].split()[19]
    sessions.agent(1, wanted=f"{os.getpid()} {birth}\n")
    sessions.agent(2, wanted=f"{os.getpid()} {int(birth) - 1}\n")
    sessions.agent(3, foreground=f"{os.getpid()} {birth}\n")
    sessions.agent(4, foreground="999999999 5\n")
    starting, lost, alive, gone = by_number(sessions.look(), 1, 2, 3, 4)
    assert (starting.launching, lost.launching) == (True, False)
    assert (alive.foreground_alive, gone.foreground_alive) == (True, False)


def test_a_launch_script_is_not_yet_the_program(
    sessions: Sessions, home: Path, eventually: Callable[..., object]
) -> None:
    sessions.agent(1)
    (home / "mngr-launch").write_text(f"until [ -e {home}/go ]; do sleep 0.01; done\nexec cat\n")
    sessions.session("a1", "sh", f"{home}/mngr-launch", number=1)
    eventually(lambda: by_number(sessions.look(), 1)[0].launching)
    (home / "go").touch()
    eventually(lambda: by_number(sessions.look(), 1)[0].reads_terminal)
    assert not by_number(sessions.look(), 1)[0].launching


def test_agents_come_and_go_while_it_looks(sessions: Sessions) -> None:
    sessions.agent(0)
    done = threading.Event()

    def churn() -> None:
        number = 1
        while not done.is_set():
            state = sessions.agent(number := number + 1)  # an id is never used again, here as anywhere
            state.rename(sessions.folder / "taken")
            shutil.rmtree(sessions.folder / "taken")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(40):
            probe = sessions.look()
            assert by_number(probe, 0)[0].record == sessions.record(0)
            odd = [each.problem for each in probe.observations if not each.record and each.problem != NO_RECORD]
            assert odd == []
    finally:
        done.set()
        thread.join()
