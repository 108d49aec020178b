"""The programs that agents run: whether a host has them, how they are logged in there, and installing one."""

from __future__ import annotations

from mngr.hosts.lock import HELD_BY_OTHERS
from mngr.model.errors import TimedOutError, UserError
from mngr.model.times import short_duration
from mngr.model.value import replace, value
from mngr.transports.piped import describe, pour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.conversation import Program
    from mngr.transports.host import Host

INSTALL_SECONDS = 1800
RUN_SECONDS = 300.0  # what is left to do once all of it was sent: to see that it runs there


@value
class Found:
    """What a host has of one program: where it is, and how it is logged in (in words, never a secret), if at all."""

    program: Program
    file: str | None = None
    login: str | None = None
    variables: tuple[str, ...] = ()  # what its login takes from the environment, besides what the program says
    npm: str | None = None  # where npm is, which could install it
    path: str = ""  # where it was looked for


def folder_of(host: Host, program: Program) -> str:
    """Return the folder into which mngr installs a program; each version that settings name has its own."""
    return f"{host.paths.folder}/programs/{program.command}" + (f"@{_tail(program)}" if program.pinned else "")


def path_for(host: Host, program: Program, path: str) -> str:
    """Return the PATH of agents that run a program: what mngr installed comes last, unless no other will do."""
    own = f"{folder_of(host, program)}/node_modules/.bin"
    rest = [part for part in path.split(":") if part and part != own]
    return ":".join([own, *rest] if program.pinned else [*rest, own])


def look(host: Host, programs: list[Program], path: str) -> list[Found]:
    """Return what the host has of programs, for agents with this PATH. Nothing of theirs is started."""
    words: list[str] = []
    for program in programs:
        login = host.script_text(program.login) if program.login else ""
        words += [program.command, folder_of(host, program), "only" if program.pinned else "", login]
    answer = host.script(["hosts/own.sh", host.script_text("hosts/programs.sh"), path, *words]).text
    first, *said = answer.split("\n=\n")
    npm = first.removeprefix("npm ").strip() or None
    return [
        replace(_found(program, lines.split("\n")), npm=npm, path=path)
        for program, lines in zip(programs, said, strict=True)
    ]


def _found(program: Program, lines: list[str]) -> Found:
    said = [line.partition(" ") for line in lines]
    words = {key: text for key, _, text in said if text}
    variables = tuple(dict.fromkeys(text for key, _, text in said if key == "variable"))
    return Found(program, words.get("at"), words.get("login"), variables)


def package_of(program: Program) -> str:
    """Return what npm is asked for: a package of a version, or what the user's settings say (a file, a URL)."""
    return program.package if ":" in program.package else f"{program.package}@{program.version}"


def install(host: Host, program: Program, path: str) -> None:
    """Install a program into mngr's own folder on the host, by the npm on a path. Raises UserError.

    Nothing is done where somebody has done so meanwhile.
    """
    script = _script(host, program, path, package_of(program))
    hint = f"mend what npm complains about, or install it yourself: npm install -g {package_of(program)}"
    try:
        # A limit of time also makes it a group of processes, which ends with us: npm waits for what it runs.
        result = host.run(script, timeout_seconds=INSTALL_SECONDS, check=False)
    except TimedOutError as error:
        raise _too_slow(host, program, hint) from error
    if result.code != 0:
        raise _failure(host, program, result.code, result.complaint, hint)


def copy(here: Host, host: Host, program: Program) -> None:
    """Copy a program from mngr's own folder on this machine into that on another host. Raises UserError.

    Nothing is sent where it is there by now.
    """
    hint = f"is there room? mngr doctor @{host.address}"
    pack = ["tar", "-C", folder_of(here, program), "-cf", "-", "."]
    with host.spawn(_script(host, program, ""), apart=True) as sink:
        try:
            if sink.read_line(INSTALL_SECONDS) == b"send\n":
                with here.spawn(pack) as source:
                    sent, complaint = pour(source, sink, patience_seconds=RUN_SECONDS)
                complaint = complaint or (sent.complaint or describe(sent.code) if sent.code != 0 else None)
            else:
                said, code = sink.finish(RUN_SECONDS), sink.wait()
                complaint = None if code == 0 else said or describe(code)
        except TimedOutError as error:
            raise _too_slow(host, program, hint) from error
    if complaint is not None:
        raise _failure(host, program, 1, "\n".join(complaint.splitlines()[-5:]), hint)


def _script(host: Host, program: Program, path: str, *package: str) -> list[str]:
    """Return the command that installs a program: under a lock, so that what is half-made is nobody's."""
    folder = folder_of(host, program)
    host.run(["mkdir", "-p", f"{host.paths.folder}/programs"])
    lock = host.script_command(["hosts/lock.sh", f"{folder}.lock", str(INSTALL_SECONDS)])
    words = ["hosts/install.sh", folder, program.command, program.native, path, *package]
    return [*lock, *host.script_command(words)]


def _failure(host: Host, program: Program, code: int, said: str, hint: str) -> UserError:
    if code == HELD_BY_OTHERS:
        said = f"another mngr has been at it for {short_duration(INSTALL_SECONDS)}"
    return UserError(f"{program.command} could not be installed{_on(host)}: {said}", hint=f"{hint}; nothing was kept")


def _too_slow(host: Host, program: Program, hint: str) -> UserError:
    longest = short_duration(INSTALL_SECONDS)
    return TimedOutError(
        f"{program.command} could not be installed{_on(host)} in time ({longest})", hint=f"{hint}; nothing was kept"
    )


def _on(host: Host) -> str:
    return "" if host.transport.shares_files else f" on {host.address}"


def _tail(program: Program) -> str:
    """Return what tells one pinned program from others of its name, fit for a folder's name."""
    import zlib

    if ":" not in program.package and program.version.replace(".", "").replace("-", "").isalnum():
        return program.version
    return f"{zlib.crc32(package_of(program).encode('utf-8', 'surrogateescape')):08x}"
