"""Check what mngr needs, here and on hosts."""

from __future__ import annotations

import sys

from mngr.model.errors import UserError
from mngr.model.value import replace, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.fleet import Fleet
    from mngr.hosts.programs import Found
    from mngr.model.conversation import Program
    from mngr.transports.host import Host

OK, NOTE, WRONG = "ok", "note", "wrong"
LEAST_TMUX, LEAST_GIT = (3, 2), (2, 31)
LEAST_FREE_KB = 1 << 20
VERSION_SECONDS = 20


@value
class Finding:
    """One thing that was checked: how it is, and how to mend it."""

    about: str
    result: str
    says: str
    mend: str | None = None


def check_here() -> list[Finding]:
    """Return what was found of mngr itself."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return [Finding("python", OK, f"{version} at {sys.executable}")]


def check(fleet: Fleet, host: Host) -> list[Finding]:
    """Return what was found of a host and of the programs there; of one that is not this machine, under its address."""
    try:
        found = [*check_host(host), *check_programs(fleet, host)]
    except UserError as error:
        found = [Finding("host", WRONG, error.message, error.hint)]
    if host.transport.shares_files:
        return found
    return [replace(one, about=f"{host.address} {one.about}") for one in found]


def check_host(host: Host) -> list[Finding]:
    """Return what was found of a host."""
    lines = host.script(["hosts/doctor.sh", host.paths.folder, host.tmux_socket]).text.splitlines()
    said = {key: text for key, _, text in (line.partition(" ") for line in lines)}
    return [
        _program("tmux", said.get("tmux", ""), LEAST_TMUX),
        _program("git", said.get("git", ""), LEAST_GIT),
        _optional("rsync", said.get("rsync", ""), "only needed to copy folders that are not git repositories faster"),
        _optional("git-lfs", said.get("git-lfs", ""), "only needed for repositories that use it"),
        _lock(said.get("lock", "")),
        _folder(host, said),
        _space(said.get("free_kb", "")),
        Finding(
            "server", OK, f"tmux -L {host.tmux_socket}" + (" runs" if said.get("server") else " is not running yet")
        ),
    ]


def check_programs(fleet: Fleet, host: Host) -> list[Finding]:
    """Return what was found of the programs that agents talk through, and how they are logged in; never a secret."""
    from concurrent.futures import ThreadPoolExecutor

    from mngr.fleet.programs import program_types
    from mngr.hosts.programs import look

    programs: list[Program] = [kind.program for kind in program_types(fleet).values()]
    found = look(host, programs, fleet.places.environ_on(host).get("PATH", ""))
    with ThreadPoolExecutor(max(1, len(found))) as pool:
        under_way = [pool.submit(_agent_program, host, one) for one in found]
        return [one.result() for one in under_way]


def _agent_program(host: Host, found: Found) -> Finding:
    from mngr.hosts.programs import package_of

    name = found.program.command
    if found.file is None:
        return Finding(
            name,
            NOTE,
            f"is not installed; only needed for agents of type {name}",
            f"npm install -g {package_of(found.program)}, or: mngr create --type {name} --yes",
        )
    try:
        said = host.run([found.file, "--version"], timeout_seconds=VERSION_SECONDS, check=False)
    except UserError as error:
        return Finding(name, WRONG, f"{found.file}: {error.message}", f"run it yourself: {found.file} --version")
    if said.code != 0:
        return Finding(name, WRONG, f"{found.file} does not run: {said.complaint}", "install it again")
    version = said.text.strip().split("\n")[0]
    if found.login is None:
        return Finding(name, NOTE, f"{version} at {found.file}, not logged in", f"run {name}, and log in there")
    return Finding(name, OK, f"{version} at {found.file}, logged in: {found.login}")


def _program(name: str, said: str, least: tuple[int, int]) -> Finding:
    wanted = ".".join(str(part) for part in least)
    if not said:
        return Finding(name, WRONG, "is not on PATH", f"install {name} {wanted} or newer: apt-get install {name}")
    if (found := version_in(said)) is not None and found < least:
        return Finding(name, WRONG, f"{said} is older than {wanted}", f"install {name} {wanted} or newer")
    return Finding(name, OK, said)


def version_in(text: str) -> tuple[int, int] | None:
    """Return the first `MAJOR.MINOR` in a text."""
    for word in text.replace("-", " ").split():
        major, dot, rest = word.partition(".")
        minor = "".join(character if character.isdigit() else " " for character in rest).split(" ")[0]
        if dot and major.isdigit() and minor:
            return int(major), int(minor)
    return None


def _optional(name: str, said: str, use: str) -> Finding:
    return Finding(name, OK, said) if said else Finding(name, NOTE, f"is not on PATH; {use}", f"apt-get install {name}")


def _lock(said: str) -> Finding:
    if said:
        return Finding("locks", OK, f"by {said}")
    return Finding("locks", WRONG, "neither flock nor perl is on PATH", "install util-linux or perl")


def _folder(host: Host, said: dict[str, str]) -> Finding:
    folder = host.paths.folder
    if not said.get("writable"):
        return Finding("folder", WRONG, f"{folder} cannot be written", "make it writable, or set MNGR_HOST_DIR")
    if said.get("mode", "")[4:].strip("-"):
        return Finding("folder", WRONG, f"{folder} can be read by others", f"chmod 700 {folder}")
    return Finding("folder", OK, folder)


def _space(free_kb: str) -> Finding:
    if not free_kb.isdigit():
        return Finding("space", NOTE, "cannot be told")
    free = f"{int(free_kb) / (1 << 20):.1f} GiB free"
    if int(free_kb) < LEAST_FREE_KB:
        return Finding("space", WRONG, free, "make room; mngr gc and mngr restore show what mngr keeps")
    return Finding("space", OK, free)
