"""The watchdog lives through what befalls it, and stops a host only when nobody comes."""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from program import ROOT, Mngr
from sessions import agent_id
from waiting import eventually
from watched import LONG, ON_LINUX, Watched, full_disk, locked, open_locks, put_first, sleeper, titled

from mngr.hosts import watchdog
from mngr.hosts.lock import Locked
from mngr.hosts.records import Claim
from mngr.hosts.watchdog import IdleSettings
from mngr.model.errors import UserError

pytestmark = [pytest.mark.slow, ON_LINUX]


def test_a_local_host_is_never_watched_by_default(watched: Watched) -> None:
    seen = watchdog.read(watched.host)
    assert (seen.watching, seen.mode) == (False, "disabled")
    with pytest.raises(UserError, match="cannot stop itself"):
        watchdog.settings(watched.host, IdleSettings(mode="io", timeout=3))
    assert not (watched.folder / "idle").exists()
    assert watched.processes() == []


def test_settings_change_while_it_watches(watched: Watched) -> None:
    sleeper(watched)
    assert watched.watch("user", 8).was_dead
    pid = watched.pid
    seen = watched.watch("agent start", 9, percent=50)
    assert (seen.watching, seen.was_dead, seen.mode, seen.timeout) == (True, False, "agent start", 9)
    eventually(lambda: watched.seen["mode"] == "agent start", 40, lambda: watched.seen)
    watchdog.settings(watched.host, IdleSettings(timeout=7))
    eventually(lambda: watched.seen["timeout_seconds"] == 7, 40)
    assert "percent=50" in (watched.folder / "idle").read_text().splitlines()
    assert watched.pid == pid
    watchdog.settings(watched.host, IdleSettings(mode="disabled"))
    eventually(lambda: not watched.processes())
    assert not watchdog.read(watched.host).watching
    watchdog.settings(watched.host, IdleSettings(mode="io", timeout=2))
    assert watched.wait_for_stop()["mode"] == "io"


def test_settings_that_make_no_sense_leave_those_that_are_known(watched: Watched) -> None:
    watched.watch("io start", 4)
    pid = watched.pid
    new = watched.folder / "idle.mine"
    holder = (watched.folder / "setup.lock").open("w")
    fcntl.flock(holder, fcntl.LOCK_EX)  # so that it is not stopped meanwhile
    for text in (
        "mode=io\ntimeout=1x\nstop=false\n",
        "mode=always\ntimeout=1\nstop=false\n",
        "\0\n",
        "",
        "timeout=1\n" * 9999,
    ):
        new.write_text(text)
        new.replace(watched.folder / "idle")
        now = watched.seen["now"]
        eventually(lambda now=now: watched.seen["now"] > now)
    assert (watched.seen["mode"], watched.seen["timeout_seconds"], watched.pid) == ("io start", 4, pid)
    holder.close()


def test_settings_are_changed_by_many_at_once(watched: Watched) -> None:
    watched.watch("io", LONG)
    script = watched.host.script_command(["hosts/watch.sh", str(watched.folder)])
    keys = ("percent=7", "ended=99", "created=12345", "cpu=host")
    with ThreadPoolExecutor(len(keys)) as pool:
        list(pool.map(lambda key: watched.host.run([*script, key], b"complete=yes\n"), keys))
    assert set(keys) < set((watched.folder / "idle").read_text().splitlines())


def test_a_round_leaves_settings_alone_that_are_being_written(watched: Watched) -> None:
    watched.watch("io", LONG)
    eventually(lambda: (watched.folder / "idle.json").exists())
    half = watched.folder / "idle.new"
    half.write_text("mode=")
    now = watched.seen["now"]
    watchdog.settings(watched.host, IdleSettings(percent=7))  # it wakes it
    half.write_text("mode=")
    eventually(lambda: watched.seen["now"] > now)
    assert half.read_text() == "mode="


def test_time_that_nobody_saw_pass_is_not_idle_time(watched: Watched) -> None:
    sleeper(watched)
    watched.watch("user", 4)
    pid = watched.pid
    eventually(lambda: watched.seen["source"] in ("watch", "start"))
    os.kill(pid, signal.SIGSTOP)
    over = time.monotonic() + 7
    eventually(lambda: time.monotonic() > over)
    os.kill(pid, signal.SIGCONT)
    eventually(lambda: watched.seen["source"] == "clock" or watched.mark.exists())
    assert not watched.mark.exists()
    assert watched.wait_for_stop()["source"] == "clock"


@pytest.mark.parametrize("jump", [100_000, -100_000])
@pytest.mark.parametrize("mode", ["user", "create"])
def test_the_clock_may_jump(watched: Watched, home: Path, jump: int, mode: str) -> None:
    ahead, real = home / "ahead", shutil.which("date")
    ahead.write_text("0")
    put_first(home, "date", f'[ "$1" = +%s ] || exec {real} "$@"\necho $(($({real} +%s) + $(cat {ahead})))')
    sleeper(watched)
    watched.watch(mode, 8, created=int(time.time()))
    before = eventually(lambda: watched.seen)
    ahead.write_text(str(jump))
    after = eventually(lambda: abs(watched.seen["now"] - before["now"]) > 90_000 and watched.seen)
    assert 0 <= after["deadline"] - after["now"] <= before["deadline"] - before["now"] + 1
    assert after["source"] in ("watch", "create")
    assert watched.wait_for_stop()["source"] in ("watch", "create")


