"""What belongs to no agent."""

from __future__ import annotations

from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


@value
class Garbage:
    """One thing that belongs to no agent: what it is, and how it is removed; None when it is left alone, and why."""

    host: str  # its name; of what is no host's, that of the provider
    kind: str
    name: str
    text: str
    remove: Callable[[], None] | None = None
