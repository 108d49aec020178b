"""Fills options that were not given from `[commands.NAME]` of the settings."""

from __future__ import annotations

from mngr.cli.parse import check_choice, convert
from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from mngr.cli.spec import Command, Option


def defaults(command: Command, options: Iterable[Option], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that settings give to options, by key. Raises UsageError for unknown keys and wrong types."""
    by_key = {option.key: option for option in options if option.key not in ("help", "set", "debug")}
    found: dict[str, Any] = {}
    for name, given in settings.items():
        key = name.replace("-", "_")
        where = f"commands.{command.name}.{name}"
        if key not in by_key:
            raise _unknown_key(command, name, [option.long_name[2:] for option in by_key.values()])
        found[key] = _value(by_key[key], given, where)
    return found


def _value(option: Option, given: Any, where: str) -> Any:
    if not option.metavar:
        if isinstance(given, bool):
            return given
        raise UsageError(f"{where} must be true or false", hint=f"set it with: mngr config set {where} true")
    if not option.many:
        return _single(option, given, where)
    if option.kind == "pair" and _is(given, dict):
        return [(key, _text(item, where)) for key, item in given.items()]
    return [_single(option, item, where) for item in (given if _is(given, list) else [given])]


def _single(option: Option, given: Any, where: str) -> Any:
    text = _text(given, where) if option.kind in ("int", "duration") else given
    if not isinstance(text, str):
        raise UsageError(f"{where} must be text", hint=f"set it with: mngr config set {where} {option.metavar}")
    return check_choice(text, option.choices, where) if option.kind == "choice" else convert(option, text, where)


def _is(given: object, kind: type) -> bool:
    return isinstance(given, kind)


def _text(given: Any, where: str) -> str:
    if isinstance(given, str | int | float) and not isinstance(given, bool):
        return str(given)
    raise UsageError(f"{where} must be text or a number", hint="see: mngr help settings")


def _unknown_key(command: Command, name: str, known: list[str]) -> UsageError:
    from mngr.model.names import nearest, shown

    near = nearest(name, known)
    return UsageError(
        f"{shown(name)} in [commands.{command.name}] is not an option of mngr {command.name}",
        hint=f"did you mean {' or '.join(near)}?" if near else f"see: mngr help {command.name}",
    )
