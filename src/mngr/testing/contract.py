"""What every plugin must do, whoever wrote it: call these from a test, and what is wrong is an AssertionError."""

from __future__ import annotations

from mngr.model.agent import AgentRecord, Workspace
from mngr.model.names import is_name
from mngr.model.observation import STATES, Exit, Observation, Pane
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mngr.model.protocols import AgentType

NOW = 1_700_000_000.0


def check_agent_type(agent_type: AgentType) -> None:
    """Check an agent type: its name, its launch command, and that its state is a pure function with known results."""
    assert is_name(agent_type.name), f"{agent_type.name!r} is not a name"
    command = agent_type.launch(record(agent_type.name))
    assert command, "launch gives no command"
    assert all(type(word) is str and "\0" not in word for word in command), f"launch gives {command!r}"
    for seen in observations(agent_type.name):
        first, second = agent_type.state(seen), agent_type.state(seen)
        assert first == second, f"state is not a pure function: {first} and {second}"
        assert first.state in STATES, f"{first.state!r} is not a state"
        ended = first.state in ("done", "failed")
        assert ended or first.exit_code is None, f"{first.state} with exit code {first.exit_code}"
        assert first.state != "done" or first.exit_code == 0, f"done with exit code {first.exit_code}"


def check_provider(provider: Any, environ: dict[str, str]) -> None:
    """Check a provider: that it is made from an environment, and that its hosts are named apart and reached."""
    made = provider(environ)
    assert is_name(made.name), f"{made.name!r} is not a name"
    hosts = list(made.hosts())
    names = [host.name for host in hosts]
    assert len(set(names)) == len(names), f"several hosts have one name: {names}"
    for host in hosts:
        assert host.provider == made.name, f"{host.name} says that it comes from {host.provider}"
        assert host.run(["echo", "here"]).out == b"here\n", f"{host.name} is not reached"
        assert host.run(["cat"], b"a\0b\xff").out == b"a\0b\xff", f"{host.name} alters what is sent through it"
        assert host.run(["sh", "-c", "exit 3"], check=False).code == 3, f"{host.name} alters exit codes"
        words = ["a b", "'", '"', "$x", "`x`", "*", "-n", "", "\n", "ü"]
        printed = host.run(["printf", "%s\\n", *words]).out.decode()
        assert printed == "".join(f"{word}\n" for word in words), f"{host.name} alters words"


def record(type_name: str) -> AgentRecord:
    """Return a record of an agent of that type."""
    return AgentRecord(
        id="agent-" + "a" * 32,
        name="one",
        type=type_name,
        command=["true"],
        workspace=Workspace("none", "/"),
        project="p",
        created_at="2026-01-01T00:00:00.000Z",
    )


def observations(type_name: str) -> Iterator[Observation]:
    """Yield what can be seen of an agent: at work, waiting, ended in every way, without a session, damaged."""
    empty = Observation(now=NOW, agent_id="agent-" + "a" * 32)
    known = replace(empty, record=record(type_name))
    pane = Pane(
        session="mngr-one",
        session_id="$1",
        pane_id="%1",
        pid=4711,
        dead=False,
        tty="/dev/pts/1",
        program="true",
        created_at=NOW - 60,
        typed_at=NOW - 60,
        output_at=NOW - 1,
        attached=0,
    )
    yield replace(empty, problem="the record is damaged")
    yield replace(known, making=True)
    for reads_terminal in (True, False, None):
        yield replace(known, pane=pane, reads_terminal=reads_terminal, wanted=True)
    for status, signal in ((0, None), (1, None), (127, None), (None, 9), (None, None)):
        yield replace(known, pane=replace(pane, dead=True, dead_status=status, dead_signal=signal, dead_at=NOW - 1))
        yield replace(known, exit=Exit(status, signal, NOW - 1))
    yield replace(known, wanted=True)
    yield known
    yield replace(known, folder_missing=True)
