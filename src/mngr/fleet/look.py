"""Looks at hosts: one round trip each."""

from __future__ import annotations

from mngr.fleet.report import AgentReport, unknown
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
