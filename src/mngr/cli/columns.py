"""The columns of `mngr list`."""

from __future__ import annotations

from mngr.model.times import short_duration
from mngr.output.style import STATE_COLOURS, short_path
from mngr.output.table import Column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mngr.cli.world import World

    Row = dict[str, Any]

# The title of a column, and how soon it gives way where there is no room (0: never).
TITLES = {
    "name": ("NAME", 0),
    "state": ("STATE", 0),
    "state_since": ("SINCE", 1),
    "type": ("TYPE", 2),
    "host.name": ("HOST", 3),
    "host.provider": ("PROVIDER", 6),
    "host.state": ("HOST-STATE", 7),
    "project": ("PROJECT", 4),
    "branch": ("BRANCH", 5),
    "usage.cost_usd": ("USD", 2),
    "usage.input_tokens": ("INPUT", 3),
    "usage.output_tokens": ("OUTPUT", 3),
    "usage.cache_read_tokens": ("CACHE-READ", 4),
    "usage.cache_write_tokens": ("CACHE-WRITE", 4),
}
TIMES = ("state_since", "created_at", "started_at", "archived_at", "last_activity_at")


def columns(world: World, fields: Sequence[str]) -> list[Column]:
    """Return the columns for fields, times as ages, paths with the home folder as `~`."""
    return [_column(world, field) for field in fields]


def table_of(world: World, found: list[Row], fields: Sequence[str], memory: dict[str, int] | None = None) -> list[str]:
    """Return rows as an aligned table, for `memory` see `table`; without hosts where all are here and fields usual."""
    from mngr.config.schema import LIST_FIELDS
    from mngr.output.table import table

    usual = tuple(fields) == LIST_FIELDS and all(row["host"]["provider"] == "local" for row in found)
    if usual and all(row["host"]["state"] in (None, "running") for row in found):
        fields = [field for field in fields if not field.startswith("host.")]
    return table(world, columns(world, fields), found, memory)


def known_fields() -> tuple[str, ...]:
    """Return the names of all fields of a row."""
    from mngr.fleet.report import FIELDS

    return (*FIELDS, "labels.*", "plugin.*")


def _column(world: World, field: str) -> Column:
    title, rank = TITLES.get(field, (field.upper().replace("_", "-"), 3))
    if field == "state":
        return Column(title, field, rank=rank, text=_state, colour=lambda row: STATE_COLOURS.get(row["state"], ""))
    if field in TIMES:
        return Column(title, field, rank=rank, text=lambda row: _age(world, row[field]))
    if field == "work_dir":
        return Column(title, field, rank=rank, text=lambda row: short_path(row[field] or "", world.environ))
    if field == "labels":
        return Column(title, field, rank=rank, text=lambda row: _labels(row["labels"]))
    if field.startswith("usage."):
        return Column(title, field, rank=rank, right=True, text=lambda row: _used(row["usage"], field))
    return Column(title, field, rank=rank)


def money(row: Row) -> str:
    """Return a cost as people read it: `?` where nothing of it has a price, `≥` where something has none."""
    cost: float | None = row["cost_usd"]
    if cost is None:
        return "?"
    return ("≥" if row["unpriced"] else "") + (f"{cost:.2f}" if cost >= 1 or not cost else f"{cost:.4f}")


def _used(usage: Row, field: str) -> str:
    name = field.partition(".")[2]
    if usage["input_tokens"] is None:
        return ""
    if name == "cost_usd":
        return money(usage)
    return ", ".join(usage[name]) if name == "unpriced" else f"{usage[name]:,}"


def _state(row: Row) -> str:
    state = f"{row['state']}, archived" if row["archived_at"] else row["state"]
    detail = row["reason"] if row["state"] in ("blocked", "unknown", "stopped", "failed", "starting") else None
    if detail:
        detail = detail.removeprefix("the program was ").removeprefix("the program ")  # the column is narrow
    if row["state"] == "failed" and row["exit_code"] is not None and not detail:
        detail = f"exit {row['exit_code']}"
    return f"{state} ({detail})" if detail else state


def _age(world: World, text: str | None) -> str:
    if text is None:
        return ""
    return short_duration(world.now() - seconds_of(text))


def seconds_of(text: str) -> float:
    """Return the seconds since 1970 of a time that `times.iso` wrote; without the cost of importing `datetime`."""
    import time

    digits = text.translate(_TO_SPACES).split()
    return time.mktime((*(int(part) for part in digits[:6]), 0, 0, 0)) - time.timezone  # type: ignore[arg-type]


_TO_SPACES = str.maketrans("-:T.Z", "     ")


def _labels(labels: dict[str, str]) -> str:
    return ", ".join(f"{key}={text}" if text else key for key, text in labels.items())
