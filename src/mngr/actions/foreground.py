"""Run a program as an agent without a session: output streamed, exit code passed on, agent removed."""

from __future__ import annotations

import os

from mngr.actions.create import NewAgent, Telling, create
from mngr.actions.destroy import HowToDestroy, destroy
from mngr.model.errors import UserError
from mngr.transports import run as processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent


def run_in_foreground(fleet: Fleet, new: NewAgent, telling: Telling) -> int:
    """Run a new agent's program on our own standard streams and return its exit code; what it left is put away."""
    agent = create(fleet, new, telling, headless=True)
    try:
        return processes.call(_command(agent))
    finally:
        _remove(agent, telling)


def _command(agent: Agent) -> list[str]:
    host, record = agent.host, agent.record
    scrubbed = ["env", "-i", f"TERM={os.environ.get('TERM', 'dumb')}"]
    script = ["hosts/foreground.sh", host.paths.folder, record.id, record.workspace.folder]
    return host.transport.wrap([*scrubbed, *host.script_command(script)])


def _remove(agent: Agent, telling: Telling) -> None:
    name = agent.record.name
    try:
        gone = destroy(agent, HowToDestroy(force=True, grace_seconds=1))
    except UserError as error:
        telling.note(f"agent '{name}' could not be removed: {error.message}")
        return
    if gone.risks:
        telling.note(f"{'; '.join(risk.text for risk in gone.risks)}: mngr restore {name} brings it back")