@pytest.mark.here("a container does not see what is mounted later", "docker")
def test_a_full_disk_stops_no_watchdog_and_saves_no_host(watched: Watched) -> None:
    with full_disk(watched.folder) as fill:
        (watched.folder / "agents").mkdir(exist_ok=True)
        watched.watch("user", 8)
        eventually(lambda: watched.seen["source"] == "watch")
        fill()
        os.kill(watched.pid, signal.SIGKILL)
        eventually(lambda: not watched.processes())
        assert watchdog.read(watched.host).was_dead
        assert watched.pid
        eventually(watched.mark.exists, 40)


def test_it_runs_once_however_many_start_it(watched: Watched) -> None:
    watched.watch("io", LONG)
    os.kill(watched.pid, signal.SIGKILL)
    eventually(lambda: not watched.processes())
    script = ["sh", str(watched.folder / "watchdog.sh"), "ensure", str(watched.folder)]
    with ThreadPoolExecutor(20) as pool:
        said = sorted(pool.map(lambda _: watched.host.run(script, timeout_seconds=30).text, range(20)))
    # Who of several that try at once was the one, nobody may know; that one runs by now, all do.
    assert said in (["started\n", *["yes\n"] * 19], ["yes\n"] * 20)
    pid = watched.pid
    run = ["sh", str(watched.folder / "watchdog.sh"), "run", str(watched.folder)]
    assert watched.host.run(run, timeout_seconds=30, check=False).code == 75
    assert watched.pid == pid


def test_it_ends_when_asked_and_comes_back_with_the_next_visit(watched: Watched, mngr: Mngr) -> None:
    watched.watch("io", LONG)
    os.kill(watched.pid, signal.SIGTERM)
    eventually(lambda: not watched.processes(), 10)
    mngr("list").assert_success()
    os.kill(eventually(lambda: watched.processes() and watched.pid), signal.SIGKILL)
    eventually(lambda: not watched.processes(), 10)
    mngr("create", "one", "--no-connect", "--", "sleep", "600").assert_success()
    eventually(lambda: watched.processes() and watched.pid)
    watched.host.run(["sh", "-c", watchdog.ensure(watched.host)])
    assert watched.pid


def test_a_newer_one_takes_over_and_knows_what_this_one_knew(watched: Watched) -> None:
    sleeper(watched)
    watched.watch("user", 12)
    eventually(lambda: watched.seen["source"] in ("start", "watch"))
    was, pid = watched.seen, watched.pid
    script = watched.folder / "watchdog.sh"
    script.write_text("# newer\nnewer=yes\n" + script.read_text().replace('"version": 1', '"version": 2'))
    now = eventually(lambda: watched.seen["version"] == 2 and watched.seen, 30)
    assert (now["source"], now["last_activity"]) == (was["source"], was["last_activity"])
    assert watched.pid == pid


def test_it_ends_with_its_folder(watched: Watched) -> None:
    watched.watch("io", 4)
    eventually(lambda: watched.seen)
    shutil.rmtree(watched.folder)
    eventually(lambda: not watched.processes())
    assert not watched.folder.exists()


def test_its_own_errors_do_not_end_it(watched: Watched, home: Path) -> None:
    put_first(home, "stat", "exit 1")
    sleeper(watched)
    watched.watch("io", 3, stop=f"echo x >>'{watched.mark}'; exit 3")  # ends the very shell that watches
    eventually(lambda: watched.mark.exists() and watched.mark.read_text() == "x\nx\n", 30)
    assert watched.pid


def test_a_stop_that_fails_is_tried_again_and_said(watched: Watched) -> None:
    sleeper(watched)
    watched.watch("user", 2, stop=f"echo x >>'{watched.mark}'; false")
    eventually(lambda: watched.mark.exists() and watched.mark.read_text().count("x") > 2, 30)
    assert watchdog.read(watched.host).stop_failed == 1
    assert (watched.folder / "events.jsonl").read_text().count("host_stopped") == 1
    with Locked(watched.host, agent_id(1)):  # and the host is used as before
        eventually(lambda: watched.seen["source"] == "lock")
    assert not (watched.folder / "stop_reason.json").exists()


def test_a_host_that_never_answers_is_watched_as_well(watched: Watched) -> None:
    sleeper(watched)
    server = int(watched.sessions.tmux("display-message", "-p", "#{pid}"))
    os.kill(server, signal.SIGSTOP)
    try:
        watched.watch("io", 6)
        watched.wait_for_stop()
    finally:
        os.kill(server, signal.SIGCONT)


