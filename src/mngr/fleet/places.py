"""Where hosts come from, and those that exist now."""

from __future__ import annotations

import os

from mngr.config import paths
from mngr.fleet.parallel import on_each_host
from mngr.model.errors import NotFoundError, UserError
from mngr.model.host import OFF
from mngr.model.names import Address, nearest, shown
from mngr.plugins import registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from typing import Any, TypeVar

    from mngr.config.load import Settings
    from mngr.model.protocols import Provider
    from mngr.transports.host import Host

    T = TypeVar("T")

ALWAYS = ("local", "ssh")  # they are asked always, and know their hosts without asking anybody


class Places:
    """The providers that are asked, and their hosts."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self.environ = environ
        self._providers: dict[str, Provider] = {}
        self._hosts: dict[str, list[Host]] = {}  # by provider, as far as they were asked
        self._problems: dict[str, str] = {}
        self._environs: dict[Host, Mapping[str, str]] = {}

    def names(self) -> list[str]:
        """Return the names of the providers that are asked for hosts."""
        configured = self.settings.providers
        folder = paths.host_dir(self.environ)
        asked = (*ALWAYS, *(name for name, path in registry.IF_USED.items() if os.path.isdir(f"{folder}/{path}")))
        names = [name for name in asked if configured.get(name, {}).get("enabled", True) or name == "local"]
        return names + [name for name, table in configured.items() if name not in asked and table["enabled"]]

    def provider(self, name: str) -> Provider:
        """Return a provider by name. Raises UsageError."""
        if name not in self._providers:
            table: dict[str, Any] = dict(self.settings.providers.get(name, {}))
            table.pop("enabled", None)
            backend = registry.load("providers", table.pop("backend", name), also=self.names())
            self._providers[name] = backend(self.environ, name, table)
        return self._providers[name]

    def provider_of(self, name: str) -> Provider | None:
        """Return a provider by name; None where the name is the last part of that of a host."""
        return self.provider(name) if name in self._known_providers() else None

    @property
    def silent(self) -> Container[str]:
        """Return the providers that could not say which hosts they have."""
        return self._problems

    @property
    def problems(self) -> list[str]:
        """Return what providers could not say of their hosts, as far as they were asked."""
        return [self._problems[name] for name in self.names() if name in self._problems]

    def look_again(self) -> None:
        """Forget which hosts there are: who looks again and again sees those that come, go and change."""
        self._hosts.clear()
        self._problems.clear()

    def hosts(self, name: str | None = None, provider: str | None = None) -> list[Host]:
        """Return all hosts that exist now, or only those of a name or id, or of a provider."""
        if name is None and provider is None:
            return [host for hosts in self.by_provider(lambda hosts: hosts) for host in hosts]
        found = [host for each in self._asked(name, provider) for host in self.hosts_of(each)]
        return [host for host in found if name in (None, host.name, host.id)]

    def hosts_of(self, provider: str) -> list[Host]:
        """Return the hosts of one provider, which is asked once; what is wrong with it costs its own hosts only."""
        if provider not in self._hosts:
            found: list[Host] = []
            try:
                found += self.provider(provider).hosts()
            except UserError as error:
                self._problems[provider] = f"provider {provider}: {error.message}"
            self._hosts[provider] = found
        return self._hosts[provider]

    def by_provider(self, work: Callable[[list[Host]], T]) -> list[T]:
        """Do work on the hosts that are known here, and meanwhile on those of each provider that must be asked."""
        quick = [name for name in self.names() if name in ALWAYS]
        slow = [name for name in self.names() if name not in ALWAYS]
        if not slow:
            return [work([host for name in quick for host in self.hosts_of(name)])]
        from mngr.fleet.parallel import side_by_side

        parts = [quick, *([name] for name in slow)]
        return side_by_side(parts, lambda names: work([host for name in names for host in self.hosts_of(name)]))

    def host(self, name: str | None = None, provider: str | None = None) -> Host:
        """Return the host of that name and provider; the local one when neither is said. Raises NotFoundError."""
        whole = name
        if provider is not None and provider not in self._known_providers():
            whole, provider = self._as_host(name, provider)
        wanted = whole or provider or "local"
        for name in self._asked(wanted, provider):
            for host in self.hosts_of(name):
                if wanted in (host.name, host.id):
                    return host
        if whole is not None and provider is not None:
            found: Any = self.provider(provider)
            if hasattr(found, "host"):
                return found.host(whole)
        raise self._none(Address(None, whole, provider), wanted)

    @property
    def has_others(self) -> bool:
        """Tell whether there can be hosts besides this machine."""
        return any(name not in ALWAYS or (name != "local" and self.hosts_of(name)) for name in self.names())

    def _asked(self, name: str | None, provider: str | None) -> list[str]:
        """Return the providers that can have a host: the one that was said, as far as it is asked, or all."""
        if name == "local" and provider is None:
            return ["local"]
        return [each for each in self.names() if provider in (None, each)]

    def on_all(self, work: Callable[[Host], list[Any]]) -> list[tuple[Host, list[Any]]]:
        """Do work on every host that runs, and return what it returned on each that answers."""
        running = [host for host in self.hosts() if host.state not in OFF]
        return [(host, found) for host, found in on_each_host(running, work) if not isinstance(found, UserError)]

    def environ_on(self, host: Host) -> Mapping[str, str]:
        """Return the user's environment on a host: ours on this machine, their login shell's elsewhere."""
        if host.transport.shares_files:
            return self.environ
        from mngr.hosts.user_environment import user_environment

        if host not in self._environs:
            self._environs[host] = user_environment(host)
        return self._environs[host]

    def _known_providers(self) -> list[str]:
        return [*self.names(), *(name for name in registry.BUILT_IN["providers"] if name not in self.names())]

    def _as_host(self, name: str | None, provider: str) -> tuple[str, None]:
        """Return a host whose name has a dot, of which the last part was taken for a provider. Raises UsageError."""
        whole = f"{name}.{provider}" if name else provider
        if name is None or not any(whole == host.name for host in self.hosts()):
            registry.load("providers", provider, also=self.names())
        return whole, None

    def _none(self, address: Address, wanted: str) -> NotFoundError:
        known = [host.name for host in self.hosts()]
        close = nearest(wanted, known)
        if close:
            hint = f"did you mean {' or '.join(close)}?"
        elif address.provider is not None and hasattr(self.provider_of(address.provider), "create"):
            hint = f"to make it: mngr create NAME{address} --new-host"
        elif address.host and address.provider is None:
            hint = f"for a machine that ssh reaches: {address}.ssh"
        else:
            hint = f"there are: {', '.join(known)}"
        return NotFoundError(f"there is no host {shown(str(address))}", hint=hint)


def as_they_are(places: Places, hosts: Iterable[Host]) -> list[Host]:
    """Return hosts as they are now, each once, without those that have gone or cannot be asked for."""
    found: list[Host] = []
    for name, provider in dict.fromkeys((host.name, host.provider) for host in hosts):
        try:
            found.append(places.host(name, provider))
        except UserError:
            continue
    return found


def keep(places: Places, host: Host) -> None:
    """Remember a host that was reached by its name alone, so that it is looked at from now on."""
    provider: Any = places.provider(host.provider)
    if hasattr(provider, "keep"):
        provider.keep(host)
