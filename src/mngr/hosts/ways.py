"""How a program that is missing comes to its host: by its npm, as a copy from here, or by an npm that comes first."""

from __future__ import annotations

from mngr.hosts import programs, tools
from mngr.model.errors import UserError
from mngr.model.value import replace, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.hosts.programs import Found
    from mngr.model.conversation import Program
    from mngr.transports.host import Host

LEAST_NODE = 14  # measured: with 12 the packages of Claude Code and OpenCode fail to install
OPEN = (None, "open")  # a host that is not kept from any network, as far as is known
OFFLINE = "offline"


@value
class Means:
    """What there is on a host, or here, for a program to come by."""

    platform: str  # on which the same ready-made programs run
    npm: str | None  # where it is
    node: str  # the version of Node.js, as it says itself
    has_it: bool  # whether the program is in mngr's own folder
    manager: str | None  # the package manager that can be used without a password

    @property
    def has_npm(self) -> bool:
        """Return whether there is an npm that can install programs."""
        return self.npm is not None and not self.is_old

    @property
    def is_old(self) -> bool:
        """Return whether its Node.js is older than installing takes."""
        major = self.node.removeprefix("v").partition(".")[0]
        return self.npm is not None and major.isdigit() and int(major) < LEAST_NODE


@value
class Way:
    """A way for a program to its host."""

    program: Program
    path: str  # in which npm is found there
    here: Host | None = None  # this machine, from which it is copied
    fetched_with: str | None = None  # the path in which npm is found here, which has to bring it here first
    manager: str | None = None  # what installs Node.js and npm there first
    otherwise: Any = None  # the Way that is taken where this one fails

    @property
    def plan(self) -> str:
        """Return what is done, as it is asked about."""
        package = programs.package_of(self.program)
        if self.fetched_with is not None:
            return f"Install {package} here with npm, and copy it there, below mngr's own folders"
        if self.here is not None:
            return "Copy it there from this machine, below mngr's own folder"
        first = "" if self.manager is None else f"Node.js and npm there with {self.manager}, and "
        return f"Install {first}{package} with npm, below mngr's own folder"


def choose(host: Host, here: Host, found: Found, path_here: str) -> Way:
    """Return how a program that is missing comes to a host. Raises UserError where it cannot."""
    by_npm = Way(found.program, found.path)
    if host.transport.shares_files:
        if found.npm is not None:
            return by_npm
        raise _no_way(host, found.program, ["npm, which could install it, is not on PATH"])
    there, ours = _means(host, found.program, found.path), _means(here, found.program, path_here)
    is_like_here = there.platform == ours.platform
    may_fetch = host.network in OPEN
    copied = None
    if is_like_here and (ours.has_it or ours.has_npm):
        copied = Way(found.program, found.path, here, None if ours.has_it else path_here)
    if there.has_npm and may_fetch:
        return replace(by_npm, otherwise=copied)
    if copied is not None:
        return copied
    if there.has_npm:
        return by_npm  # it may be allowed to reach what it needs
    if there.manager is not None and there.npm is None and host.network != OFFLINE:
        return Way(found.program, found.path, manager=there.manager)
    raise _no_way(host, found.program, [*_lacks(host, there), _not_from_here(there, ours)])


def take(host: Host, way: Way, step: Callable[[str], None]) -> None:
    """Bring a program to a host. Raises UserError."""
    program, package = way.program, programs.package_of(way.program)
    if way.here is not None:
        if way.fetched_with is not None:
            step(f"install {package} here")
            programs.install(way.here, program, way.fetched_with)
        step(f"copy {program.command} to {host.address}")
        programs.copy(way.here, host, program)
        return
    if way.manager is not None:
        step(f"install Node.js and npm with {way.manager}")
        tools.install(host, ["node", "npm"])
        if (there := _means(host, program, way.path)).is_old:
            raise _no_way(host, program, _lacks(host, there))
    step(f"install {package}")
    try:
        programs.install(host, program, way.path)
    except UserError as error:
        if way.otherwise is None:
            raise
        step("npm failed there")
        try:
            take(host, way.otherwise, step)
        except UserError as other:
            raise UserError(f"{error.message}; nor could it be copied: {other.message}", error.hint) from other


def _means(host: Host, program: Program, path: str) -> Means:
    words = ["hosts/tools.sh", "means", path, programs.folder_of(host, program), program.command]
    lines = host.script(words, timeout_seconds=tools.LOOK_SECONDS).text.splitlines()
    said = {key: text for key, _, text in (line.partition(" ") for line in lines)}
    npm, manager = said.get("npm") or None, said.get("by") or None
    return Means(said.get("platform", ""), npm, said.get("node", ""), "there" in said, manager)


def _lacks(host: Host, there: Means) -> list[str]:
    if there.is_old:
        return [f"its Node.js ({there.node}) is older than {LEAST_NODE}"]
    if host.network == OFFLINE:
        return ["it has no npm, and is offline"]
    if there.manager is None:
        return ["it has no npm, and no package manager that could be used without a password"]
    return ["it has no npm"]


def _not_from_here(there: Means, ours: Means) -> str:
    if there.platform != ours.platform:
        return f"a copy from here ({ours.platform.strip()}) does not run there ({there.platform.strip()})"
    return "there is none here to copy, and no npm that could bring it"


def _no_way(host: Host, program: Program, why: list[str]) -> UserError:
    on = "" if host.transport.shares_files else f" on {host.address}"
    name, last = program.command, " there" if on else ""
    missing = f"{name} is not installed{on}"
    if program.pinned:
        missing = f"the {name} that your settings name ({program.version}) is not installed{on}"
    hint = f"install Node.js 18 or newer with npm, or {name}{last}"
    if host.network == OFFLINE:
        hint = f"with npm here it can be copied there; or take an image that has {name}"
    return UserError(f"{missing}: {'; '.join(why)}", hint)
