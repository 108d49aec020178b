"""Changes config files: one setting at a time, comments and layout kept."""

from __future__ import annotations

import os

from mngr.config import atomic, files, keys
from mngr.config.check import OPTION_SECTIONS
from mngr.config.layers import Layer, checked, parse_value
from mngr.config.paths import shortened
from mngr.config.schema import ANY, EXTEND, SETTINGS, find
from mngr.model.data import is_table
from mngr.model.errors import UsageError, UserError
from mngr.model.names import nearest, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Parts = tuple[str, ...]
    Table = dict[str, Any]


def set_value(path: str, key: str, text: str, mode: int = 0o600) -> Any:
    """Set a setting in a file, checked before anything is written. Returns its value. Raises UserError."""
    parts = parts_of(key)
    given = _checked_value(key, parts, parse_value(text, parts))
    _change(path, mode, lambda table: _put(table, parts, given))
    return given


def unset_value(path: str, key: str) -> None:
    """Remove a setting from a file. Raises UserError, also when it is not there."""
    parts = parts_of(key)

    def remove(table: Table) -> None:
        if not _take(table, parts):
            raise UserError(f"{key} is not set in {shortened(path)}", hint="see: mngr config list")

    _change(path, 0o600, remove)


def parts_of(key: str) -> Parts:
    """Return the parts of a key that a user typed. Raises UsageError."""
    try:
        return keys.split(key)
    except keys.BadKey:
        found = nearest(key, [setting.key for setting in SETTINGS], 1)
        hint = f"did you mean {found[0]}?" if found else "see: mngr config schema"
        raise UsageError(f"{shown(key)} is not the key of a setting", hint) from None


def problems_in(path: str) -> list[UserError]:
    """Return what is wrong in a config file."""
    problems: list[UserError] = []
    try:
        table = files.read(path, None)
    except UserError as error:
        return [error]
    if table is not None:
        checked(Layer("file", table, path), problems.append)
    return problems


def _checked_value(key: str, parts: Parts, given: Any) -> Any:
    problems: list[UserError] = []
    single: Any = given
    for part in reversed(parts):
        single = {part: single}
    checked(Layer("options", single), problems.append)
    if problems:
        raise problems[0]
    if find(_plain(parts)) is None:
        raise UsageError(f"{key} is a section, not a setting", hint=f"see: mngr config list {parts[0].strip(ANY)}")
    return given


def _change(path: str, mode: int, change: Callable[[Table], None]) -> None:
    """Change a file's document, and write it when it then says exactly what it should."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    before = files.read(path, None) or {}
    text = files.text_of(path)
    change(before)
    document = tomlkit.parse(text)
    try:
        change(document)
        new = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, AttributeError) as error:
        raise _too_intricate(path) from error
    if _without_empty(files.parse(new, path)) != _without_empty(before):
        raise _too_intricate(path)
    try:
        os.makedirs(os.path.dirname(path), 0o700 if mode == 0o600 else 0o755, exist_ok=True)
        atomic.write(path, new.encode(), mode)
    except OSError as error:
        raise UserError(f"{shortened(path)}: cannot be written: {error.strerror}") from None


def _too_intricate(path: str) -> UserError:
    return UserError(f"{shortened(path)}: its layout is too intricate to be changed", hint="use: mngr config edit")


def _without_empty(table: Table) -> Table:
    """Return a table without empty tables: whether one is left where a key was makes no difference."""
    kept = {name: _without_empty(given) if is_table(given) else given for name, given in table.items()}
    return {name: given for name, given in kept.items() if given != {}}


def _put(table: Table, parts: Parts, given: Any) -> None:
    last = len(parts) - 1
    for place in range(last):
        name = _written(table, parts, place)
        if name not in table:
            table[name] = {}
        inner: object = table[name]
        if not is_table(inner):
            raise UserError(f"{keys.join(parts[: place + 1])} is not a section there", hint="see: mngr config edit")
        table = inner
    name = _written(table, parts, last)
    table.pop(f"{name}{EXTEND}", None)  # what was added to other layers' lists goes with the old value
    table[name] = given


def _take(table: Table, parts: Parts) -> bool:
    last = len(parts) - 1
    for place in range(last):
        inner: object = table.get(_written(table, parts, place))
        if not is_table(inner):
            return False
        table = inner
    name = _written(table, parts, last)
    found = [one for one in (name, f"{name}{EXTEND}") if one in table]
    for one in found:
        del table[one]
    return bool(found)


def _written(table: Table, parts: Parts, place: int) -> str:
    """Return a part of a key as the file has it: options may be written with hyphens."""
    part = parts[place]
    if part in table or parts[0] not in OPTION_SECTIONS or place != 2:
        return part
    return next((name for name in table if name.replace("-", "_") == part.replace("-", "_")), part)


def _plain(parts: Parts) -> Parts:
    return (*parts[:-1], parts[-1].removesuffix(EXTEND))
