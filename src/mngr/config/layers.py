"""One layer of settings: read from a file, the environment or the command line, checked, and merged over others."""

from __future__ import annotations

from mngr.config import keys, schema
from mngr.config.check import Check
from mngr.config.paths import shortened
from mngr.config.schema import EXTEND
from mngr.model.data import is_list, is_table
from mngr.model.errors import UsageError, UserError
from mngr.model.names import shown
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.config.lines import Lines

    Table = dict[str, Any]
    Parts = tuple[str, ...]
    Report = Callable[[UserError], None]

ENVIRONMENT = "MNGR__"
REPOSITORY = ("project", "local")  # the layers that lie in a repository


@value
class Layer:
    """Settings of one layer, checked. `places` names the variable or option of each key that is not from a file."""

    name: str
    table: Table
    file: str | None = None
    places: dict[Parts, str] = {}
    withheld: tuple[tuple[Parts, Any], ...] = ()

    def place(self, parts: Parts) -> tuple[str | None, int | None]:
        """Return where a key is set: file and line, or variable or option and None."""
        if self.file is None:
            return _longest(self.places, parts), None
        from mngr.config.files import text_of
        from mngr.config.lines import line_of, lines

        found: Lines = lines(text_of(self.file))
        return self.file, line_of(found, _as_written(found, parts))

    def error(self, parts: Parts, problem: str, hint: str | None = None) -> UsageError:
        """Return the error that a key of this layer is wrong."""
        where, line = self.place(parts)
        if where is None:
            return UsageError(problem, hint)
        shown_where = shortened(where) if self.file else shortened(where[:200])
        return UsageError(f"{shown_where}:{line}: {problem}" if line else f"{shown_where}: {problem}", hint)


def checked(layer: Layer, report: Report) -> Layer:
    """Return the layer with what is right of it; what is wrong is reported."""
    table = Check(layer.error, report, of_repository=layer.name in REPOSITORY).table(layer.table)
    return Layer(layer.name, table, layer.file, layer.places)


def merge(base: Table, over: Table) -> Table:
    """Return base with another table merged over it: key by key, lists replaced, `key__extend` added.

    A single value counts as a list of one when it is added to.
    """
    merged = dict(base)
    for key, given in sorted(over.items(), key=lambda item: item[0].endswith(EXTEND)):
        name = key.removesuffix(EXTEND)
        so_far = merged.get(name)
        if name != key and is_list(given):
            merged[name] = [*_as_list(so_far), *given]
        elif is_table(given):
            merged[name] = merge(so_far if is_table(so_far) else {}, given)
        else:
            merged[name] = given
    return merged


def withhold(layer: Layer) -> Layer:
    """Return the layer with only what a repository that is not trusted may set, and the rest by key."""
    withheld: list[tuple[Parts, Any]] = []

    def keep(table: Table, path: Parts) -> Table:
        kept: Table = {}
        for key, given in table.items():
            parts = (*path, key.removesuffix(EXTEND))
            if schema.is_shared(parts):
                kept[key] = given
            elif is_table(given) and schema.find(parts) is None:
                if inner := keep(given, parts):
                    kept[key] = inner
            else:
                withheld.append(((*path, key), given))
        return kept

    table = keep(layer.table, ())
    return Layer(layer.name, table, layer.file, layer.places, tuple(withheld))


def from_environment(environ: dict[str, str], report: Report) -> Layer | None:
    """Return the layer of `MNGR__SECTION__KEY` variables, or None when there are none."""
    names = sorted(name for name in environ if name.upper().startswith(ENVIRONMENT))
    return _assembled("environment", [(name, _env_parts(name), environ[name]) for name in names], report)


