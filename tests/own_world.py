"""A world of a test's own: streams that are looked into, in place of those of the process."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import Any

from mngr.cli.options import CommonOptions
from mngr.cli.world import Streams, World


class Stream(io.StringIO):
    """A text stream that says of itself whether it is a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self.terminal = terminal

    def isatty(self) -> bool:
        """Tell whether it plays a terminal."""
        return self.terminal


class OwnWorld(World):
    """A world whose outputs are `out` and `err`."""

    def __init__(self, typed: str = "", *, terminal: bool = False, environ: Mapping[str, str] | None = None) -> None:
        streams = [Stream(typed, terminal=terminal), Stream(terminal=terminal), Stream(terminal=terminal)]
        extra = {"TERM": "xterm", "COLUMNS": "80"} if terminal else {}
        super().__init__(Streams(*streams), {**os.environ, **extra, **(environ or {})}, os.getcwd(), lambda: 1e9)

    @property
    def out(self) -> str:
        """Return what went to standard output."""
        assert isinstance(self.stdout, Stream)
        return self.stdout.getvalue()

    @property
    def err(self) -> str:
        """Return what went to standard error."""
        assert isinstance(self.stderr, Stream)
        return self.stderr.getvalue()

    def wishing(self, **options: Any) -> OwnWorld:
        """Return the same world with common options set."""
        self.options = CommonOptions(**options)
        return self
