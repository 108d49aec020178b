"""Bring a workspace what an agent needs before its first start."""

from __future__ import annotations

from mngr.hosts.workspace_shell import shell_command
from mngr.model.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.fleet.report import Agent


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
                hint="nothing was kept; mend the command and create again",
            )


def _upload(agent: Agent, source: str, target: str) -> None:
    place = target if target.startswith("/") else f"{agent.record.workspace.folder}/{target}"
    result = agent.host.script(["hosts/upload.sh", source, place], check=False)
    if result.code != 0:
        raise UserError(f"upload of {source} failed: {result.complaint}", hint="--upload-file LOCAL:REMOTE")