# --- The moment of stopping


def test_nobody_begins_on_a_host_that_is_stopping(watched: Watched) -> None:
    state = sleeper(watched)
    watched.watch("user", 2)
    watched.wait_for_stop()
    started = Locked(watched.host, agent_id(1), 0)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        made = pool.submit(Claim(watched.host, watched.sessions.record(2)).take)
        for begin in (started.__enter__, made.result):
            with pytest.raises(UserError, match="stops itself just now"):
                begin()
    assert sorted(path.name for path in state.parent.iterdir()) == [state.name]


def test_who_comes_at_the_last_moment_is_let_in_when_the_host_lives_on(watched: Watched) -> None:
    gate = watched.folder / "stopping.lock"
    watched.watch("user", LONG)
    with locked(gate), concurrent.futures.ThreadPoolExecutor() as pool:
        claim = Claim(watched.host, watched.sessions.record(1))
        taking = pool.submit(claim.take)
        eventually((watched.folder / "agents" / agent_id(1) / "lock").exists)
        assert not taking.done()
        fcntl.flock(open_locks[gate], fcntl.LOCK_UN)
        taking.result(20)
        claim.release()


def test_who_came_first_wins(watched: Watched) -> None:
    state = sleeper(watched)
    watched.watch("user", 3)
    with locked(watched.folder / "stopping.lock", fcntl.LOCK_SH):  # somebody passes just now
        eventually(lambda: watched.seen["now"] > watched.seen["deadline"], 30)
        holder = locked(state / "lock")
        holder.__enter__()
    eventually(lambda: watched.seen["source"] == "lock")
    assert not watched.mark.exists()
    holder.__exit__(None, None, None)
    watched.wait_for_stop()


@pytest.mark.parametrize("mode", ["create", "boot"])
def test_agents_cannot_prolong_a_fixed_lifetime(watched: Watched, mode: str) -> None:
    uptime = int(float(Path("/proc/uptime").read_text().split()[0]))
    state = sleeper(watched, 1, "sh", "-c", "while :; do echo work; touch activity signs ../lock; done")
    (state / "signs").write_text("1.0 claude begun\n")
    began = time.monotonic()
    with locked(state / "lock") if mode == "create" else contextlib.nullcontext(), titled("sshd: somebody@pts/7"):
        watched.watch(mode, 4 if mode == "create" else uptime, created=int(time.time()))
        told = watched.wait_for_stop(55)
    assert told["source"] == mode
    assert time.monotonic() - began > (4 if mode == "create" else 0)
    watched.sessions.stop(1)


def test_a_watchdog_that_agents_cannot_reach_has_a_folder_of_its_own(watched: Watched, home: Path) -> None:
    apart = home / "apart"
    state = sleeper(watched)
    stop = f"echo stopped >>'{watched.mark}'"
    wished = IdleSettings(mode="io", timeout=3, stop=stop, folder=str(watched.folder))
    assert watchdog.settings(watched.host, wished, str(apart)).was_dead
    with locked(state / "lock"):
        eventually(lambda: json.loads((apart / "idle.json").read_text())["source"] == "lock")
    eventually(watched.mark.exists, 30)
    assert not (watched.folder / "idle").exists()
    for pid in watched.processes(apart):
        os.kill(pid, signal.SIGKILL)


def test_who_uses_up_all_processes_cannot_prolong_a_fixed_lifetime(ordinary_user: Mngr) -> None:
    """The watchdog of an ordinary user, whom nothing is allowed to start any more, stops its host all the same."""
    folder, mark = ordinary_user.host_dir, ordinary_user.home / "stopped"
    folder.mkdir()
    script = b"".join((ROOT / "src/mngr/hosts" / name).read_bytes() for name in ("activity.sh", "watchdog.sh"))
    (folder / "watchdog.sh").write_bytes(script)
    (folder / "idle").write_text(f"mode=create\ntimeout=4\nstop=echo x >>{mark}\ncreated={int(time.time())}\n")
    for path in (folder, *folder.iterdir()):
        os.chown(path, *([ordinary_user.user] * 2 if ordinary_user.user is not None else [-1, -1]))
    user = ordinary_user.user

    def run_as_user(*argv: str) -> None:
        env = {**os.environ, **ordinary_user.env, "HOME": str(ordinary_user.home)}
        groups = None if user is None else []
        subprocess.run(argv, user=user, group=user, extra_groups=groups, env=env, check=True)

    run_as_user("sh", str(folder / "watchdog.sh"), "ensure", str(folder))
    here = Watched(folder)
    pid = here.pid
    eventually((folder / "idle.json").exists)
    run_as_user("prlimit", f"--pid={pid}", "--nproc=1")
    try:
        eventually(mark.exists, 40)
        told = json.loads(eventually((folder / "stop_reason.json").read_text))
        assert (told["why"], told["source"]) == ("timeout", "create")
        assert told["now"] > here.seen["now"]  # which it could not write any more
    finally:
        os.kill(pid, signal.SIGKILL)
