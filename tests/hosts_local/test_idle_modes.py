"""What counts as activity, and so keeps a host up, in each idle mode."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr
from sessions import agent_id
from terminal import Terminal
from waiting import eventually
from watched import ON_LINUX, TOOLS, Watched, locked, put_first, sleeper, titled

from mngr.hosts import watchdog
from mngr.hosts.records import Claim

pytestmark = [pytest.mark.slow, ON_LINUX]


@pytest.mark.parametrize("mode", ["io", "user", "agent", "ssh", "run", "start", "boot", "create", "io ssh"])
def test_an_idle_host_is_stopped(watched: Watched, logins: None, mode: str) -> None:
    if mode != "run":
        sleeper(watched)
    before = int(time.time())
    watched.watch(mode, created=before)
    told = watched.wait_for_stop()
    assert (told["why"], told["mode"], told["timeout_seconds"]) == ("timeout", mode, 3)
    assert told["now"] >= told["last_activity"] + 3
    if mode == "create":
        assert (told["source"], told["last_activity"]) in {("create", before + more) for more in (-1, 0, 1)}
    event = json.loads((watched.folder / "events.jsonl").read_text())
    assert (event["source"], event["type"], event["why"]) == ("watchdog", "host_stopped", "timeout")
    assert not (watched.folder / "idle.new").exists()
    stopping = watchdog.read(watched.host).stopping
    assert stopping is None or (stopping.why, stopping.mode) == ("timeout", mode)  # it is over, should the host live on


@pytest.mark.parametrize("shell", ["dash", "busybox sh", "bash --posix"])
def test_every_shell_runs_it(watched: Watched, home: Path, shell: str) -> None:
    put_first(home, "sh", f'exec {shell} "$@"')
    for name in TOOLS if shell.startswith("busybox") else ():
        put_first(home, name, f'exec busybox {name} "$@"')
    state = sleeper(watched)
    with locked(state / "lock"):
        watched.watch("io run")
        watched.assert_kept("lock")
    watched.assert_kept("run")
    watched.watch("io")
    assert watched.wait_for_stop()["why"] == "timeout"


def test_a_person_who_types_is_never_idle_and_one_who_only_looks_is(
    watched: Watched, terminal: Callable[..., Terminal]
) -> None:
    sleeper(watched, 1, "sh", "-c", "stty -echo; exec sleep 600")
    watched.watch("user", 5)
    screen = terminal(watched.host.tmux("attach-session", "-t", "=mngr-a1"))
    screen.wait_for("sleep|mngr-a1")
    typed: set[int] = set()

    def types() -> bool:
        screen.type("x")
        assert not watched.mark.exists()
        typed.add(watched.seen["last_activity"])
        return len(typed) > 6

    eventually(types, 45)
    assert (watched.seen["source"], watched.seen["attached"]) == ("user", 1)
    told = watched.wait_for_stop()
    assert (told["source"], told["attached"]) == ("user", 1)


def test_an_attached_person_counts_as_long_as_the_ssh_terminal_is_open(watched: Watched, logins: None) -> None:
    sleeper(watched)
    with titled("sshd: somebody@notty"), titled("sshd: somebody@pts/7") as login:
        watched.watch("ssh")
        watched.assert_kept("ssh")
        login.kill()
        login.wait()
        assert watched.wait_for_stop()["source"] == "ssh"


def test_an_agent_that_only_writes_is_at_work(watched: Watched) -> None:
    sleeper(watched, 1, "sh", "-c", "while :; do echo still here; sleep 1; done")
    watched.watch("agent", percent=10000)
    watched.assert_kept("output")
    watched.watch("user")  # its output is nothing that a person did
    assert watched.wait_for_stop()["why"] == "timeout"


def test_an_agent_that_only_computes_is_at_work(watched: Watched) -> None:
    sleeper(watched, 1, "sh", "-c", "(while :; do :; done) & wait")
    watched.watch("io")
    watched.assert_kept("cpu")
    watched.sessions.stop(1)


def test_the_work_of_a_whole_container_counts(watched: Watched) -> None:
    with watched.host.spawn(["sh", "-c", "while :; do :; done"]):
        watched.watch("agent", cpu="host")
        watched.assert_kept("cpu")


@pytest.mark.parametrize("place", ["activity", "agents/{}/activity"])
def test_an_agent_can_say_that_it_is_active(watched: Watched, place: str) -> None:
    sleeper(watched)
    watched.watch("agent")
    file, at = watched.folder / place.format(agent_id(1)), [0]

    def touches() -> bool:
        at[0] += 1
        file.touch()
        os.utime(file, (at[0], at[0]))  # whatever time it is: it is not what it was
        seen = watched.seen
        return seen["source"] == "file" and seen["now"] - first > 6

    first = watchdog.read(watched.host).now
    eventually(touches, 40)
    assert not watched.mark.exists()
    assert watched.wait_for_stop()["source"] == "file"


def test_a_message_is_something_that_a_person_did(watched: Watched) -> None:
    state = sleeper(watched)
    watched.watch("user", 4)
    eventually(lambda: watched.seen["deadline"] - watched.seen["now"] < 3)
    (state / "outbox.jsonl").write_text("{}\n")
    eventually(lambda: watched.seen["source"] == "message")


def test_so_is_one_to_a_plain_program(watched: Watched, mngr: Mngr) -> None:
    mngr("create", "one", "--transfer", "none", "--no-connect", "--", "cat").assert_success()
    watched.watch("user", 4)
    eventually(lambda: watched.seen["deadline"] - watched.seen["now"] < 3)
    mngr("message", "one", "go on").assert_success()
    eventually(lambda: watched.seen["source"] == "message")


def test_a_program_that_lives_is_at_work_unless_it_waits(watched: Watched) -> None:
    state = sleeper(watched)
    watched.watch("run", 4)
    watched.assert_kept("run")
    (state / "signs").write_text("1.0 claude begun\n")
    watched.assert_kept("run")
    (state / "signs").write_text("1.0 claude begun\n2.0 claude ended\n3.0 claude session\n")
    watched.wait_for_stop()


def test_what_a_program_says_of_itself_counts_before_its_hooks(watched: Watched) -> None:
    state = watched.sessions.agent(1, signs="1.0 claude begun\n")
    pid = watched.sessions.session("a1", "sleep", "600", number=1)
    (state / "registry").mkdir()
    (state / "registry" / f"{pid}.json").write_text('{"status":"idle"}')
    watched.watch("run")
    watched.wait_for_stop()


@pytest.mark.parametrize("shell", ["dash -i", "bash --norc", "busybox sh"])
def test_a_shell_at_its_prompt_is_not_at_work(watched: Watched, shell: str) -> None:
    watched.sessions.agent(1)
    watched.sessions.session("a1", *shell.split(), number=1)
    watched.sessions.tmux("send-keys", "-t", "=mngr-a1:", "sleep 8", "Enter")
    watched.watch("run", 3)
    watched.assert_kept("run", 3)
    watched.wait_for_stop()


def test_a_run_in_the_foreground_is_at_work(watched: Watched) -> None:
    state = watched.sessions.agent(1)
    (state / "mngr-launch").write_text("exec sleep 600\n")
    script = watched.host.script_command(["hosts/foreground.sh", str(watched.folder), agent_id(1), "/"])
    with watched.host.spawn(script) as process:
        eventually((state / "foreground").exists)
        watched.watch("user")
        watched.assert_kept("run")
        os.kill(int((state / "foreground").read_text().split()[0]), signal.SIGKILL)
        process.wait(30)
    assert watched.wait_for_stop()["source"] == "run"


@pytest.mark.parametrize(
    "place", ["agents/{}/lock", "agents/{}/keyboard.lock", "making/0123", "programs/x.lock", "setup.lock"]
)
def test_a_held_lock_is_activity(watched: Watched, place: str) -> None:
    sleeper(watched)
    watched.watch("user")
    file = watched.folder / place.format(agent_id(1))
    file.parent.mkdir(exist_ok=True)
    shared = fcntl.LOCK_SH if "making" in place else fcntl.LOCK_EX
    with locked(file, shared):
        watched.assert_kept("lock")
        # It is seen without being taken: who tries at once is not disturbed.
    assert watched.wait_for_stop()["source"] == "lock"


def test_locks_are_found_where_the_kernel_does_not_tell(watched: Watched, home: Path) -> None:
    put_first(home, "cat", "exit 1")
    state = sleeper(watched)
    watched.watch("user")
    with locked(state / "lock"):
        watched.assert_kept("lock")
    assert watched.wait_for_stop()["source"] == "lock"


def test_a_host_is_kept_while_an_agent_is_made_on_it_before_there_is_any(watched: Watched) -> None:
    watched.watch("io")
    claim = Claim(watched.host, watched.sessions.record(1))
    claim.take()
    watched.assert_kept("lock")
    claim.release()
    watched.wait_for_stop()


def test_the_end_of_the_last_session_stops_the_host(watched: Watched, logins: None) -> None:
    watched.watch("io", 4, ended=2)
    rounds = [watched.seen["now"]]
    assert "sessions_ended" not in watched.seen  # there was none yet
    sleeper(watched, 1)
    sleeper(watched, 2)
    watched.watch("io", 4, ended=2)
    eventually(lambda: watched.seen["source"] == "start")
    watched.watch("io", 32, ended=2)
    watched.sessions.stop(1)
    rounds = [watched.seen["now"]]
    eventually(lambda: watched.seen["now"] - rounds[0] > 6, 30)
    assert not watched.mark.exists()
    watched.sessions.stop(2)
    assert watched.wait_for_stop()["why"] == "ended"
