"""What agents took of models: tokens and money, each answer counted once, whoever's record holds it."""

from __future__ import annotations

from mngr.config.paths import UserPaths, host_dir
from mngr.fleet.program import conversational
from mngr.model.conversation import Usage
from mngr.model.value import value
from mngr.observe import prices
from mngr.observe.usage import Answer, answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import Agent, AgentReport
    from mngr.model.agent import AgentRecord
    from mngr.model.protocols import Converses
    from mngr.observe.prices import Prices
    from mngr.transports.host import Host


@value
class Total:
    """A sum. `cost_usd` is of those answers whose model has a price, None where none has; `unpriced` are the others."""

    answers: int = 0
    usage: Usage = Usage()
    unpriced: list[str] = []

    @property
    def fields(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "answers": self.answers,
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "cache_read_tokens": self.usage.cache_read_tokens,
            "cache_write_tokens": self.usage.cache_write_tokens,
            "cost_usd": self.usage.cost_usd,
            "unpriced": self.unpriced,
        }


def spent(fleet: Fleet, agents: Iterable[Agent]) -> dict[str, list[Answer]]:
    """Return the answers of those agents that are talked to, by id. What several have, the oldest of them has.

    A copy of an agent begins with what its source was answered, in a record of its own.
    """
    cache = UserPaths(host_dir(fleet.environ)).cache
    oldest_first = sorted(agents, key=lambda agent: agent.record.created_at)
    found: dict[str, list[Answer]] = {}
    programs: dict[str, str] = {}
    for host, here in _by_host(fleet, oldest_first).items():
        found.update(answers(host, [(agent.record, kind) for agent, kind in here], cache))
        programs.update({agent.record.id: getattr(kind, "base", kind).name for agent, kind in here})
    seen: set[tuple[str, str]] = set()
    own: dict[str, list[Answer]] = {}
    for agent in oldest_first:
        if agent.record.id in found:
            its = _since_its_copy(agent.record, found[agent.record.id])
            own[agent.record.id] = _first_seen(its, programs[agent.record.id], seen)
    return own


def total(prices: Prices, found: Iterable[Answer]) -> Total:
    """Return the sum of answers."""
    number = into = out = read = written = 0
    costs: list[float] = []
    unpriced: set[str] = set()
    for answer in found:
        number += 1
        into += answer.input_tokens
        out += answer.output_tokens
        read += answer.cache_read_tokens
        written += answer.cache_write_tokens
        cost = prices.cost(answer.model, answer)
        if cost is None:
            unpriced.add(answer.model or "unknown")
        else:
            costs.append(cost)
    return Total(number, Usage(into, out, read, written, _money(costs, unpriced)), sorted(unpriced))


def whole(parts: Iterable[Total]) -> Total:
    """Return the sum of sums."""
    each = list(parts)
    unpriced = {model for one in each for model in one.unpriced}
    costs = [one.usage.cost_usd for one in each if one.usage.cost_usd is not None]
    usage = Usage(
        sum(one.usage.input_tokens for one in each),
        sum(one.usage.output_tokens for one in each),
        sum(one.usage.cache_read_tokens for one in each),
        sum(one.usage.cache_write_tokens for one in each),
        _money(costs, unpriced),
    )
    return Total(sum(one.answers for one in each), usage, sorted(unpriced))


def _money(costs: list[float], unpriced: set[str]) -> float | None:
    return round(sum(costs), 9) if costs or not unpriced else None


def prices_of(fleet: Fleet) -> Prices:
    """Return the prices in force."""
    return prices.load(fleet.settings.table.get("prices", {}), UserPaths(host_dir(fleet.environ)).cache)


def by_agent(fleet: Fleet, agents: Iterable[Agent]) -> dict[str, Total]:
    """Return what each agent took, by id; of those whose program is talked to."""
    rates = prices_of(fleet)
    return {agent_id: total(rates, found) for agent_id, found in spent(fleet, agents).items()}


def with_usage(fleet: Fleet, reports: list[AgentReport]) -> list[AgentReport]:
    """Return reports that say what each agent took."""
    from mngr.fleet.report import Agent
    from mngr.model.value import replace

    found = by_agent(fleet, [Agent(report.host, report.record) for report in reports if report.record is not None])
    return [
        replace(report, usage=found[report.record.id].fields)
        if report.record is not None and report.record.id in found
        else report
        for report in reports
    ]


def _by_host(fleet: Fleet, agents: Iterable[Agent]) -> dict[Host, list[tuple[Agent, Converses]]]:
    found: dict[Host, list[tuple[Agent, Converses]]] = {}
    for agent in agents:
        kind = conversational(fleet, agent.record)
        if kind is not None:
            found.setdefault(agent.host, []).append((agent, kind))
    return found


def _since_its_copy(record: AgentRecord, found: list[Answer]) -> list[Answer]:
    """Leave out what a clone has from its source, also where that is gone by now."""
    if "cloned_from" not in record.options:
        return found
    return [answer for answer in found if answer.time is None or answer.time >= record.created_at[:19]]


def _first_seen(found: list[Answer], program: str, seen: set[tuple[str, str]]) -> list[Answer]:
    own: list[Answer] = []
    for answer in found:
        if answer.id is not None:
            if (program, answer.id) in seen:
                continue
            seen.add((program, answer.id))
        own.append(answer)
    return own
