"""Which host a new agent gets; one that is made for it is taken away again if no agent comes to be there."""

from __future__ import annotations

from mngr.cli.spec import Option
from mngr.cli.variables import given_environment
from mngr.model.errors import UnreachableError, UsageError, UserError
from mngr.model.host import HostWish
from mngr.model.names import check_name, make_up_name, parse_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.spec import Arguments
    from mngr.cli.world import World
    from mngr.hosts.lock import KeptUp
    from mngr.model.host import Snapshot
    from mngr.transports.host import Host

_HOST = "A new host"
OPTIONS = (
    Option(("--new-host",), "make a new host, by the name that the address says", group=_HOST),
    Option(
        ("--build-arg", "-b"),
        "what its provider makes of it: image=IMAGE, cpu=2, offline ... (mngr help docker)",
        "KEY[=VALUE]",
        many=True,
        group=_HOST,
    ),
    Option(("--start-arg", "-s"), "a word for the command that starts it", "WORD", many=True, group=_HOST),
    Option(("--snapshot",), "make it from a snapshot: its id or name", "ID", group=_HOST),
    Option(("--idle-timeout",), "stop it when it was idle for so long", "DURATION", kind="duration", group=_HOST),
    Option(("--idle-mode",), "what counts as activity (mngr help idle)", "MODE", group=_HOST),
    Option(("--start-on-boot",), "start it again when its machine has started", group=_HOST),
    Option(
        ("--host-env",),
        "an environment variable of all agents there",
        "KEY=VALUE",
        kind="pair",
        many=True,
        secret=True,
        group=_HOST,
    ),
    Option(
        ("--host-env-file",), "a file with lines KEY=VALUE, likewise", "FILE", many=True, complete="file", group=_HOST
    ),
    Option(
        ("--pass-host-env",),
        "a variable to pass on from here, likewise",
        "KEY",
        many=True,
        complete="variable",
        group=_HOST,
    ),
)
ENVIRONMENT = ("host_env_file", "pass_host_env", "host_env")
ONLY_FOR_NEW = (
    *("new_host", "build_arg", "start_arg", "snapshot", "idle_timeout", "idle_mode", "start_on_boot"),
    *ENVIRONMENT,
)


class Place:
    """Where a new agent is to be: a host that is there, or one that is made when it is entered."""

    def __init__(self, world: World, arguments: Arguments) -> None:
        self.world = world
        self.provider: Any = None
        self.wish: HostWish | None = None
        self.host: Host | None = None
        self._kept: KeptUp | None = None
        self._saved: list[str] = []  # the agents that are in the snapshot
        self._is_for_one_run: bool = arguments["foreground"]
        self._environment = given_environment(world, arguments, ENVIRONMENT)
        address = parse_address(arguments["address"]) if arguments["address"] is not None else None
        name = arguments["host"] or (address.host if address else None)
        provider = arguments["provider"] or (address.provider if address else None)
        if arguments["snapshot"] is not None:
            snapshot = _snapshot(world, arguments["snapshot"])
            arguments = {**arguments, "snapshot": snapshot.id}
            provider = provider or (snapshot.provider if name is None else None)
            if provider not in (None, snapshot.provider):
                raise UsageError(f"that snapshot is of provider {snapshot.provider}", hint=f"NAME@.{snapshot.provider}")
        self._choose(arguments, name, provider)

    def _choose(self, arguments: Arguments, name: str | None, provider: str | None) -> None:
        places = self.world.fleet.places
        makes = provider is not None and hasattr(places.provider_of(provider), "create")
        if makes and (name is None or arguments["new_host"]):
            self.provider = places.provider(str(provider))
            self.wish = _wish(arguments, name, [host.name for host in places.hosts()])
            if any(host.name == self.wish.name and host.provider == provider for host in places.hosts()):
                raise UsageError(f"there is a host '{self.wish.name}' already", hint="leave --new-host out to use it")
            return
        given = [key for key in ONLY_FOR_NEW if arguments[key]]
        if given:
            flag = f"--{given[0].replace('_', '-')}"
            raise UsageError(
                f"{flag} is for a new host, and none is made", hint="name a provider that makes hosts: NAME@.docker"
            )
        self.host = places.host(name, provider)

    def __enter__(self) -> Host:
        """Return the host, made if it must be. Raises UserError."""
        if self.host is not None:
            from mngr.fleet.places import keep

            if self.host.paths.folder:  # it answers: a name that was only mistyped is not remembered
                keep(self.world.fleet.places, self.host)
            return self.host
        from mngr.output.progress import Progress

        with Progress(self.world) as progress:
            host = self.host = self.provider.create(self.wish, progress.step)
        try:
            return self._entered(host, self.wish or HostWish(host.name))
        except BaseException as error:
            self.__exit__(type(error))
            raise

    def _entered(self, host: Host, wish: HostWish) -> Host:
        """Have a new host watched, and keep it up until there is an agent."""
        from mngr.actions.idle import watch_new
        from mngr.hosts.environment import set_host_environment
        from mngr.hosts.lock import KeptUp

        self._kept = KeptUp(host)
        self._kept.__enter__()
        self._saved = _agents(host) if wish.snapshot is not None else []
        watch_new(host, wish, self.world.now())
        if self._environment:
            set_host_environment(host, self._environment)
        return host

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._kept is not None:
            self._kept.__exit__()
        if self.wish is None or self.host is None or (kind is None and not self._is_for_one_run):
            return
        try:
            if self._is_used(self.host):
                return
            self.provider.destroy(self.host)
        except UserError as error:
            self.world.note(f"the host {self.host.address} could not be taken away: {error.message}; mngr gc finds it")

    def _is_used(self, host: Host) -> bool:
        """Tell whether a host has agents; of one that went down meanwhile its provider tells. Raises UserError."""
        try:
            return _agents(host) != self._saved
        except UnreachableError:
            if not hasattr(self.provider, "agent_records"):
                raise
        from mngr.model.agent import from_json

        return any(from_json(record).id not in self._saved for record in self.provider.agent_records(host))


def _wish(arguments: Arguments, name: str | None, taken: list[str]) -> HostWish:
    from mngr.hosts.watchdog import check_timeout, parse_mode

    timeout, mode = arguments["idle_timeout"], arguments["idle_mode"]
    pairs = [text.partition("=") for text in arguments["build_arg"]]
    return HostWish(
        name=check_name(name, "host name") if name is not None else make_up_name(taken),
        build=[(key, text) for key, _, text in pairs],
        start=arguments["start_arg"],
        snapshot=arguments["snapshot"],
        idle_timeout_seconds=None if timeout is None else check_timeout(timeout),
        idle_mode=None if mode is None else parse_mode(mode),
        start_on_boot=arguments["start_on_boot"],
    )


def _snapshot(world: World, text: str) -> Snapshot:
    from mngr.actions.snapshot import choose, saved

    found, problems = saved(world.fleet.places)
    for problem in problems:
        world.warn(problem)
    return choose(found, text)


def _agents(host: Host) -> list[str]:
    return host.run(["ls", host.paths.agents], check=False).text.split()
