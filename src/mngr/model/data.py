"""What plain data is: tables and lists, as TOML and JSON give them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeGuard


def is_table(given: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether data is a table, whose keys are texts."""
    return isinstance(given, dict)


def is_list(given: object) -> TypeGuard[list[Any]]:
    """Tell whether data is a list."""
    return isinstance(given, list)