def from_options(overrides: list[str], report: Report) -> Layer | None:
    """Return the layer of `-S section.key=value` options, or None when there are none."""
    given: list[tuple[str, Parts, str]] = []
    for text in overrides:
        try:
            parts, end = keys.key_at(text, 0)
            if not text.startswith("=", end):
                raise keys.BadKey(text)
        except keys.BadKey:
            report(UsageError(f"-S {shown(text)} is not KEY=VALUE", hint="write it as -S section.key=value"))
            continue
        given.append((f"-S {keys.join(parts)}"[:200], parts, text[end + 1 :].strip(" ")))
    return _assembled("options", given, report)


def parse_value(text: str, parts: Parts) -> Any:
    """Return the value that a text stands for where a setting is given as text: TOML, else the text itself."""
    setting = schema.find(_without_extend(parts))
    kind = setting.kind if setting else ""
    wants_text = kind in ("text", "name", "command") or (kind == "env" and parts[3:] != ())
    if wants_text and text[:1] not in ('"', "'", "["):
        return text
    if text in ("true", "false"):
        return text == "true"
    if text.isascii() and text.isdigit() and len(text) < 19 and (text == "0" or text[0] != "0"):
        return int(text)
    if text[:1] and text[0] in "\"'[{+-0123456789":
        from mngr.config.files import parse

        try:
            table = parse(f"value = {text}\n", "value")
        except UsageError:
            return text
        single: object = table.get("value")
        return single if len(table) == 1 and _is_plain(single) else text
    return text


def _is_plain(given: object) -> bool:
    return is_table(given) or is_list(given) or isinstance(given, str | int | float)


def _assembled(name: str, given: list[tuple[str, Parts, str]], report: Report) -> Layer | None:
    table: Table = {}
    places: dict[Parts, str] = {}
    for place, parts, text in given:
        single: Any = parse_value(text, parts)
        for part in reversed(parts):
            single = {part: single}
        one = checked(Layer(name, single, None, {parts: place}), report)
        table = _overlaid(table, one.table)
        places[_without_extend(parts)] = place
    return Layer(name, table, None, places) if given else None


def _overlaid(base: Table, over: Table) -> Table:
    """Return a table over another of the same layer, with `__extend` kept for the layers below."""
    merged = dict(base)
    for key, given in over.items():
        known = merged.get(key)
        if is_table(known) and is_table(given):
            merged[key] = _overlaid(known, given)
        elif key.endswith(EXTEND) and is_list(known):
            merged[key] = [*known, *given]
        else:
            merged[key] = given
    return merged


def _env_parts(name: str) -> Parts:
    parts = name[len(ENVIRONMENT) :].split("__")
    if len(parts) > 2 and parts[-1].lower() == "extend":
        parts[-2:] = [parts[-2] + EXTEND]
    lowered = [part.lower() for part in parts]
    if lowered[0] in ("agent_types", "providers", "templates", "commands") and len(lowered) > 1:
        lowered[1] = lowered[1].replace("_", "-")  # a variable's name can hold no hyphen, a name no underscore
    if lowered[0] == "agent_types" and len(parts) == 4 and lowered[2] == "env":
        lowered[3] = parts[3]
    return tuple(lowered)


def _without_extend(parts: Parts) -> Parts:
    return (*parts[:-1], parts[-1].removesuffix(EXTEND))


def _as_list(given: Any) -> list[Any]:
    if is_list(given):
        return given
    return [] if given is None or is_table(given) else [given]


def _longest(places: dict[Parts, str], parts: Parts) -> str | None:
    for length in range(len(parts), 0, -1):
        if parts[:length] in places:
            return places[parts[:length]]
    inside = (place for key, place in places.items() if key[: len(parts)] == parts)
    return next(inside, next(iter(places.values()), None))


def _as_written(found: Lines, parts: Parts) -> Parts:
    """Return a key as the file writes it: with `__extend` or hyphens."""
    for candidate in (parts, (*parts[:-1], parts[-1] + EXTEND)):
        for one in (candidate, (*candidate[:2], *(part.replace("_", "-") for part in candidate[2:]))):
            if one in found:
                return one
    return parts
