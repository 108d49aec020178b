"""What a command may touch: streams, environment, folder, clock, settings and fleet; passed in, never global."""

from __future__ import annotations

import os
import sys
import time

from mngr.cli.options import CommonOptions
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, TextIO

    from mngr.config.load import Settings
    from mngr.fleet.fleet import Fleet
    from mngr.model.errors import UserError


@value
class Streams:
    """Where a command reads and writes."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO


class World:
    """What a command may touch. Settings and fleet are loaded when they are first asked for."""

    def __init__(
        self, streams: Streams, environ: dict[str, str], cwd: str, now: Callable[[], float] = time.time
    ) -> None:
        self.stdin, self.stdout, self.stderr = streams.stdin, streams.stdout, streams.stderr
        self.environ = environ
        self.cwd = cwd
        self.now = now
        self.options = CommonOptions()
        self.fields: tuple[str, ...] = ()
        self.given: frozenset[str] = frozenset()  # the keys of options that were typed, not taken from settings
        self.in_is_terminal = self.stdin.isatty()
        self.is_terminal = self.stdout.isatty()
        self.err_is_terminal = self.stderr.isatty()
        self.before_leaving: list[Callable[[list[str]], None]] = []
        self.folder_is_gone = False  # `cwd` is `/` then, which nobody asked for
        self._width: int | None = None
        self._settings: Settings | None = None
        self._fleet: Fleet | None = None

    @property
    def width(self) -> int:
        """Return how many columns a line of human output may take."""
        if self._width is None:
            from mngr.output.style import terminal_width

            self._width = terminal_width(self.stdout if self.is_terminal else self.stderr, self.environ)
        return self._width

    @property
    def height(self) -> int:
        """Return how many lines the terminal has, 24 where there is none."""
        try:
            return os.get_terminal_size(self.stdout.fileno()).lines
        except (OSError, ValueError):
            return 24

    def forget_width(self) -> None:
        """Look at the terminal's width again when it is next asked for."""
        self._width = None

    @property
    def settings(self) -> Settings:
        """Return the settings of all layers. Raises UsageError when one is wrong."""
        if self._settings is None:
            from mngr.config.load import load

            self._settings = load(self.environ, self.cwd, list(self.options.set))
        return self._settings

    def forget_settings(self) -> None:
        """Load the settings again when they are next asked for."""
        self._settings = self._fleet = None

    def lenient_settings(self) -> list[UserError]:
        """Leave out the settings that are wrong from now on, and return what is wrong with them."""
        from mngr.config.load import load_lenient

        self._settings, problems = load_lenient(self.environ, self.cwd, list(self.options.set))
        return problems

    @property
    def fleet(self) -> Fleet:
        """Return everything that exists now, as reached from here."""
        if self._fleet is None:
            from mngr.fleet.fleet import Fleet

            self._fleet = Fleet(self.settings, self.environ, self.now)
        return self._fleet

    def note(self, text: str) -> None:
        """Say something beside the results, unless it is to be quiet."""
        if not self.options.quiet:
            self.tell(text)

    def warn(self, text: str) -> None:
        """Say that something is not as it should be, unless it is to be quiet."""
        self.note(f"mngr: warning: {text}")

    def tell(self, text: str, label: str = "") -> None:
        """Write a line to standard error, after a label that may be painted. Who does not listen stops nothing."""
        from mngr.output.style import clean

        try:
            self.stderr.write((f"{label} " if label else "") + clean(text, keep="\n\t") + "\n")
            self.stderr.flush()
        except (OSError, ValueError):
            return

    def confirm(self, question: str, flag: str = "--yes") -> bool:
        """Ask before something that cannot be undone. Raises UsageError where nobody can be asked."""
        from mngr.output.prompts import confirm

        return confirm(self, question, flag)

    def become(self, argv: list[str], env: dict[str, str] | None = None) -> NoReturn:
        """Replace this process by a command, with the log of this run written."""
        from mngr.cli.signals import restore_defaults
        from mngr.transports.run import become

        self.stdout.flush()
        for tell in self.before_leaving:
            tell(argv)
        restore_defaults()
        become(argv, env)


def process_world() -> World:
    """Return the world of this process. Text is UTF-8 whatever the locale; bytes that are not survive."""
    _open_missing_streams()
    folder = current_folder()
    if folder is None:
        os.chdir("/")  # git and others fail in a folder that is gone
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    world = World(Streams(sys.stdin, sys.stdout, sys.stderr), dict(os.environ), folder or "/")
    world.folder_is_gone = folder is None
    return world


def current_folder() -> str | None:
    """Return the folder we are in, as the user calls it: `$PWD` where that is true; None when it is gone."""
    try:
        real = os.getcwd()
    except OSError:
        return None
    told = os.environ.get("PWD", "")
    try:
        return told if told.startswith("/") and os.path.samestat(os.stat(told), os.stat(real)) else real
    except OSError:
        return real


def _open_missing_streams() -> None:
    """Give streams that were closed for us to /dev/null, so that no file we open takes their numbers."""
    if sys.stdin is not None and sys.stdout is not None and sys.stderr is not None:  # type: ignore[redundant-expr]
        return
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        continue
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
