"""What commands show: texts and tables, and how they look on a console, as CSV and as text. Pure."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_RULE: Final = "---"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title; numbers stand at the right."""

    title: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titles. `tall`: on a console every row is a list of items, with a rule between rows."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    tall: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text (or several)."""

    text: str


Part = Table | Text
RULE: Final = (_RULE, _RULE)


def table(titles: str, rows: Iterable[Sequence[object]], *, right: str = "") -> Table:
    """A plain table. Titles are separated by `|`; `right` names those of numbers."""
    return Table(_columns(titles, right), _cells(rows))


def listing(titles: str, rows: Iterable[Sequence[object]]) -> Table:
    """A table with many columns, shown row after row on a console."""
    return Table(_columns(titles, ""), _cells(rows), tall=True)


def items(rows: Iterable[Sequence[object]]) -> Table:
    """One thing, item by item."""
    return table("Item|Value", rows)


def _columns(titles: str, right: str) -> tuple[Column, ...]:
    numbers = right.split("|") if right else ()
    return tuple(Column(title, title in numbers) for title in titles.split("|"))


def _cells(rows: Iterable[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(str(cell) for cell in row) for row in rows)


# --- on a console ------------------------------------------------------------------------------------------


def show(part: Part, *, as_csv: bool) -> list[str]:
    """The lines to print."""
    if isinstance(part, Text):
        return part.text.split("\n")
    return _show_csv(part) if as_csv else _show_table(_flatten(part) if part.tall else part)


def _flatten(wide: Table) -> Table:
    rows: list[tuple[str, ...]] = []
    for number, row in enumerate(wide.rows):
        rows += [RULE] if number else []
        rows += [(column.title, cell) for column, cell in zip(wide.columns, row, strict=True)]
    return Table(_columns("Item|Value", ""), tuple(rows))


def _show_table(plain: Table) -> list[str]:
    titles = tuple(column.title for column in plain.columns)
    lines = [titles, *plain.rows]
    widths = [max(width(line[at]) for line in lines) for at in range(len(titles))]
    rule = "+".join("-" * size for size in widths)
    shown = [_show_row(plain.columns, widths, titles), rule]
    for row in plain.rows:
        is_rule = all(cell == _RULE for cell in row)
        shown.append(rule if is_rule else _show_row(plain.columns, widths, row))
    return shown


def _show_row(columns: Sequence[Column], widths: Sequence[int], row: Sequence[str]) -> str:
    cells = []
    for at, cell in enumerate(row):
        blanks = " " * (widths[at] - width(cell))
        cells.append(blanks + cell if columns[at].right else cell + blanks)
    return "|".join(cells).rstrip(" ")


def width(text: str) -> int:
    """How many cells of a console the text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _show_csv(plain: Table) -> list[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.title for column in plain.columns])
    writer.writerows(plain.rows)
    return text.getvalue().removesuffix("\n").split("\n")


# --- help --------------------------------------------------------------------------------------------------


def wrap(text: str, indent: int = 0, size: int = 79) -> list[str]:
    """Lines of at most `size` cells; the first has no indent, so that it can follow a title."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and indent + width(line) + 1 + width(word) > size:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def show_list(entries: Sequence[tuple[str, str]]) -> list[str]:
    """Names with what they are, the explanations in one column."""
    longest = max((width(name) for name, _ in entries), default=0)
    shown: list[str] = []
    for name, text in entries:
        first, *rest = wrap(text, longest + 4)
        shown.append(f" {name}{' ' * (longest - width(name))} - {first}")
        shown += [" " * (longest + 4) + line for line in rest]
    return shown
