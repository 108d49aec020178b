"""Take back an agent that was never finished: nobody makes it any more."""

from __future__ import annotations

from mngr.hosts.lock import Locked
from mngr.model.agent import AgentRecord, RecordError, from_json
from mngr.model.errors import CommandError, NotFoundError
from mngr.model.names import is_id
from mngr.sync import workspace as workspaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host


def take_back(host: Host, agent_id: str, name: str) -> None:
    """Remove what a half-made agent left, and let its name go. Raises BusyError when somebody is still at it."""
    if not is_id(agent_id):
        host.whole_script(["hosts/erase.sh", host.paths.folder, "" if agent_id == "-" else agent_id, name])
        return
    try:
        with Locked(host, agent_id, wait_seconds=0):
            record = _half_made(host, agent_id)
            if record is not None:
                workspaces.remove(host, record.workspace, force=True)  # no program has run in it
            host.whole_script(["hosts/erase.sh", host.paths.folder, agent_id, name])
    except NotFoundError:
        # Its folder is gone already: only the name was left.
        host.whole_script(["hosts/erase.sh", host.paths.folder, agent_id, name])


def _half_made(host: Host, agent_id: str) -> AgentRecord | None:
    try:
        return from_json(host.run(["cat", f"{host.paths.agent(agent_id)}/making.json"]).out)
    except (CommandError, RecordError):
        return None
