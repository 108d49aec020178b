"""Bring a workspace what an agent needs before its first start."""

from __future__ import annotations

import os

from mngr.fleet.program import conversational
from mngr.hosts.workspace_shell import shell_command
from mngr.model.errors import UserError
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


def provision_again(
    agent: Agent, way: Way | None, wanted: tuple[list[tuple[str, str]], list[str]], step: Callable[[str], None]
) -> bool:
    """Install what is missing, copy files and run commands, and tell whether there was anything to do."""
    if way is not None:
        install(agent.host, way, step)
    provision(agent, *wanted, step)
    return way is not None or any(wanted)


def provision(agent: Agent, uploads: list[tuple[str, str]], commands: list[str], step: Callable[[str], None]) -> None:
    """Copy files into a workspace and run shell commands there, in order. Raises UserError at the first failure."""
    for source, target in uploads:
        step(f"upload {source}")
        _upload(agent, source, target)
    for command in commands:
        step(f"provision: {command}")
        result = agent.host.run(shell_command(agent.host, agent.record.id, command), check=False)
        if result.code != 0:
            raise UserError(
                f"the provision command failed (exit {result.code}): {command}\n{result.complaint}".rstrip(),
                hint="mend the command and try again",
            )


def _upload(agent: Agent, source: str, target: str) -> None:
    host = agent.host
    place = target if target.startswith("/") else f"{agent.record.workspace.folder}/{target}"
    if host.transport.shares_files:
        result = host.script(["hosts/upload.sh", source, place], check=False)
    else:
        result = _upload_there(host, source, place, f"{host.paths.agent(agent.record.id)}/uploads")
    if result.code != 0:
        raise UserError(f"upload of {source} failed: {result.complaint}", hint="--upload-file LOCAL:REMOTE")


def _upload_there(host: Host, source: str, place: str, staging: str) -> Result:
    """Send a file or folder to another host, into a folder of mngr's own first: whole, or not at all."""
    parent, name = os.path.split(source.rstrip("/") or "/")
    script = host.script_command(["hosts/upload.sh", f"{staging}/{name}", place, staging])
    with (
        host.spawn(script, apart=True) as sink,
        Process(["tar", "-C", parent or ".", "-cf", "-", "--", name]) as packed,
    ):
        packed.take = sink.write
        sent = packed.result(check=False)
        if sent.code != 0:
            raise UserError(f"upload of {source} failed: {sent.complaint}", hint="--upload-file LOCAL:REMOTE")
        return sink.result(check=False)
