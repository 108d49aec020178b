"""Looks at hosts: one round trip each."""

from __future__ import annotations

from mngr.fleet.report import AgentReport, unknown
from mngr.model.errors import UserError
from mngr.model.host import OFF, RUNNING, STARTING, UNREACHABLE
from mngr.model.value import value
from mngr.observe import probe
from mngr.observe.state import derive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.model.agent import AgentRecord
    from mngr.model.observation import Observation, Seen
    from mngr.model.protocols import AgentType
    from mngr.transports.host import Host

    TypeOf = Callable[[AgentRecord], AgentType]


@value
class Look:
    """What was seen of a host: its agents by name, and what could not be looked at."""

    reports: list[AgentReport]
    problems: list[str]


def look_at_all(
    hosts: list[Host], type_of: TypeOf, cache: str, look_off: Callable[[Host], list[AgentReport]]
) -> list[Look]:
    """Look at all hosts at once; of one that does not answer in time, return what was last seen.

    `look_off` looks at one that does not run.
    """
    if len(hosts) == 1 and hosts[0].transport.shares_files:
        return [look_at(hosts[0], type_of)]
    from mngr.fleet import last_seen
    from mngr.fleet.parallel import on_each_host

    def look(host: Host) -> Look:
        if host.transport.shares_files:
            return look_at(host, type_of)
        if host.state in OFF:
            return Look(look_off(host), [])
        seen = look_at(host, type_of)
        host.state = RUNNING
        last_seen.keep(cache, host, seen.reports)
        return seen

    return [
        _silent(host, found, cache) if isinstance(found, UserError) else found
        for host, found in on_each_host(hosts, look)
    ]


def _silent(host: Host, error: UserError, cache: str) -> Look:
    from mngr.fleet import last_seen

    if host.state != STARTING:
        host.state = UNREACHABLE
    problem = f"{error.message} ({error.hint})" if error.hint else error.message
    return Look(last_seen.recall(cache, host), [problem])


def look_at(host: Host, type_of: TypeOf, only: list[str] | None = None) -> Look:
    """Return every agent of a host (or at least some, named by id) with its state now, by name."""
    seen = probe.look(host, only or ())
    host.id = seen.host_id
    types: dict[str, AgentType] = {}
    reports = [AgentReport(host, observed, _state(observed, type_of, types)) for observed in seen.observations]
    if any(report.seen.unsure for report in reports):
        from mngr.observe.closer import look_closer

        unsure = [report.observation for report in reports if report.seen.unsure]
        reports = [report for report in reports if not report.seen.unsure]
        reports += [AgentReport(host, each, _state(each, type_of, types)) for each in look_closer(host, unsure)]
    return Look(sorted(reports, key=lambda report: report.name), seen.problems)


def _state(observed: Observation, type_of: TypeOf, types: dict[str, AgentType]) -> Seen:
    record = observed.record
    if record is None:
        return unknown(observed, observed.problem) if observed.problem else derive(observed)
    if record.type not in types:
        types[record.type] = type_of(record)
    return types[record.type].state(observed)
