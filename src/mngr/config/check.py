"""Checks what a layer says against the schema, setting by setting: what is right is kept, the rest reported."""

from __future__ import annotations

from mngr.config import keys, schema
from mngr.config.schema import ANY, EXTEND, Setting
from mngr.model.data import is_list, is_table
from mngr.model.names import is_name, nearest, nearest_name, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.model.errors import UserError

    Table = dict[str, Any]
    Parts = tuple[str, ...]
    Report = Callable[[UserError], None]
    MakeError = Callable[[Parts, str, str | None], UserError]

OPTION_SECTIONS = ("commands", "templates")


class Check:
    """One check of one layer: how its errors are made, and where they go."""

    def __init__(self, error: MakeError, report: Report, of_repository: bool = False) -> None:
        self.of_repository = of_repository
        self._error = error
        self._report = report

    def table(self, table: Table) -> Table:
        """Return what is right of a layer's table."""
        return _check_table(table, schema.tree(), (), self)

    def wrong(self, parts: Parts, problem: str, hint: str | None = None) -> None:
        """Report a key that is wrong."""
        self._report(self._error(parts, problem, hint))


def _check_table(table: Table, node: Table, path: Parts, check: Check) -> Table:
    right: Table = {}
    for written, given in table.items():
        base = written.removesuffix(EXTEND)
        key = _option_key(path, base)
        parts = (*path, written)
        child = node.get(key, node.get(ANY))
        if child is None:
            _unknown(parts, node, check)
        elif ANY in node and key not in node and not _is_fit(path, key):
            check.wrong(parts, f"{shown(base)} is not a valid name", _try(nearest_name(base)))
        elif isinstance(child, Setting):
            stored = key + (EXTEND if base != written else "")
            if stored in right:
                check.wrong(parts, f"{keys.join((*path, key))} is set twice", "write it once")
            elif child.personal and check.of_repository:
                where = "your own settings: mngr config set"
                check.wrong(parts, f"{keys.join((*path, key))} is never taken from a repository's config", where)
            elif _is_right(child, given, parts, check):
                right[stored] = given
        elif base != written or not is_table(given):
            check.wrong(parts, f"{keys.join(parts)[:200]} is a section, not a setting", _known_keys(parts, child))
        else:
            right[key] = _check_table(given, child, (*path, key), check)
    return right


def _is_right(setting: Setting, given: Any, parts: Parts, check: Check) -> bool:
    shown_key = keys.join(parts)[:200]
    if parts[-1].endswith(EXTEND):
        if setting.kind not in ("texts", "command", "free"):
            check.wrong(parts, f"{shown_key}: only a list can be added to", f"it must be {schema.KINDS[setting.kind]}")
            return False
        if not is_list(given):
            check.wrong(parts, f"{shown_key} must be a list", _example(setting))
            return False
        if not given:
            return True
    problem = schema.refusal(setting, given)
    if problem:
        described = _described(given)
        but = "" if described in problem else f", not {described}"  # "must be a list of texts, not a list" says little
        check.wrong(parts, f"{shown_key} {problem}{but}", _example(setting))
    return not problem


def _unknown(parts: Parts, node: Table, check: Check) -> None:
    base = parts[-1].removesuffix(EXTEND)
    found = nearest(base, [key for key in node if key != ANY], 1)
    full = keys.join((*parts[:-1], found[0])) if found else _elsewhere(base)
    hint = f"did you mean {full}?" if full else "see: mngr config schema"
    check.wrong(parts, f"unknown setting {shown(keys.join((*parts[:-1], base)), 120)}", hint)


def _elsewhere(name: str) -> str | None:
    return next((one.key for one in schema.SETTINGS if one.key.rpartition(".")[2] == name), None)


def _option_key(path: Parts, key: str) -> str:
    return key.replace("-", "_") if len(path) == 2 and path[0] in OPTION_SECTIONS else key


def _is_fit(path: Parts, key: str) -> bool:
    return is_name(key) if len(path) == 1 else is_name(key.replace("_", "-"))


def _known_keys(parts: Parts, node: Table) -> str:
    return f"write {keys.join((*parts, next(iter(node))))}".replace(ANY, "NAME")[:200]


def _example(setting: Setting) -> str | None:
    return f"for example: {setting.key.rpartition('.')[2].replace(ANY, 'option')} = {setting.example}"


def _try(name: str) -> str | None:
    return f"try: {name}" if name else None


def _described(given: Any) -> str:
    if isinstance(given, str):
        return shown(given, 40)
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float) and -1e15 < given < 1e15:
        return str(given)
    if isinstance(given, int | float):
        return "a number"
    return "a list" if is_list(given) else "a table" if is_table(given) else "a date or time"
