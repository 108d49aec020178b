"""Bring a workspace what an agent needs before its first start."""

from __future__ import annotations

import os

from mngr.config.paths import home
from mngr.fleet.program import conversational
from mngr.hosts.workspace_shell import shell_command
from mngr.model.errors import TimedOutError, UserError
from mngr.model.times import short_duration
from mngr.model.value import value
from mngr.transports.run import Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.hosts.programs import Found
    from mngr.hosts.ways import Way
    from mngr.model.result import Result
    from mngr.transports.host import Host

TOLD_LINES = 10  # of what a command wrote that failed


@value
class Provisioning:
    """What a workspace is to get: files and folders, from here to there, then what shell commands make of it."""

    uploads: list[tuple[str, str]]
    commands: list[str]
    timeout_seconds: float  # for each command


def install(host: Host, way: Way, step: Callable[[str], None]) -> None:
    """Bring the program that agents of a type run to their host, in a way that was agreed to. Raises UserError."""
    from mngr.hosts.lock import KeptUp
    from mngr.hosts.ways import take

    with KeptUp(host):
        take(host, way, step)


def program_of(fleet: Fleet, agent: Agent) -> Found | None:
    """Return what its host has of the program that an agent talks through, None when it is none that is talked to."""
    kind = conversational(fleet, agent.record)
    if kind is None:
        return None
    from mngr.hosts.environment import environment_of
    from mngr.hosts.programs import look

    return look(agent.host, [kind.program], environment_of(agent.host, agent.record).get("PATH", ""))[0]


def provision_again(agent: Agent, way: Way | None, wanted: Provisioning, step: Callable[[str], None]) -> bool:
    """Install what is missing, copy files and run commands, and tell whether there was anything to do."""
    if way is not None:
        install(agent.host, way, step)
    provision(agent, wanted, step)
    return way is not None or bool(wanted.uploads or wanted.commands)


def provision(agent: Agent, wanted: Provisioning, step: Callable[[str], None]) -> None:
    """Copy files into a workspace and run shell commands there, in order. Raises UserError at the first failure."""
    for source, target in wanted.uploads:
        step(f"upload {source}")
        _upload(agent, source, target)
    for command in wanted.commands:
        step(f"provision: {command}")
        _run(agent, command, wanted.timeout_seconds)


def _run(agent: Agent, command: str, timeout_seconds: float) -> None:
    """Run a shell command in an agent's workspace. Raises UserError, TimedOutError, with the last that it wrote."""
    # Both outputs as one, so that what is shown of them stands in the order in which it was written.
    argv = ["sh", "-c", 'exec "$@" 2>&1', "sh", *shell_command(agent.host, agent.record.id, command)]
    try:
        result = agent.host.run(argv, timeout_seconds=timeout_seconds, check=False)
    except TimedOutError as error:
        late = f"the provision command took longer than {short_duration(timeout_seconds)} and was ended"
        raise TimedOutError(
            _told(late, command, error.said), hint="give it more time: -S provision.timeout_seconds=7200"
        ) from error
    if result.code != 0:
        failed = f"the provision command failed (exit {result.code})"
        raise UserError(_told(failed, command, result.out), hint="mend the command and try again")


def _told(what: str, command: str, said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()[-TOLD_LINES:]
    return "\n".join([f"{what}: {command}", *lines])


def _upload(agent: Agent, source: str, target: str) -> None:
    host = agent.host
    place = _place(agent, target)
    if host.transport.shares_files:
        result = host.script(["hosts/upload.sh", source, place], check=False)
    else:
        result = _upload_there(host, source, place, f"{host.paths.agent(agent.record.id)}/uploads")
    if result.code != 0:
        raise UserError(f"upload of {source} failed: {result.complaint}", hint="--upload-file LOCAL:REMOTE")


def _place(agent: Agent, target: str) -> str:
    """Return where an upload goes: below the workspace, or the home there, unless it says it all."""
    if target == "~" or target.startswith("~/"):
        return (agent.host.home or home(os.environ)) + target[1:]
    return target if target.startswith("/") else f"{agent.record.workspace.folder}/{target}"


def _upload_there(host: Host, source: str, place: str, staging: str) -> Result:
    """Send a file or folder to another host, into a folder of mngr's own first: whole, or not at all."""
    parent, name = os.path.split(os.path.realpath(source))  # a link is followed, as one here that leads nowhere there
    script = host.script_command(["hosts/upload.sh", os.path.basename(source), place, staging, name])
    with (
        host.spawn(script, apart=True) as sink,
        Process(["tar", "-C", parent, "-cf", "-", "--", name]) as packed,
    ):
        packed.take = sink.write
        sent = packed.result(check=False)
        if sent.code != 0:
            raise UserError(f"upload of {source} failed: {sent.complaint}", hint="--upload-file LOCAL:REMOTE")
        return sink.result(check=False)
