"""Writes results as was asked for: for people, as JSON, as JSON lines, or by a template."""

from __future__ import annotations

from mngr.model.errors import UserError
from mngr.output.structured import check_fields, field_names, parse_template, to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from mngr.output.console import Console

    Row = dict[str, Any]
    Lines = Callable[[], Iterable[str]]


def emit(console: Console, rows: Sequence[Row], *, human: Lines, fields: Iterable[str] = ()) -> None:
    """Write results, a row each. `human` gives the lines for people, `fields` adds to the command's."""
    if console.options.format == "json":
        _write(console, [to_json(list(rows), indent=2)])
    elif console.options.format == "human":
        _write(console, human())
    else:
        _write(console, lines_of(console, rows, fields))


def emit_one(console: Console, row: Row, *, human: Lines, fields: Iterable[str] = ()) -> None:
    """Write the one result of a command: a single object in JSON."""
    if console.options.format == "json":
        _write(console, [to_json(row, indent=2)])
    else:
        emit(console, [row], human=human, fields=fields)


def emit_line(console: Console, row: Row, *, human: Lines, fields: Iterable[str] = ()) -> None:
    """Write one result of a stream at once: a line of JSON for both JSON formats."""
    if console.options.format == "json":
        _write(console, [to_json(row)])
    else:
        emit(console, [row], human=human, fields=fields)
    console.stdout.flush()


def lines_of(console: Console, rows: Sequence[Row], fields: Iterable[str] = ()) -> list[str]:
    """Return results as JSON lines, or by the template. Raises UsageError for unknown fields."""
    if console.options.format == "jsonl":
        return [to_json(row) for row in rows]
    template = parse_template(console.options.format)
    check_fields(template, (*field_names(rows), *console.fields, *fields) if rows else ())
    return [template.line(row, clean=console.is_terminal) for row in rows]


def _write(console: Console, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    try:
        console.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"standard output: {error.strerror}") from error
