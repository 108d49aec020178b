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


def table_in(text: str | None) -> dict[str, Any]:
    """Return the table that a text of JSON is, whoever wrote it; an empty one if it is none."""
    if not text:
        return {}
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if is_table(found) else {}
