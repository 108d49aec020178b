"""`stop.sh` ends all that an agent started, and nothing else."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sessions import Sessions, agent_id, alive, pid_in

from mngr.model.result import Result

PYTHON = str(Path(sys.executable).resolve())
STUBBORN = "trap '' TERM HUP; while :; do sleep 600; done"
Eventually = Callable[..., object]


@pytest.fixture
def sessions(host_dir: Path) -> Sessions:
    return Sessions(host_dir)


@pytest.fixture(autouse=True)
def bystander() -> Iterator[None]:
    process = subprocess.Popen(["sleep", "600"])
    yield
    assert alive(process.pid)
    process.kill()
    process.wait()


def start(sessions: Sessions, number: int, script: str, home: Path) -> tuple[Path, int]:
    """Start an agent that runs a shell script, and return its folder and process."""
    state = sessions.agent(number, wanted="")
    pid = sessions.session(f"a{number}", "bash", "-c", f"cd {home}\n{script}", number=number)
    return state, pid


def assert_stopped(sessions: Sessions, number: int, outcome: Result) -> None:
    assert outcome.code == 0, outcome
    seen = sessions.look(agent_id(number)).observations
    assert [each.pane for each in seen if each.agent_id == agent_id(number)] == [None]
    assert not any(each.wanted for each in seen if each.agent_id == agent_id(number))


@pytest.mark.parametrize("shell", ["dash", "busybox sh", "bash --posix"])
def test_a_plain_program(sessions: Sessions, home: Path, shell: str) -> None:
    state, pid = start(sessions, 1, "echo last words; exec sleep 600", home)
    other, other_pid = start(sessions, 2, "exec sleep 600", home)
    argv = [*shell.split(), *sessions.host.script_command(["hosts/stop.sh"])[1:]]
    argv += [str(sessions.folder), agent_id(1), sessions.host.tmux_socket, "5"]
    began = time.monotonic()
    outcome = sessions.host.run(argv)
    assert time.monotonic() - began < 4
    assert outcome.text == f"ended {pid} sleep\n"
    assert not alive(pid)
    assert "last words" in (state / "screen").read_text()
    assert (state / "screen").stat().st_mode & 0o777 == 0o600
    assert alive(other_pid)
    assert (other / "wanted").exists()
    assert_stopped(sessions, 1, sessions.stop(1))
    assert sessions.stop(1).text == "idle\n"


@pytest.mark.parametrize("shell", ["bash --norc", "dash", "zsh -f", "busybox sh"])
def test_a_shell_at_its_prompt_ends_without_the_grace_period(
    sessions: Sessions, eventually: Eventually, shell: str
) -> None:
    sessions.agent(1)
    pid = sessions.session("a1", *shell.split(), number=1)
    eventually(lambda: sessions.reads("a1"))
    began = time.monotonic()
    assert_stopped(sessions, 1, sessions.stop(1, 20))
    assert time.monotonic() - began < 10
    assert not alive(pid)


@pytest.mark.parametrize(
    "script",
    [
        "setsid sh -c 'echo $$ >pid; exec sleep 600' & sleep 600",
        "nohup sh -c 'echo $$ >pid; exec sleep 600' >/dev/null 2>&1 & sleep 600",
        "(setsid sh -c 'echo $$ >pid; exec sleep 600' &); exec sleep 600",
        "(setsid sh -c \"echo \\$\\$ >pid; trap '' TERM HUP; sleep 600; sleep 600\" &); exec sleep 600",
        f"(setsid {PYTHON} -c \"import os,time; os.fork() and os._exit(0); open('pid','w').write(str(os.getpid())); "
        'time.sleep(600)" &); exec sleep 600',
        "env -i sh -c 'echo $$ >pid; exec sleep 600' & sleep 600",
        "env -i sh -c \"trap '' TERM HUP; echo \\$\\$ >pid; sleep 600; sleep 600\" & exec sleep 600",
        "sh -c 'echo $$ >pid; kill -STOP $$; sleep 600' & sleep 600",
        "sh -c \"trap '' TERM HUP; echo \\$\\$ >pid; kill -STOP \\$\\$; sleep 600\" & sleep 600",
        "sh -c 'echo $$ >pid; exec sleep 600' & trap '' TERM HUP; while :; do sleep 1; done",
    ],
    ids=(
        "setsid nohup orphan stubborn-orphan double-fork no-environment stubborn-no-environment halted stubborn-halted "
        "stubborn-parent"
    ).split(),
)
def test_what_left_or_resists(sessions: Sessions, home: Path, script: str) -> None:
    _, pid = start(sessions, 1, script, home)
    child = pid_in(home / "pid")
    assert_stopped(sessions, 1, sessions.stop(1, 1))
    assert not alive(pid)
    assert not alive(child)


def test_a_program_has_the_grace_period_to_end(sessions: Sessions, home: Path) -> None:
    code = "import signal, sys, time\nsignal.signal(15, lambda *_: (time.sleep(0.5), print('saved'), sys.exit()))\n"
    code += "open('pid', 'w').write('1')\ntime.sleep(600)\n"
    (home / "slow.py").write_text(code)
    state, _ = start(sessions, 1, f"exec {PYTHON} slow.py", home)
    pid_in(home / "pid")
    assert_stopped(sessions, 1, sessions.stop(1, 10))
    assert "saved" in (state / "screen").read_text()


def test_many_children_and_further_windows(sessions: Sessions, home: Path) -> None:
    _, pid = start(sessions, 1, "for i in $(seq 200); do sleep 600 & done; echo $$ >pid; wait", home)
    window = sessions.tmux("new-window", "-d", "-t", "=mngr-a1:", "-P", "-F", "#{pane_pid}", "--", "sleep", "601")
    pid_in(home / "pid")
    outcome = sessions.stop(1, 5)
    assert_stopped(sessions, 1, outcome)
    assert len(outcome.text.splitlines()) == 202
    assert not alive(pid)
    assert not alive(int(window))


def test_a_zombie_is_no_reason_to_wait(sessions: Sessions, home: Path) -> None:
    code = "import os,time; os.fork() or os._exit(0); open('pid','w').write('1'); time.sleep(600)"
    start(sessions, 1, f'exec {PYTHON} -c "{code}"', home)
    pid_in(home / "pid")
    began = time.monotonic()
    assert_stopped(sessions, 1, sessions.stop(1, 20))
    assert time.monotonic() - began < 10


def test_a_tmux_server_of_the_agents_own_ends_too(sessions: Sessions, home: Path) -> None:
    script = "tmux -L inner -f /dev/null new-session -d 'echo $$ >pid; exec sleep 600'; exec sleep 600"
    start(sessions, 1, script, home)
    child = pid_in(home / "pid")
    assert_stopped(sessions, 1, sessions.stop(1, 2))
    assert not alive(child)


def test_other_agents_live_on_even_below_this_one(sessions: Sessions, home: Path) -> None:
    sessions.agent(2)
    other = f"MNGR_AGENT_ID={agent_id(2)} setsid sh -c 'echo $$ >pid; exec sleep 600'"
    start(sessions, 1, f"{other} & exec sleep 600", home)
    child = pid_in(home / "pid")
    assert_stopped(sessions, 1, sessions.stop(1, 1))
    assert alive(child)
    os.kill(child, signal.SIGKILL)


def test_agents_that_an_agent_made_live_on(sessions: Sessions, home: Path) -> None:
    tmux = " ".join(sessions.host.tmux("new-session", "-d", "-s", "mngr-a2", "-e", f"MNGR_AGENT_ID={agent_id(2)}"))
    start(sessions, 1, f"{tmux} 'echo $$ >pid; exec sleep 600'; exec sleep 600", home)
    child = pid_in(home / "pid")
    assert_stopped(sessions, 1, sessions.stop(1, 1))
    assert alive(child)


def test_the_shared_server_lives_on_though_an_agent_started_it(sessions: Sessions) -> None:
    state = sessions.agent(1)
    argv = sessions.host.tmux("-f", "/dev/null", "new-session", "-d", "-s", "mngr-a9", "sleep 600")
    sessions.host.run(["env", f"MNGR_AGENT_ID={agent_id(1)}", *argv])
    sessions.tmux("set-environment", "-g", "-u", "MNGR_AGENT_ID")
    sessions.tmux("new-session", "-d", "-s", "mngr-a3", "sleep 602")
    pid = sessions.session("a1", "sleep", "600", number=1)
    sessions.stop(1, 1)
    assert not alive(pid)
    assert "mngr-a3" in sessions.tmux("list-sessions")
    assert (state / "screen").exists()


@pytest.mark.parametrize(
    "inside", ["sh {script}", "exec sh {script}", "{python} -c 'import os; os.system(\"sh {script}\")'"]
)
def test_an_agent_can_stop_itself(sessions: Sessions, home: Path, eventually: Eventually, inside: str) -> None:
    words = sessions.host.script_command(["hosts/stop.sh"])[1:]
    words += [str(sessions.folder), agent_id(1), sessions.host.tmux_socket, "1"]
    (home / "self.sh").write_text(f"exec sh {shlex.join(words)}\n")
    command = inside.format(script=home / "self.sh", python=PYTHON)
    script = f"sleep 600 & echo $! >pid; until [ -e go ]; do sleep 0.01; done; {command}; echo never; sleep 600"
    state, pid = start(sessions, 1, script, home)
    child = pid_in(home / "pid")
    (home / "go").touch()
    eventually(lambda: not alive(pid) and not alive(child), 15)
    eventually(lambda: "mngr-a1" not in sessions.host.run(sessions.host.tmux("list-sessions"), check=False).text)
    eventually(lambda: (state / "screen").exists() and (state / "stopped").exists())
    assert not (state / "wanted").exists()


def test_how_it_ended_before_is_kept_aside(sessions: Sessions, home: Path, eventually: Eventually) -> None:
    state, _ = start(sessions, 1, "exit 3", home)
    eventually(lambda: sessions.look().observations[0].pane.dead)  # type: ignore[union-attr]
    (state / "exit").write_text("3 - 1700000000\n")
    assert_stopped(sessions, 1, sessions.stop(1, 1))
    assert (state / "last-exit").read_text() == "3 - 1700000000\n"
    assert not (state / "exit").exists()


@pytest.mark.slow
def test_processes_that_multiply_are_ended_or_named(sessions: Sessions, home: Path) -> None:
    script = (
        "trap '' TERM HUP; echo 1 >pid; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); setsid sleep 600 & sleep 0.01; done"
    )
    start(sessions, 1, script, home)
    pid_in(home / "pid")
    assert_stopped(sessions, 1, sessions.stop(1, 1))
