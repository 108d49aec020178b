"""Start, stop and destroy hosts, with the agents that are on them."""

from __future__ import annotations

from mngr.actions.destroy import at_risk
from mngr.actions.last_agent import kept_name, with_work
from mngr.actions.start import start
from mngr.fleet.report import Agent
from mngr.hosts import watchdog
from mngr.hosts.lock import KeptUp
from mngr.model.errors import UsageError, UserError, WorkAtRiskError
from mngr.model.host import OFF, STARTING, UNREACHABLE
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.model.host import Snapshot
    from mngr.transports.host import Host


@value
class Started:
    """A host that was started: whether it had to be, the agents that came back, and why others did not."""

    was_off: bool
    agents: list[str]
    failures: list[UserError]


@value
class DestroyedHost:
    """A host that was taken away: the names of its agents, and what it was saved as."""

    agents: list[str]
    snapshot: Snapshot | None = None
    risks: list[str] = []  # of a dry run: why it would be refused unless it is forced
    is_only_forgotten: bool = False  # a machine that mngr did not make is as it was


def _able(fleet: Fleet, host: Host, what: str) -> Any:
    """Return a host's provider if it can do something with hosts. Raises UsageError."""
    provider: Any = fleet.places.provider(host.provider)
    if not hasattr(provider, what):
        raise UsageError(
            f"provider {host.provider} cannot {what} a host: {host.address}",
            hint=f"its agents: mngr {what} --host {host.name}" if what != "create" else None,
        )
    return provider


class Up:
    """Starts a host, with the agents that ran when it stopped, and keeps it up for as long as the block runs."""

    def __init__(self, fleet: Fleet, host: Host) -> None:
        self._fleet = fleet
        self._host = host
        self._kept = KeptUp(host)

    def __enter__(self) -> Started:
        provider = _able(self._fleet, self._host, "start")
        was_off = self._host.state in OFF
        up = provider.start(self._host)  # also one that runs: what it may reach can be cut off
        self._host.state, self._host.transport, self._host.reason = up.state, up.transport, up.reason
        self._kept.__enter__()
        try:
            return _with_agents(self._fleet, self._host, was_off=was_off)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self._kept.__exit__()


def start_host(fleet: Fleet, host: Host) -> Started:
    """Start a host, and the agents that ran when it stopped."""
    with Up(fleet, host) as started:
        return started


def _with_agents(fleet: Fleet, host: Host, *, was_off: bool) -> Started:
    came: list[str] = []
    failures: list[UserError] = []
    for agent in wanted_on(fleet, host):
        try:
            start(fleet, agent)
            came.append(agent.record.name)
        except UserError as error:
            failures.append(error)
    if host.self_stop is not None:
        watchdog.read(host)  # it is started, should no agent have done that
    return Started(was_off, came, failures)


def wanted_on(fleet: Fleet, host: Host) -> list[Agent]:
    """Return the agents of a host that should run and do not."""
    from mngr.fleet.look import look_at

    return [
        Agent(host, report.record)
        for report in look_at(host, fleet.type_of).reports
        if report.record is not None and report.observation.wanted and report.observation.pane is None
    ]


def rename_host(fleet: Fleet, host: Host, name: str, *, dry_run: bool = False) -> Host:
    """Give a host another name, and return it by that; its agents run on. Raises UsageError, UserError."""
    provider: Any = fleet.places.provider(host.provider)
    if not hasattr(provider, "rename"):
        raise UsageError(
            f"provider {host.provider} cannot rename hosts: {host.address}",
            hint="another name for a host of ssh: a Host in ~/.ssh/config" if host.provider == "ssh" else None,
        )
    if any(other.name == name and other.provider == host.provider for other in fleet.hosts() if other is not host):
        raise UserError(f"there is a host '{name}' already", hint="choose another name")
    return host if dry_run or name == host.name else provider.rename(host, name)


def stop_host(fleet: Fleet, host: Host) -> bool:
    """Stop a host; its agents come back when it is started again. Tell whether it ran."""
    provider = _able(fleet, host, "stop")
    if host.state in OFF:
        return False
    provider.stop(host)
    return True


def destroy_host(fleet: Fleet, host: Host, *, force: bool, save: bool, dry_run: bool = False) -> DestroyedHost:
    """Take a host away with all that is on it; it is saved before (`save`) if its provider can do that.

    Raises WorkAtRiskError where agents hold work that exists nowhere else, or may, unless forced.
    """
    if hasattr(provider := fleet.places.provider(host.provider), "forget_host"):
        return _forget(fleet, provider, host, dry_run=dry_run)
    provider = _able(fleet, host, "destroy")
    agents = [report for report in fleet.look([host]) if report.record is not None]
    names = [report.name for report in agents]
    risks = [text for report in agents if report.record for text in _risks(fleet, Agent(host, report.record))]
    if dry_run:
        return DestroyedHost(names, risks=risks)
    if not force:
        _refuse(host, risks, unknown=host.state in OFF and not hasattr(provider, "agent_records"))
    saves = save and hasattr(provider, "snapshot") and bool(names or _left(host))
    snapshot = provider.snapshot(host, kept_name(host.name)) if saves else None
    provider.destroy(host)
    return DestroyedHost(names, snapshot)


def _forget(fleet: Fleet, provider: Any, host: Host, *, dry_run: bool) -> DestroyedHost:
    """Look at a machine no more, which mngr did not make and does not take away. Raises WorkAtRiskError."""
    names = [report.name for report in fleet.look([host])]
    if names and host.state != UNREACHABLE:
        raise WorkAtRiskError(
            f"there are agents on {host.address}: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}",
            hint=f"mngr destroy --host {host.name}, and then again: mngr destroy @{host.address}",
        )
    if not dry_run:
        provider.forget_host(host)
    return DestroyedHost([], is_only_forgotten=True)


def _refuse(host: Host, risks: list[str], *, unknown: bool) -> None:
    if unknown:
        raise WorkAtRiskError(
            f"what is on {host.address} cannot be told while it is {host.state}",
            hint=f"mngr start @{host.address}, or add --force",
        )
    if host.state in OFF and risks:
        raise WorkAtRiskError(
            f"{host.address} is {host.state}, so what these hold cannot be looked at: {', '.join(risks)}",
            hint=f"mngr start @{host.address}, or: mngr destroy @{host.address} --force",
        )
    if risks:
        raise WorkAtRiskError(
            f"{host.address} holds work that exists nowhere else: {'; '.join(risks[:3])}",
            hint=f"commit and push it, or: mngr destroy @{host.address} --force",
        )


def _left(host: Host) -> list[str]:
    """Return the destroyed agents whose work would go for good; on a host that cannot be asked, nobody knows."""
    return with_work(host) if host.state not in (*OFF, STARTING, UNREACHABLE) else []


def _risks(fleet: Fleet, agent: Agent) -> list[str]:
    if agent.host.state in OFF:
        return [agent.record.name]
    return [f"{agent.record.name}: {risk.text}" for risk in at_risk(fleet, agent)]
