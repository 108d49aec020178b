"""Shell commands in an agent's workspace, with the agent's environment."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host


def shell_command(host: Host, agent_id: str, command: str, cwd: str = "") -> list[str]:
    """Return what runs a shell command in an agent's workspace (without the transport); nothing of ours leaks in."""
    scrubbed = ["env", "-i", f"TERM={os.environ.get('TERM', 'dumb')}"]
    return [*scrubbed, *host.script_command(["hosts/exec.sh", host.paths.folder, agent_id, cwd, command])]
