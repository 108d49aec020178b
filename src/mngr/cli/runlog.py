"""The log of each run: one line of JSON in `<host folder>/logs/YYYY-MM-DD.jsonl`; and the logs of bugs."""

from __future__ import annotations

import os
import time

from mngr.config.paths import UserPaths, host_dir
from mngr.model.times import iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.cli.world import World
    from mngr.model.result import Result

KEEP_DAYS = 14
MOST_COMMANDS = 200
LONGEST_WORD = 300
MASK = "***"


def mask(text: str, secrets: list[str]) -> str:
    """Return text with secrets replaced; those too short to be told from other text only where they are all of it."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
        elif secret and text == secret:
            text = MASK
    return text


class RunLog:
    """What one run did, for the log and for `-v`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.argv: list[str] = []  # without secrets
        self.secrets: list[str] = []
        self.commands: list[Result] = []
        self.kept = True
        self._started = time.monotonic()

    def before(self, argv: list[str]) -> None:
        """Print an external command that is about to run, so that it can be pasted into a shell."""
        if self.world.options.verbose:
            from mngr.transports.quoting import join

            self.world.tell(f"+ {join(mask(word, self.secrets) for word in argv)}")

    def after(self, result: Result) -> None:
        """Note an external command that ran."""
        if len(self.commands) < MOST_COMMANDS:
            self.commands.append(result)

    def write(self, code: int | None, became: list[str] | None = None) -> None:
        """Append this run to the log of the day. A disk that is full or read-only stops nothing."""
        if not self.kept:
            return
        now = self.world.now()
        line = {
            "time": iso(now),
            "pid": os.getpid(),
            "argv": ["mngr", *self._shortened(self.argv)],
            "exit_code": code,
            "seconds": round(time.monotonic() - self._started, 4),
            "commands": [
                {"argv": self._shortened(done.argv), "exit_code": done.code, "seconds": round(done.seconds, 4)}
                for done in self.commands
            ],
        }
        if became is not None:
            line["became"] = self._shortened(became)
        try:
            _append(self._folder(), f"{iso(now)[:10]}.jsonl", to_json(line).encode() + b"\n", self._prune)
        except (OSError, ValueError):
            return

    def write_bug(self, error: BaseException) -> str | None:
        """Write what is needed to mend a bug to a file of its own. Return its path, or None where none can be made."""
        name = f"bug-{iso(self.world.now())[:19].replace(':', '')}-{os.getpid()}.log"
        report = mask(self._report(error), self.secrets).encode("utf-8", "backslashreplace")
        for folder in (self._folder(), self.world.environ.get("TMPDIR") or "/tmp"):  # noqa: S108
            try:
                return _append(folder, name, report)
            except (OSError, ValueError):
                continue
        return None

    def _report(self, error: BaseException) -> str:
        import sys

        from mngr import __version__
        from mngr.transports.quoting import join

        lines = (
            f"mngr {__version__}",
            f"Python {sys.version}",
            f"{' '.join(os.uname())}",
            f"command: {join(['mngr', *self._shortened(self.argv)])}",
            *(f"ran: {join(self._shortened(done.argv))} -> {done.code}" for done in self.commands),
        )
        return "\n".join(lines) + "\n\n" + traceback_of(error)

    def _folder(self) -> str:
        return UserPaths(host_dir(self.world.environ)).logs

    def _shortened(self, words: list[str]) -> list[str]:
        return [mask(word, self.secrets)[:LONGEST_WORD] for word in words[:MOST_COMMANDS]]

    def _prune(self, folder: str) -> None:
        """Remove logs that are too old; done by the first run of a day."""
        oldest = self.world.now() - _keep_days(self.world) * 86400
        for name in os.listdir(folder):
            path = f"{folder}/{name}"
            if name.endswith((".jsonl", ".log")) and os.lstat(path).st_mtime < oldest:
                os.unlink(path)


def traceback_of(error: BaseException) -> str:
    """Return an error's traceback as text."""
    import traceback

    return "".join(traceback.format_exception(error))


def to_json(thing: Any) -> str:
    """Return plain data as JSON; importing `json` would cost half of what starting Python does."""
    kind = type(thing).__name__
    if kind == "dict":
        return "{" + ", ".join(f"{to_json(key)}: {to_json(item)}" for key, item in thing.items()) + "}"
    if kind == "list":
        return "[" + ", ".join(to_json(item) for item in thing) + "]"
    if kind == "str":
        return __import__("_json").encode_basestring_ascii(thing)
    return "null" if thing is None else repr(thing)


def _keep_days(world: World) -> float:
    try:
        return float(world.settings.get("logs.keep_days"))
    except Exception:  # a setting that is wrong is told about elsewhere; pruning goes on
        return KEEP_DAYS


def _append(folder: str, name: str, line: bytes, when_new: Any = None) -> str:
    path = f"{folder}/{name}"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(folder), 0o700, exist_ok=True)
        os.makedirs(folder, 0o700, exist_ok=True)
        descriptor = os.open(path, flags, 0o600)
    try:
        is_new = os.fstat(descriptor).st_size == 0
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
    if is_new and when_new:
        when_new(folder)
    return path
