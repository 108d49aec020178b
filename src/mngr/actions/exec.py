"""Run a shell command in an agent's workspace."""

from __future__ import annotations

import time

from mngr.hosts.workspace_shell import shell_command
from mngr.model.errors import TimedOutError
from mngr.model.times import short_duration
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.report import Agent
    from mngr.model.result import Result


@value
class Command:
    """What to run, where, and for how long at most."""

    text: str
    cwd: str = ""
    timeout_seconds: float | None = None


def execute(agent: Agent, command: Command) -> Result:
    """Run a command and return what it wrote. Raises TimedOutError."""
    argv = shell_command(agent.host, agent.record.id, command.text, command.cwd)
    try:
        return agent.host.run(argv, timeout_seconds=command.timeout_seconds, check=False)
    except TimedOutError:
        raise _timed_out(agent, command) from None


def stream(agent: Agent, command: Command, tty: bool = False) -> int:
    """Run a command on our own standard streams and return its exit code. Raises TimedOutError."""
    argv = shell_command(agent.host, agent.record.id, command.text, command.cwd)
    try:
        return agent.host.call(argv, command.timeout_seconds, tty)
    except TimedOutError:
        raise _timed_out(agent, command) from None


def _timed_out(agent: Agent, command: Command) -> TimedOutError:
    longest = short_duration(command.timeout_seconds or 0)
    return TimedOutError(
        f"the command took longer than {longest} in '{agent.record.name}' and was ended",
        hint="give it a longer --timeout",
    )


def exit_code(result: Result) -> int:
    """Return the exit code as a shell tells it: 128 + n after signal n."""
    return result.code if result.code >= 0 else 128 - result.code


def timed(agent: Agent, command: Command) -> tuple[Result, float]:
    """Run a command and return what it wrote, and the seconds it took."""
    started = time.monotonic()
    result = execute(agent, command)
    return result, time.monotonic() - started
