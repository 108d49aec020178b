"""Results for programs: JSON, JSON lines, and templates in Python's format style over the same fields."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Row = dict[str, Any]

NAMES = ("human", "json", "jsonl")
WIDEST_FIELD = 1000
_ESCAPES = {"t": "\t", "n": "\n", "\\": "\\"}
_SPEC_CHARACTERS = frozenset("0123456789.,<>=^ -+_bcdeEfFgGnosxX%")


@value
class Template:
    """A parsed template: literal text and fields in turn, a field as (name, format spec)."""

    source: str
    parts: tuple[str | tuple[str, str], ...]

    @property
    def names(self) -> list[str]:
        """Return the names of its fields, in order."""
        return [part[0] for part in self.parts if not isinstance(part, str)]

    def line(self, row: Row, *, clean: bool = False) -> str:
        """Return the template filled from a row. Fields the row lacks are empty; `check` finds those unknown."""
        return "".join(part if isinstance(part, str) else _filled(row, *part, clean=clean) for part in self.parts)


def check_format(text: str, fields: Iterable[str] = ()) -> None:
    """Check what `--format` says before anything is done. Raises UsageError."""
    if text not in NAMES:
        check_fields(parse_template(text), fields)


def check_fields(template: Template, fields: Iterable[str]) -> None:
    """Check a template's fields against those known; `labels.*` stands for any below `labels`. Raises UsageError."""
    known = list(fields)
    if not known:
        return
    for name in template.names:
        if not is_field(name, known):
            raise unknown_field(name, known)


def is_field(name: str, known: Iterable[str]) -> bool:
    """Tell whether a field is among those known, or holds some of them."""
    for field in known:
        if name == field or field.startswith(f"{name}."):
            return True
        if field.endswith(".*") and name.startswith(field[:-1]):
            return True
    return False


def unknown_field(name: str, known: Iterable[str]) -> UsageError:
    """Return the error for a field that results do not have."""
    from mngr.model.names import nearest, shown

    fields = sorted({field for field in known if not field.endswith(".*")})
    near = nearest(name, fields)[:2]
    hint = f"did you mean {' or '.join(near)}?" if near else f"fields: {', '.join(fields)}"
    return UsageError(f"{shown(name)} is not a field of the results", hint=hint)


def field_names(rows: Iterable[Row], prefix: str = "") -> list[str]:
    """Return the dotted names of all fields in rows, in order of first appearance."""
    found: dict[str, None] = {}
    for row in rows:
        for name, item in row.items():
            found[prefix + name] = None
            if is_table(item):
                found.update(dict.fromkeys(field_names([item], f"{prefix}{name}.")))
    return list(found)


def look_up(row: Row, name: str) -> Any:
    """Return a field by its dotted name, or None. Only keys of dicts are looked at."""
    if name in row:
        return row[name]
    first, dot, rest = name.partition(".")
    inner: Any = row.get(first)
    return look_up(inner, rest) if dot and is_table(inner) else None


def is_table(thing: object) -> bool:
    """Tell whether a field holds fields of its own."""
    return isinstance(thing, dict)


def parse_template(text: str) -> Template:
    """Parse a template. Raises UsageError."""
    from mngr.model.names import nearest, shown

    if "{" not in text:
        near = nearest(text, NAMES)
        raise UsageError(
            f"{shown(text)} is not a format",
            hint=f"did you mean {near[0]}?"
            if near
            else "use human, json, jsonl or a template such as '{name} {state}'",
        )
    parts: list[str | tuple[str, str]] = []
    literal, place = "", 0
    while place < len(text):
        character, following = text[place], text[place + 1 : place + 2]
        if character == "\\" and following in _ESCAPES and following:
            literal, place = literal + _ESCAPES[following], place + 2
        elif character in "{}" and following == character:
            literal, place = literal + character, place + 2
        elif character == "{":
            end = text.find("}", place)
            parts += [literal, _field(text[place + 1 : end] if end >= 0 else "", text)]
            literal, place = "", end + 1
        elif character == "}":
            raise UsageError(f"the template {shown(text)} has a }} without its {{", hint="write }} twice to print it")
        else:
            literal, place = literal + character, place + 1
    return Template(text, tuple(part for part in (*parts, literal) if part))


# What terminals obey, or reorder text by, and JSON leaves as it is.
_DIRECTIONS = (0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_OBEYED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *_DIRECTIONS)}


def to_json(thing: Any, *, indent: int | None = None) -> str:
    """Return JSON text that is valid UTF-8, whatever bytes are in it, and that no terminal obeys."""
    import json

    text = json.dumps(thing, ensure_ascii=False, indent=indent, default=str)
    if not text.isascii() or "\x7f" in text:
        text = text.translate(_OBEYED)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(thing, ensure_ascii=True, indent=indent, default=str)
    return text


def _field(inside: str, template: str) -> tuple[str, str]:
    from mngr.model.names import shown

    name, _, spec = inside.partition(":")
    if not name.strip() or "{" in inside:
        raise UsageError(f"the template {shown(template)} has a {{ without a field", hint="write {name}, or {{ for a {")
    number = "".join(character if character.isdigit() else " " for character in spec[1:]).split()
    body = spec[1:] if spec[1:2] in ("<", ">", "^", "=") else spec
    too_wide = any(len(digits) > 4 or int(digits) > WIDEST_FIELD for digits in number if digits.isascii())
    if too_wide or not _SPEC_CHARACTERS.issuperset(body):
        raise UsageError(f"{shown(spec)} is not a way to write a field", hint="such as {name:<20} or {state:>10}")
    return name, spec


def _filled(row: Row, name: str, spec: str, *, clean: bool) -> str:
    item = look_up(row, name)
    text = as_text(item)
    if clean:
        from mngr.output.style import clean as without_controls

        text = without_controls(text)
    if not spec:
        return text
    number = isinstance(item, int | float) and not isinstance(item, bool)
    for candidate in (item, text) if number else (text,):
        try:
            return format(candidate, spec)
        except (ValueError, TypeError, OverflowError):
            continue
    raise UsageError(f"the field {name} cannot be written as '{spec}'", hint="such as {name:<20} or {state:>10}")


def as_text(item: Any) -> str:
    """Return a field as templates and tables show it: nothing for None, JSON for what has parts."""
    if isinstance(item, str):
        return item
    if item is None:
        return ""
    return to_json(item)
