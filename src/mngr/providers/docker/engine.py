"""The container engine, as its own command line reaches it: here or far away, by Docker or what answers like it."""

from __future__ import annotations

import os

from mngr.model.data import is_list
from mngr.model.errors import CommandError, MissingProgramError, TimedOutError, UnreachableError, UsageError
from mngr.model.value import value
from mngr.transports import run
from mngr.transports.mux import dial
from mngr.transports.piped import describe
from mngr.transports.surroundings import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mngr.model.result import Result
    from mngr.transports.piped import Piped

DEFAULT_SOCKET = "/var/run/docker.sock"
SAYS = "Error response from daemon: "
ASK_SECONDS = 5.0  # an engine that does not say within so long what there is does not answer
QUICK_SECONDS = 2.0  # how long one that kept silent a moment ago has
NOBODY = "Cannot connect to"
WORK_SECONDS = 120.0  # removing gigabytes of layers takes long; nothing takes for ever
_CAUSES = (
    ("permission denied", "does not let you in", "add yourself to the group that may use it, or set DOCKER_HOST"),
    (NOBODY, "does not answer", "is it running? try: {command} version"),
    ("error during connect", "cannot be reached", "try: {command} version"),
    ("failed to connect", "cannot be reached", "try: {command} version"),
    ("unable to resolve docker endpoint", "has no such context", "see: {command} context ls"),
    ("unable to connect to Podman", "does not answer", "try: {command} version"),
)


@value
class Engine:
    """An engine. `words` is the command that reaches it: `docker`, `docker --context far`, `podman`."""

    words: list[str]
    provider: str

    def run(self, *words: str, input: bytes = b"", seconds: float = WORK_SECONDS, check: bool = True) -> Result:
        """Run a command of the engine. Raises UnreachableError when it does not answer, CommandError."""
        try:
            result = run.run([*self.words, *words], input, seconds, check=False)
        except TimedOutError as error:
            raise UnreachableError(
                f"the container engine of '{self.provider}' did not answer within {seconds:g} s",
                hint=f"try: {self.shown} version",
            ) from error
        except MissingProgramError as error:
            raise self.missing() from error
        if result.code != 0:
            self.check_reached(result.err.decode("utf-8", "replace"))
            if check:
                raise CommandError(f"{self.shown} {words[0]} failed: {complaint(result)}", result)
        return result

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Piped:
        """Start a command of the engine, with pipes to it; it is ended with all that it started.

        `env` are variables for it besides our own.
        """
        try:
            return run.Process([*self.words, *words], {**environment(), **(env or {})}, group=True)
        except MissingProgramError as error:
            raise self.missing() from error

    def expect_listener(self, environ: Mapping[str, str]) -> None:
        """Raise UnreachableError if nobody listens where the engine should; the command itself takes long to say so.

        Where it cannot be told at once, as of contexts and of engines far away, nothing is raised.
        """
        path = listener(self.words, environ)
        if path is None:
            return
        try:
            dial(path, QUICK_SECONDS).close()
        except (ConnectionRefusedError, FileNotFoundError):
            self.check_reached(NOBODY)
        except OSError:
            return

    def check_reached(self, said: str) -> None:
        """Raise UnreachableError if what the command said means that there is no engine to talk to."""
        for sign, text, hint in _CAUSES:
            if sign in said:
                raise UnreachableError(
                    f"the container engine of '{self.provider}' {text}", hint=hint.format(command=self.shown)
                )

    def missing(self) -> UnreachableError:
        """Return the error that says that the command itself is missing."""
        name = self.words[0]
        return UnreachableError(
            f"{name} is not on PATH, so '{self.provider}' cannot be asked",
            hint=f'install {name}, or name another: [providers.{self.provider}] command = "podman"',
        )

    @property
    def shown(self) -> str:
        """Return the command as a user would type it."""
        return " ".join(self.words)


def engine_of(name: str, settings: Mapping[str, Any]) -> Engine:
    """Return the engine that a provider's settings name, else the one that `docker` itself would use."""
    given = settings.get("command", "docker")
    listed: list[Any] = list(given) if is_list(given) else [given]
    words = [word for word in listed if isinstance(word, str) and word.strip()]
    if not words or len(words) != len(listed):
        raise UsageError(f"providers.{name}.command must be a program", hint='command = "podman"')
    words = [os.path.expanduser(words[0]), *words[1:]]
    for key, option in (("host", "--host"), ("context", "--context")):
        if key in settings:
            words += [f"{option}={plain(name, key, settings[key])}"]
    if "host" in settings and "context" in settings:
        raise UsageError(f"providers.{name} has a host and a context", hint="one of them says where the engine is")
    return Engine(words, name)


def listener(words: list[str], environ: Mapping[str, str]) -> str | None:
    """Return the socket on this machine at which a `docker` command expects its engine; None if that is not certain."""
    said = [word.removeprefix("--host=") for word in words[1:]] or [environ.get("DOCKER_HOST", "")]
    if os.path.basename(words[0]) != "docker" or len(said) != 1 or not _is_program(words[0], environ):
        return None
    if said[0]:
        return said[0].removeprefix("unix://") if said[0].startswith("unix:///") else None
    config = environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"
    if environ.get("DOCKER_CONTEXT") or os.path.exists(f"{config}/contexts"):
        return None
    return DEFAULT_SOCKET


def _is_program(name: str, environ: Mapping[str, str]) -> bool:
    """Tell whether a command is the program itself, and no script that may call another, such as Podman."""
    folders = [""] if "/" in name else [f"{folder}/" for folder in environ.get("PATH", "").split(":") if folder]
    for folder in folders:
        try:
            with open(f"{folder}{name}", "rb") as file:
                return file.read(2) != b"#!"
        except OSError:
            continue
    return False


def plain(name: str, key: str, given: Any) -> str:
    """Return a setting that is one word. Raises UsageError."""
    if not isinstance(given, str) or not given or given.startswith("-") or not given.isprintable():
        raise UsageError(f"providers.{name}.{key} must be a text", hint="see: mngr help docker")
    return given


def complaint(result: Result) -> str:
    """Return what the engine said, in a line, without what every message begins with."""
    said = (result.err.strip() or result.out.strip()).decode("utf-8", "replace").partition("\nUsage:")[0]
    lines = [line for line in said.splitlines() if line.strip() and "--help" not in line]
    told = next((line for line in lines if SAYS in line), lines[-1] if lines else describe(result.code))
    return told.removeprefix("docker: ").removeprefix(SAYS).removeprefix("Error: ")
