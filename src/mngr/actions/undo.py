"""Steps that take an action back, run only if it fails."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class UndoOnError:
    """A block whose registered steps are run, last first, if it raises. A step that fails does not stop the others.

    What could not be taken back is told to `report`.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._steps: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self._report = report

    def callback(self, step: Callable[..., Any], *arguments: Any) -> None:
        """Register a step that takes back what is done next."""
        self._steps.append((step, arguments))

    def __enter__(self) -> UndoOnError:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        while self._steps:
            step, arguments = self._steps.pop()
            self._take_back(step, arguments)

    def _take_back(self, step: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        for attempt in (1, 2):
            try:
                step(*arguments)
                return
            except KeyboardInterrupt:
                # Pressed again while taking back: finish this step once more rather than leave it half done.
                if attempt == 2:
                    self._report("interrupted while taking things back; `mngr gc` finds what is left")
            except Exception as error:
                self._report(f"could not be taken back: {error}; `mngr gc` finds what is left")
                return
