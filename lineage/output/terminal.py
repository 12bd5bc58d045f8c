"""The layout of results on a terminal: a grid if it fits, otherwise one record per row, and sections for status."""

from __future__ import annotations

from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

from lineage.output.result import Result, Value, shown
from lineage.text.plain import plain, width

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


class Layout(StrEnum):
    """The layout of a table: if columns do not fit, `columns` leaves some out and `records` prints one line per value.

    `columns` first leaves out columns that are empty in every row; essential values stand below their row.
    """

    COLUMNS = "columns"
    RECORDS = "records"
    SECTIONS = "sections"


GAP: Final = "  "
INDENT: Final = "  "
WIDEST_NAME: Final = 48
NARROWEST_VALUE: Final = 20


def as_table(
    result: Result, layout: Layout, columns: int, essential: Collection[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return a table as text for a terminal of this width, and the names of the columns that were left out."""
    match layout:
        case Layout.SECTIONS:
            return as_sections(result, columns), ()
        case Layout.RECORDS if fitted(result, columns).columns != result.columns:
            return as_records(result, columns), ()
        case Layout.RECORDS | Layout.COLUMNS:
            return _as_listing(result, columns, essential)


def _as_listing(result: Result, columns: int, essential: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Return a grid of what fits, the essential columns that do not fit below each row, and the names left out."""
    if fitted(result, columns).columns == result.columns:
        return as_grid(result), ()
    places = [place for place in range(len(result.columns)) if not _is_silent(result, place)]
    kept = fitted(result.chosen(places), columns)
    shown_places = places[: len(kept.columns)]
    below_places = [place for place in places[len(shown_places) :] if result.columns[place] in essential]
    below = result.chosen(below_places)
    header, *lines = _grid(kept)
    text = f"{header}\n" + "".join(
        f"{line}\n{''.join(_listed(_told(below.columns, row), columns, INDENT))}"
        for line, row in zip(lines, below.rows, strict=True)
    )
    nowhere = set(range(len(result.columns))).difference(shown_places, below_places)
    return text, tuple(result.columns[place] for place in sorted(nowhere))


def _is_silent(result: Result, place: int) -> bool:
    """Return whether a column, other than the first, is empty in every row."""
    return place > 0 and bool(result.rows) and not any(shown(row[place]) for row in result.rows)


def _told(names: Sequence[str], row: Sequence[Value]) -> list[tuple[str, str]]:
    return [(plain(name), text) for name, value in zip(names, row, strict=True) if (text := shown(value))]


def as_grid(result: Result) -> str:
    """Return the result as columns under their names, numbers right-aligned; one line per row, no trailing spaces."""
    return "".join(f"{line}\n" for line in _grid(result))


def as_records(result: Result, columns: int) -> str:
    """Return the result as one block per row and one line per column, with texts wrapped to the terminal's width."""
    names = [plain(name) for name in result.columns]
    blocks = (
        "".join(_listed([(name, shown(value)) for name, value in zip(names, row, strict=True)], columns, ""))
        for row in result.rows
    )
    return "\n".join(blocks)


def as_lines(result: Result, columns: int) -> str:
    """Return each value of the first column as a text of its own, wrapped, the lines after its first indented."""
    parts = [
        list(wrapped(plain(str(row[0]), None), max(columns - len(INDENT), NARROWEST_VALUE))) for row in result.rows
    ]
    return "".join(f"{(chr(10) + INDENT).join(lines)}\n" for lines in parts)


def as_sections(result: Result, columns: int) -> str:
    """Return a result of section, name, value (and share) as headed lists; counts get separators, shares per cent."""
    parts: list[str] = []
    for section, rows in groupby(result.rows, key=lambda row: row[0]):
        pairs = [(shown(row[1]), _figure(*row[2:])) for row in rows]
        parts.extend(section_parts(shown(section), pairs, columns, _longest(pairs)))
    return "".join(parts)


def section_parts(heading: str, pairs: Iterable[tuple[str, str]], columns: int, longest: int) -> Iterator[str]:
    """Yield a headed list of names and values in lines; `longest` is the width of the longest name.

    That of longer names than WIDEST_NAME makes no difference.
    """
    yield from (f"{line}\n" for line in wrapped(heading, columns))
    yield from _pairs(_flowing((pair for pair in pairs if any(pair)), columns), columns, INDENT, longest)


def fitted(result: Result, columns: int) -> Result:
    """Return the result without the last columns that do not fit into the terminal's width; the first one stays."""
    used, kept = 0, 0
    for size in _widths(result):
        used += size + (len(GAP) if kept else 0)
        if kept and used > columns:
            break
        kept += 1
    return result.narrowed(kept)


def wrapped(text: str, columns: int) -> Iterator[str]:
    """Yield a plain text in lines of at most `columns` terminal columns (2 or more), broken at spaces if possible."""
    line = ""
    for word in text.split(" "):
        rest = f"{line} {word}" if line else word
        if line and width(rest) > columns:
            yield line
            rest = word
        while width(rest) > columns:
            head = _head(rest, columns)
            yield head
            rest = rest[len(head) :]
        line = rest
    yield line


def _head(text: str, columns: int) -> str:
    used = 0
    for place, character in enumerate(text):
        used += width(character)
        if used > columns and place:
            return text[:place]
    return text


def _grid(result: Result) -> Iterator[str]:
    widths = _widths(result)
    is_number = [
        any(row[place] is not None for row in result.rows) and all(_is_number(row[place]) for row in result.rows)
        for place in range(len(result.columns))
    ]
    for cells in ([plain(name) for name in result.columns], *([shown(value) for value in row] for row in result.rows)):
        padded = (
            f"{' ' * (size - width(cell))}{cell}" if right else f"{cell}{' ' * (size - width(cell))}"
            for cell, size, right in zip(cells, widths, is_number, strict=True)
        )
        yield GAP.join(padded).rstrip()


def _widths(result: Result) -> list[int]:
    return [
        max(width(plain(name)), *(width(shown(row[place])) for row in result.rows), 0)
        for place, name in enumerate(result.columns)
    ]


def _flowing(pairs: Iterable[tuple[str, str]], columns: int) -> Iterator[tuple[str, str]]:
    """Yield the pairs; one without a name is joined to the pair before it if that is wrapped anyway."""
    last: tuple[str, str] | None = None
    for name, value in pairs:
        if last is not None and not name and width("".join(last)) + len(INDENT + GAP) > columns:
            last = (last[0], f"{last[1]} {value}")
            continue
        if last is not None:
            yield last
        last = (name, value)
    if last is not None:
        yield last


def _listed(pairs: Sequence[tuple[str, str]], columns: int, indent: str) -> Iterator[str]:
    return _pairs(pairs, columns, indent, _longest(pairs))


def _longest(pairs: Iterable[tuple[str, str]]) -> int:
    return max((width(name) for name, _ in pairs), default=0)


def _pairs(pairs: Iterable[tuple[str, str]], columns: int, indent: str, longest: int) -> Iterator[str]:
    """Yield lines of names and values, the values aligned and wrapped; `longest` is the width of the longest name.

    A long name gets its own line, and so does the name of a value with a word, such as an id, that would be broken.
    """
    size = min(longest, WIDEST_NAME, columns // 2)
    for name, value in pairs:
        margin = indent + " " * size + GAP
        front = f"{indent}{name}{' ' * (size - width(name))}{GAP}"
        is_wide = max(map(width, value.split(" "))) > max(columns - len(margin), NARROWEST_VALUE)
        if is_wide:
            margin = indent + INDENT
        if is_wide or width(name) > size:
            yield f"{indent}{name}\n"
            front = margin
        for line in wrapped(value, max(columns - len(margin), NARROWEST_VALUE)):
            yield f"{front}{line}".rstrip() + "\n"
            front = margin


def _figure(value: Value, share: Value = None) -> str:
    if value is None:
        return "unknown"
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else shown(value)
    return f"{text} ({share:.1%})" if isinstance(share, float) else text


def _is_number(value: Value) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
