"""Aligned columns that fit their terminal: the least important give way first."""

from __future__ import annotations

from mngr.model.value import value
from mngr.output.structured import as_text, look_up
from mngr.output.style import PLAIN, Style, clean, cut, style_for, text_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from mngr.output.console import Console

    Row = dict[str, Any]

GAP = 2
NARROWEST = 8
FAIR = 24  # a column wider than this is shortened to it before any column is dropped
FAIR_FIRST = 32  # the same for the first column, which says what a row is


@value
class Column:
    """One column. When there is no room, columns of the highest `rank` are shortened, then dropped; rank 0 stays.

    `text` makes what is shown from a row (default: the field as it is); `colour` names its paint (see `Style.paint`).
    """

    title: str
    field: str = ""
    rank: int = 1
    right: bool = False
    least: int = NARROWEST  # columns it may be shortened to before it is dropped
    text: Callable[[Row], str] | None = None
    colour: Callable[[Row], str] | None = None

    def cell(self, row: Row) -> str:
        """Return what stands in this column of a row."""
        return clean(self.text(row) if self.text else as_text(look_up(row, self.field or self.title.lower())))


def table(
    console: Console, columns: Sequence[Column], rows: Sequence[Row], memory: dict[str, int] | None = None
) -> list[str]:
    """Return rows as lines that fit the console: on a terminal its width, in a pipe whatever they need.

    For tables drawn again and again `memory` keeps how wide columns were, by title, so that they stay where they are.
    """
    style = style_for(is_terminal=console.is_terminal, environ=console.environ)
    return table_lines(columns, rows, console.width if console.is_terminal else None, style, memory)


def table_lines(
    columns: Sequence[Column],
    rows: Sequence[Row],
    width: int | None = None,
    style: Style = PLAIN,
    memory: dict[str, int] | None = None,
) -> list[str]:
    """Return rows as aligned lines under a heading, at most `width` wide. Columns without content are left out."""
    memory = {} if memory is None else memory
    if not rows:
        return []
    cells = {column.title: [column.cell(row) for row in rows] for column in columns}
    shown = [column for column in columns if column.rank == 0 or column.title in memory or any(cells[column.title])]
    for column in shown:
        widest = max(map(text_width, (column.title, *cells[column.title])))
        memory[column.title] = max(widest, memory.get(column.title, 0))
    widths = {column.title: memory[column.title] for column in shown}
    if width is not None:
        shown = _fit(shown, widths, width)
    painted = [
        _painted(column, widths[column.title], _with_colours(column, cells[column.title], rows), style)
        for column in shown
    ]
    return [(" " * GAP).join(parts).rstrip() for parts in zip(*painted, strict=True)]


def _fit(shown: list[Column], widths: dict[str, int], width: int) -> list[Column]:
    """Shorten columns in `widths`, and drop some, until they fit: from the highest rank on, the first column last.

    Before any is dropped the very wide ones are shortened: first those that can not be dropped, the first column last.
    """
    natural = dict(widths)
    by_rank = [column for _, column in sorted(enumerate(shown), key=lambda pair: (-pair[1].rank, -pair[0]))]
    for column in sorted(by_rank, key=lambda column: (column is shown[0], column.rank > 0)):
        fair = FAIR_FIRST if column is shown[0] else FAIR
        _shorten(column, widths, fair, _total(shown, widths) - width)
    for column in by_rank:
        over = _total(shown, widths) - width
        if over <= 0:
            break
        if column.rank and widths[column.title] - over < _least(column, widths, column.least):
            shown = [other for other in shown if other is not column]
        else:
            _shorten(column, widths, column.least, over)
    for column in reversed([column for column in by_rank if column in shown]):  # what was dropped left room
        room = width - _total(shown, widths)
        widths[column.title] += max(min(natural[column.title] - widths[column.title], room), 0)
    return shown


def _least(column: Column, widths: dict[str, int], least: int) -> int:
    return min(max(least, len(column.title)), widths[column.title])


def _shorten(column: Column, widths: dict[str, int], least: int, over: int) -> None:
    spare = widths[column.title] - _least(column, widths, least)
    widths[column.title] -= max(min(spare, over), 0)


def _total(shown: list[Column], widths: dict[str, int]) -> int:
    return sum(widths[column.title] for column in shown) + GAP * (len(shown) - 1)


def _with_colours(column: Column, texts: Sequence[str], rows: Sequence[Row]) -> Iterable[tuple[str, str]]:
    """Return a column's texts, its title first, each with the name of its paint."""
    colours = [column.colour(row) for row in rows] if column.colour else [""] * len(texts)
    return zip((column.title, *texts), ("dim", *colours), strict=True)


def _painted(column: Column, width: int, cells: Iterable[tuple[str, str]], style: Style) -> list[str]:
    """Return a column as it is shown, in its width."""
    parts: list[str] = []
    for text, colour in cells:
        part = text if text.isascii() and len(text) <= width else cut(text, width)
        space = " " * (width - (len(part) if part.isascii() else text_width(part)))
        if colour:
            part = style.paint(part, colour)
        parts.append(space + part if column.right else part + space)
    return parts
