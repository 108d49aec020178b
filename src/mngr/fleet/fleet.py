"""Finds providers, hosts, agents and agent types by name and address."""

from __future__ import annotations

from mngr.config.paths import UserPaths, host_dir
from mngr.fleet.configured import configured_type
from mngr.fleet.look import Look, look_at, look_at_all
from mngr.fleet.parallel import on_each_host
from mngr.fleet.places import Places
from mngr.fleet.report import Agent, AgentReport
from mngr.hosts import records
from mngr.model.agent import RecordError
from mngr.model.errors import NotFoundError, UnreachableError, UsageError, UserError
from mngr.model.host import OFF, UNREACHABLE
from mngr.model.names import Address, nearest, parse_address, shown
from mngr.model.value import value
from mngr.plugins import registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mngr.config.load import Settings
    from mngr.model.agent import AgentRecord
    from mngr.model.protocols import AgentType
    from mngr.transports.host import Host

    Found = tuple[str, str, AgentRecord | RecordError]  # the word that named it, its id, and its record


@value
class Target:
    """One thing that was named: the agent it is, or why it is none."""

    text: str
    agent: Agent | None = None
    error: UserError | None = None


class Fleet:
    """All hosts and agents that can be reached from here."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], now: Callable[[], float]) -> None:
        self.settings = settings
        self.environ = environ
        self.now = now
        self.places = Places(settings, environ)
        self.problems: list[str] = []  # what could not be looked at, when the fleet was last looked at
        self._silent: dict[Host, UserError] = {}  # the hosts that did not answer when an agent was last looked for

    def hosts(self) -> list[Host]:
        """Return all hosts that exist now."""
        return self.places.hosts()

    def host(self, name: str | None = None, provider: str | None = None) -> Host:
        """Return the host of that name and provider; the local one when neither is said. Raises NotFoundError."""
        return self.places.host(name, provider)

    def agent_type(self, name: str) -> AgentType:
        """Return an agent type by name, from the configuration or a plugin. Raises UsageError."""
        return configured_type(self.settings, name)

    def type_of(self, record: AgentRecord) -> AgentType:
        """Return the type of an agent; a type that is no more is read as the plain program that it runs."""
        try:
            return self.agent_type(record.type)
        except UserError:
            return registry.load("agent_types", record.options.get("base", "command"))

    def look(self, hosts: list[Host] | None = None) -> list[AgentReport]:
        """Return every agent of some hosts with its state now, or last seen where one does not answer; None: of all."""
        cache = self._cache

        def at(some: list[Host]) -> list[Look]:
            return look_at_all(some, self.type_of, cache, self._look_off)

        parts = self.places.by_provider(at) if hosts is None else [at(hosts)]
        looks = [look for part in parts for look in part]
        if hosts is None and self.places.has_others:
            self._prune()
        self.problems = self.places.problems + [problem for look in looks for problem in look.problems]
        return [report for look in looks for report in look.reports]

    def _prune(self) -> None:
        """Forget what was seen of hosts that are no more; of a provider that says which there are."""
        from mngr.fleet import last_seen

        for name in self.places.names():
            hosts = self.places.hosts_of(name)
            if name not in self.places.silent and all(host.state != UNREACHABLE for host in hosts):
                last_seen.prune(self._cache, name, hosts)

    @property
    def _cache(self) -> str:
        return UserPaths(host_dir(self.environ)).cache

    def _look_off(self, host: Host) -> list[AgentReport]:
        from mngr.fleet import off

        return off.look(self.places.provider(host.provider), host, self.now())

    def readable(self, agent: Agent) -> Agent:
        """Return an agent whose files can be read, also where its host does not run. Raises UnreachableError."""
        if agent.host.state not in OFF:
            return agent
        from mngr.fleet import off

        return off.archived(self.places.provider(agent.host.provider), agent, self._cache)

    def look_at(self, agent: Agent) -> AgentReport:
        """Return one agent with its state now. Raises NotFoundError when it has gone meanwhile."""
        if agent.host.state in OFF:
            reports = self._look_off(agent.host)
        else:
            reports = look_at(agent.host, self.type_of, [agent.record.id]).reports
        for report in reports:
            if report.observation.agent_id == agent.record.id:
                return report
        raise NotFoundError(f"agent '{agent.record.name}' has gone", hint="mngr list")

    def find(self, text: str) -> Agent:
        """Return the one agent that an address names. Raises NotFoundError, UsageError."""
        target = self.find_all([text])[0]
        if target.agent is None:
            raise target.error or NotFoundError(f"there is no agent {shown(text)}")
        return target.agent

    def find_all(self, texts: list[str]) -> list[Target]:
        """Return what each address names, in order: an agent, or the error that says why none."""
        addresses = {text: parse_address(text) for text in texts}
        matches: dict[str, list[Agent | RecordError]] = {text: [] for text in texts}
        self._silent = {}
        here = self._found_here(addresses.values())
        for host, found in here.items() if self._is_enough(here, addresses) else self._found(addresses, here):
            if isinstance(found, UserError):
                self._silent[host] = found
                continue
            for word, agent_id, record in found:
                match = _damaged(agent_id, record) if isinstance(record, RecordError) else Agent(host, record)
                for text, address in addresses.items():
                    if address.name == word and _concerns(address, host):
                        matches[text].append(match)
        return [self._target(text, addresses[text], matches[text]) for text in texts]

    def _found_here(self, addresses: Iterable[Address]) -> dict[Host, Sequence[Found]]:
        """Return what this machine has of names without a host, where it is asked before all others."""
        if any(address.host or address.provider for address in addresses) or not self.places.has_others:
            return {}
        here = self.host()
        return {here: records.find(here, list(dict.fromkeys(address.name or "" for address in addresses)))}

    def _is_enough(self, here: Mapping[Host, Sequence[Found]], addresses: Mapping[str, Address]) -> bool:
        """Tell whether nobody else need be asked: this machine has all names, and no other was seen to have one."""
        names = {address.name or "" for address in addresses.values()}
        if not here or {word for found in here.values() for word, _, _ in found} != names:
            return False
        from mngr.fleet import last_seen

        return not any(last_seen.was_elsewhere(self._cache, name) for name in names)

    def _found(
        self, addresses: Mapping[str, Address], here: Mapping[Host, Sequence[Found]]
    ) -> list[tuple[Host, Sequence[Found] | UserError]]:
        """Return what every host that is meant, which may be all, finds of what addresses name."""

        def ask(host: Host) -> Sequence[Found]:
            if host in here:
                return here[host]
            concerned = (address for address in addresses.values() if _concerns(address, host))
            words = list(dict.fromkeys(address.name or "" for address in concerned))
            if host.state in OFF:
                from mngr.fleet import off

                return off.find(self.places.provider(host.provider), host, words)
            return records.find(host, words)

        def is_named(host: Host) -> bool:
            return any((each.host or each.provider) and _concerns(each, host) for each in addresses.values())

        def ask_all(hosts: list[Host]) -> list[tuple[Host, Sequence[Found] | UserError]]:
            meant = [host for host in hosts if any(_concerns(address, host) for address in addresses.values())]
            return on_each_host(meant, ask, is_named)

        if all(address.host or address.provider for address in addresses.values()):
            return ask_all(self._named(addresses.values()))
        parts = self.places.by_provider(ask_all)
        known = [host for part in parts for host, _ in part]
        by_name = [host for host in self._named(addresses.values()) if host not in known]
        return [each for part in [*parts, *([ask_all(by_name)] if by_name else [])] for each in part]

    def _named(self, addresses: Iterable[Address]) -> list[Host]:
        """Return the hosts that addresses name: those there are, and those that are reached by their name alone."""
        hosts: list[Host] = []
        for address in addresses:
            if address.host or address.provider:
                found = self.places.hosts(address.host, address.provider)
                try:
                    found = found or [self.host(address.host, address.provider)]
                except UserError:
                    continue  # told of each target
                hosts += [host for host in found if host not in hosts]
        return hosts

    def _target(self, text: str, address: Address, found: list[Agent | RecordError]) -> Target:
        silent = [host for host in self._silent if _concerns(address, host)]
        missed = [host for host in silent if address.name and self._was_on(host, address.name)]
        if len(found) == 1 and not missed:
            only = found[0]
            return Target(text, error=only) if isinstance(only, RecordError) else Target(text, agent=only)
        if found:
            each = [match.address for match in found if isinstance(match, Agent)]
            each += [f"{address.name}@{host.address} (not reached now)" for host in missed]
            message = f"{shown(text)} names several agents: {', '.join(each)}"
            return Target(text, error=UsageError(message, f"use a full address, such as {each[0]}"))
        if address.name is None:
            return Target(text, error=UsageError(f"{shown(text)} names no agent", hint="write NAME, or NAME@HOST"))
        if address.host or address.provider:
            try:
                self.host(address.host, address.provider)
            except UserError as error:
                return Target(text, error=error)
        for host in [*missed, *silent]:
            return Target(text, error=self._not_asked(text, address, host, was_there=host in missed))
        if self.places.problems:  # it may be there
            said = f"there is no agent {shown(text)} that can be reached: {self.places.problems[0]}"
            return Target(text, error=UnreachableError(said, self._instead_of(address.name)))
        return Target(text, error=NotFoundError(f"there is no agent {shown(text)}", self._instead_of(address.name)))

    def _was_on(self, host: Host, name: str) -> bool:
        from mngr.fleet import last_seen

        return last_seen.had(self._cache, host, name)

    def _not_asked(self, text: str, address: Address, host: Host, *, was_there: bool) -> UserError:
        """Return the error for an agent that is, or may be, on a host which does not answer."""
        silence = self._silent[host]
        if address.host or address.provider:
            return silence
        if was_there:
            return type(silence)(f"{shown(text)} is on {host.address}: {silence.message}", silence.hint)
        return type(silence)(f"there is no agent {shown(text)} that can be reached: {silence.message}", silence.hint)

    def _instead_of(self, name: str) -> str:
        """Return what to type where there is no agent of a name."""
        if any(record.name == name for _, found in self.places.on_all(records.destroyed) for _, record in found):
            return f"it was destroyed; to bring it back: mngr restore {name}"
        close = nearest(name, [name for _, names in self.places.on_all(_names) for name in names])
        return f"did you mean {' or '.join(close)}?" if close else "mngr list shows all agents"

    def names_seen(self, host: Host) -> list[str]:
        """Return the names in use on a host, and those that others were last seen to have; no other is asked."""
        if not self.places.has_others:
            return _names(host)
        from mngr.fleet import last_seen

        return [*_names(host), *last_seen.names(self._cache)]


def _names(host: Host) -> list[str]:
    return host.run(["ls", host.paths.names], check=False).text.split()


def _concerns(address: Address, host: Host) -> bool:
    return address.host in (None, host.name, host.id) and address.provider in (None, host.provider)


def _damaged(agent_id: str, error: RecordError) -> RecordError:
    return RecordError(f"{agent_id}: {error.message}", error.hint)
