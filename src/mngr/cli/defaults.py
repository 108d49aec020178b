"""Fills options that were not given from settings: `[commands.NAME]` and `[templates.NAME]`."""

from __future__ import annotations

from mngr.cli.parse import check_choice, convert
from mngr.model.errors import UsageError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from mngr.cli.spec import Command, Option
    from mngr.config.load import Settings


@value
class Section:
    """The section of the settings that is read. An error in it names file and line where the settings are given."""

    name: str
    settings: Settings | None = None

    def wrong(self, key: str, problem: str, hint: str | None = None) -> UsageError:
        """Return the error for a key of this section."""
        if self.settings is None:
            return UsageError(problem, hint)
        from mngr.config.load import error_at

        return error_at(self.settings, f"{self.name}.{key}", problem, hint)


def defaults(
    command: Command, options: Iterable[Option], settings: Mapping[str, Any], section: Section | None = None
) -> dict[str, Any]:
    """Return the values that settings give to options, by key. Raises UsageError for unknown keys and wrong types."""
    section = section or Section(f"commands.{command.name}")
    by_key = {option.key: option for option in options if option.key not in ("help", "set", "debug")}
    found: dict[str, Any] = {}
    for name, given in settings.items():
        option = by_key.get(name.replace("-", "_"))
        if option is None:
            raise _unknown_key(command, name, section, [known.long_name[2:] for known in by_key.values()])
        try:
            found[option.key] = _value(option, given, f"{section.name}.{name}")
        except UsageError as error:
            raise section.wrong(name, error.message, error.hint) from None
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


def _unknown_key(command: Command, name: str, section: Section, known: list[str]) -> UsageError:
    from mngr.model.names import nearest, shown

    near = nearest(name, known)
    return section.wrong(
        name,
        f"{shown(name)} in [{section.name}] is not an option of mngr {command.name}",
        f"did you mean {' or '.join(near)}?" if near else f"see: mngr help {command.name}",
    )
