"""Run a shell command in an agent's workspace."""

from __future__ import annotations

import time

from mngr.hosts.workspace_shell import shell_command
from mngr.model.errors import TimedOutError
from mngr.model.value import value
from mngr.transports import run as processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.report import Agent
    from mngr.model.result import Result

TIMED_OUT = 124


@value
class Command:
    """What to run, where, and for how long at most."""

    text: str
    cwd: str = ""
    timeout_seconds: float | None = None


def execute(agent: Agent, command: Command) -> Result:
    """Run a command and return what it wrote. Raises TimedOutError."""
    argv = shell_command(agent.host, agent.record.id, command.text, command.cwd)
    return agent.host.run(argv, timeout_seconds=command.timeout_seconds, check=False)


def stream(agent: Agent, command: Command, tty: bool = False) -> int:
    """Run a command on our own standard streams and return its exit code (124 when time ran out)."""
    argv = agent.host.transport.wrap(shell_command(agent.host, agent.record.id, command.text, command.cwd), tty=tty)
    try:
        return processes.call(argv, command.timeout_seconds)
    except TimedOutError:
        return TIMED_OUT


def exit_code(result: Result) -> int:
    """Return the exit code as a shell tells it: 128 + n after signal n."""
    return result.code if result.code >= 0 else 128 - result.code


def timed(agent: Agent, command: Command) -> tuple[Result, float]:
    """Run a command and return what it wrote, and the seconds it took."""
    started = time.monotonic()
    result = execute(agent, command)
    return result, time.monotonic() - started
