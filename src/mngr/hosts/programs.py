"""The programs that agents run: whether a host has them, how they are logged in there, and installing one."""

from __future__ import annotations

from mngr.model.errors import UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.conversation import Program
    from mngr.transports.host import Host

INSTALL_SECONDS = 1800


@value
class Found:
    """What a host has of one program: where it is, and how it is logged in (in words, never a secret), if at all."""

    program: Program
    file: str | None = None
    login: str | None = None
    variables: tuple[str, ...] = ()  # what its login takes from the environment, besides what the program says
    npm: str | None = None  # where npm is, which could install it


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
    return [_found(program, lines.split("\n"), npm) for program, lines in zip(programs, said, strict=True)]


def _found(program: Program, lines: list[str], npm: str | None) -> Found:
    said = [line.partition(" ") for line in lines]
    words = {key: text for key, _, text in said if text}
    variables = tuple(dict.fromkeys(text for key, _, text in said if key == "variable"))
    return Found(program, words.get("at"), words.get("login"), variables, npm)


def package_of(program: Program) -> str:
    """Return what npm is asked for: a package of a version, or what the user's settings say (a file, a URL)."""
    return program.package if ":" in program.package else f"{program.package}@{program.version}"


def install(host: Host, program: Program) -> None:
    """Install a program into mngr's own folder on the host, unless somebody has done so meanwhile. Raises UserError."""
    folder = folder_of(host, program)
    host.run(["mkdir", "-p", f"{host.paths.folder}/programs"])
    lock = host.script_command(["hosts/lock.sh", f"{folder}.lock", str(INSTALL_SECONDS)])
    script = host.script_command(["hosts/install.sh", folder, program.command, package_of(program)])
    # A limit of time also makes it a group of processes, which ends with us: npm waits for what it runs.
    result = host.run([*lock, *script], timeout_seconds=INSTALL_SECONDS, check=False)
    if result.code != 0:
        raise UserError(
            f"{program.command} could not be installed: {result.complaint}",
            hint="mend what npm complains about, or install it yourself: "
            f"npm install -g {package_of(program)}; nothing was kept",
        )


def _tail(program: Program) -> str:
    """Return what tells one pinned program from others of its name, fit for a folder's name."""
    import zlib

    if ":" not in program.package and program.version.replace(".", "").replace("-", "").isalnum():
        return program.version
    return f"{zlib.crc32(package_of(program).encode('utf-8', 'surrogateescape')):08x}"
