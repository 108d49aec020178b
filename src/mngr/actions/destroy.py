"""Remove an agent: its session, its workspace and its state; what is removed can be restored for a while."""

from __future__ import annotations

import time

from mngr.hosts import records
from mngr.hosts.lock import Locked
from mngr.hosts.session import TmuxSession
from mngr.model.errors import CommandError, MissingProgramError, UsageError, WorkAtRiskError
from mngr.model.names import parse_address, shown
from mngr.model.value import value
from mngr.sync import vault
from mngr.sync import workspace as workspaces
from mngr.transports.quoting import write_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent
    from mngr.sync.workspace import Risk
    from mngr.transports.host import Host


AT_RISK = "at_risk"  # in the folder of a destroyed agent: what it held that exists nowhere else


@value
class HowToDestroy:
    """What was asked of a destroy."""

    force: bool = False
    remove_branch: bool = False
    dry_run: bool = False
    grace_seconds: float = 5.0


@value
class Destroyed:
    """What a destroy removed, or would remove, and what of it exists nowhere else."""

    agent: Agent
    risks: list[Risk]


def destroy(fleet: Fleet, agent: Agent, how: HowToDestroy) -> Destroyed:
    """Remove an agent. Raises WorkAtRiskError when it holds work that exists nowhere else, unless forced."""
    host, record = agent.host, agent.record
    if how.dry_run:
        return Destroyed(agent, _risks(fleet, agent, how))
    if not how.force and (risks := _risks(fleet, agent, how)):
        raise _refusal(agent, risks)
    TmuxSession(host, record).stop(how.grace_seconds)
    with Locked(host, record.id):
        # Looked at again: a program on its way out may have written more.
        risks = _risks(fleet, agent, how)
        if risks and not how.force:
            raise _refusal(agent, risks)
        # Whoever takes the host away is told by that what would go with it.
        mark = write_file(AT_RISK, b"".join(f"{_told(risk)}\n".encode() for risk in risks)) if risks else b""
        records.change(host, record.id, mark + write_file("destroying", f"{int(time.time())}\n".encode()))
        _put_away(agent, remove_branch=how.remove_branch)
    return Destroyed(agent, risks)


def finish(agent: Agent) -> None:
    """Carry a destroy to its end that was interrupted. Raises BusyError when somebody is at it."""
    mark = f"{agent.host.paths.agent(agent.record.id)}/destroying"
    with Locked(agent.host, agent.record.id, wait_seconds=0):
        if agent.host.run(["test", "-e", mark], check=False).code == 0:
            _put_away(agent, remove_branch=False)


def _put_away(agent: Agent, *, remove_branch: bool) -> None:
    host, record = agent.host, agent.record
    vault.put_away(host, record.workspace, host.paths.agent(record.id), record.id, remove_branch)
    host.script(["hosts/bury.sh", host.paths.folder, record.id, record.name])


def at_risk(fleet: Fleet, agent: Agent, *, remove_branch: bool = False) -> list[Risk]:
    """Return what would be lost with an agent's workspace, wherever that was copied from."""
    workspace = agent.record.workspace
    source_host = None
    if workspace.copied_from is not None and workspace.made:
        source_host = _host_at(fleet, workspace.copied_from.partition(":")[0])
    return workspaces.at_risk(agent.host, workspace, remove_branch, source_host)


def _host_at(fleet: Fleet, address: str) -> Host | None:
    """Return a host that is looked at anyway; a record may say anything."""
    try:
        where = parse_address(address)
    except UsageError:
        return None
    return next(
        (host for host in fleet.places.hosts(where.host, where.provider) if f"@{host.address}" == address), None
    )


def _risks(fleet: Fleet, agent: Agent, how: HowToDestroy) -> list[Risk]:
    """Return what would be lost; where that cannot be told (its repository is gone), all of it may be."""
    try:
        return at_risk(fleet, agent, remove_branch=how.remove_branch)
    except MissingProgramError:
        raise
    except CommandError as error:
        return [workspaces.Risk("unknown", f"what it holds cannot be told: {error.message}", 1, [])]


def _refusal(agent: Agent, risks: list[Risk]) -> WorkAtRiskError:
    name, workspace = agent.record.name, agent.record.workspace
    by_git = workspace.base_commit is not None or workspace.mode in ("worktree", "mirror")
    return WorkAtRiskError(
        f"'{name}' holds work that exists nowhere else: {'; '.join(_told(risk) for risk in risks)}",
        hint=(
            f"{'commit and push it' if by_git else 'copy it'}, or: "
            f"mngr destroy {name} --force (mngr restore {name} brings it back)"
        ),
    )


def _told(risk: Risk) -> str:
    names = [shown(example) for example in risk.examples[:3]]
    return risk.text + (f" ({', '.join(names)}{', ...' if risk.count > len(names) else ''})" if names else "")
