"""What output needs to know of the world; imported for type checking alone."""

from __future__ import annotations

from typing import Protocol, TextIO


class Wishes(Protocol):
    """What was asked of every command alike."""

    @property
    def format(self) -> str:
        """Return how results are written: human, json, jsonl or a template."""
        ...

    @property
    def quiet(self) -> bool:
        """Tell whether nothing but results is to be printed."""
        ...

    @property
    def verbose(self) -> bool:
        """Tell whether every step is to be printed."""
        ...

    @property
    def yes(self) -> bool:
        """Tell whether every question is answered yes."""
        ...


class Console(Protocol):
    """Where results and notes go, and what stands there."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environ: dict[str, str]
    in_is_terminal: bool
    is_terminal: bool
    err_is_terminal: bool
    fields: tuple[str, ...]  # what is known of the fields of the results; empty where nothing is

    @property
    def options(self) -> Wishes:
        """Return what was asked of every command alike."""
        ...

    @property
    def width(self) -> int:
        """Return how many columns a line of human output may take."""
        ...
