"""The layout of results on a terminal: a grid if it fits, otherwise one record per row, and sections for status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

from lineage.output.result import Result, Value, shown
from lineage.text.plain import plain, width

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownRows:
    """Rows as the texts that a person reads, and of every column: its name, width and what it holds."""

    names: tuple[str, ...]
    rows: Iterable[Sequence[str]]
    sizes: tuple[int, ...]
    are_numbers: tuple[bool, ...]
    are_silent: tuple[bool, ...]
    """Whether a column, other than the first, is empty in every row; without rows none is."""


def as_table(
    result: Result, layout: Layout, columns: int, essential: Collection[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return a table as text for a terminal of this width, and the names of the columns that were left out."""
    parts, left_out = table_parts(result.columns, result.rows, layout, columns, essential)
    return "".join(parts), left_out


def table_parts(
    names: tuple[str, ...],
    rows: Iterable[tuple[Value, ...]],
    layout: Layout,
    columns: int,
    essential: Collection[str] = (),
    keep: Callable[[Iterable[Sequence[str]]], Iterable[Sequence[str]]] = list,
) -> tuple[Iterator[str], tuple[str, ...]]:
    """Return the pieces of a table, each of whole lines, and the names of the columns that were left out.

    The rows are read at once, since the widest of them says how wide a column is; `keep` takes their texts, which hold
    no control characters, and returns them to be read once more.
    """
    if layout is Layout.SECTIONS:
        return iter((as_sections(Result(columns=names, rows=tuple(rows)), columns),)), ()
    table = _shown_rows(names, rows, keep)
    every = range(len(names))
    if _count_fitting(table, every, columns) == len(names):
        return _grid(table, every), ()
    if layout is Layout.RECORDS:
        return _records(table, columns), ()
    return _listing(table, columns, essential)


def _shown_rows(
    names: tuple[str, ...],
    rows: Iterable[tuple[Value, ...]],
    keep: Callable[[Iterable[Sequence[str]]], Iterable[Sequence[str]]],
) -> _ShownRows:
    sizes = [width(plain(name)) for name in names]
    kinds: list[set[bool]] = [set() for _ in names]  # whether the values that are not None are numbers
    are_silent = [place > 0 for place in range(len(names))]
    seen: list[bool] = []

    def shown_row(row: tuple[Value, ...]) -> list[str]:
        seen[:] = [True]
        texts = list(map(shown, row))
        for place, (value, text) in enumerate(zip(row, texts, strict=True)):
            if value is None:
                continue
            kinds[place].add(_is_number(value))
            if text:
                are_silent[place] = False
                sizes[place] = max(sizes[place], width(text))
        return texts

    kept = keep(map(shown_row, rows))
    return _ShownRows(
        names=names,
        rows=kept,
        sizes=tuple(sizes),
        are_numbers=tuple(kind == {True} for kind in kinds),
        are_silent=tuple(is_silent and bool(seen) for is_silent in are_silent),
    )


def _count_fitting(table: _ShownRows, places: Sequence[int], columns: int) -> int:
    """Return how many of the columns at these places, from the first, fit into a width; the first one always does."""
    used, count = 0, 0
    for place in places:
        used += table.sizes[place] + (len(GAP) if count else 0)
        if count and used > columns:
            break
        count += 1
    return count


def _listing(table: _ShownRows, columns: int, essential: Collection[str]) -> tuple[Iterator[str], tuple[str, ...]]:
    """Return a grid of what fits, the essential columns that do not fit below each row, and the names left out."""
    telling = [place for place, is_silent in enumerate(table.are_silent) if not is_silent]
    fitting = _count_fitting(table, telling, columns)
    beside, below = telling[:fitting], [place for place in telling[fitting:] if table.names[place] in essential]
    nowhere = set(range(len(table.names))).difference(beside, below)
    return _grid(table, beside, below, columns), tuple(table.names[place] for place in sorted(nowhere))


def _grid(table: _ShownRows, places: Sequence[int], below: Sequence[int] = (), columns: int = 0) -> Iterator[str]:
    """Yield columns under their names, numbers right-aligned, and what stands below each row; no trailing spaces."""
    layout = [(place, table.sizes[place], table.are_numbers[place]) for place in places]
    yield _line([plain(name) for name in table.names], layout)
    for texts in table.rows:
        told = [(plain(table.names[place]), texts[place]) for place in below if texts[place]]
        yield _line(texts, layout) + "".join(_listed(told, columns, INDENT))


def _line(texts: Sequence[str], layout: Iterable[tuple[int, int, bool]]) -> str:
    cells = []
    for place, size, is_right in layout:
        space = " " * (size - width(texts[place]))
        cells.append(space + texts[place] if is_right else texts[place] + space)
    return f"{GAP.join(cells).rstrip()}\n"


def _records(table: _ShownRows, columns: int) -> Iterator[str]:
    """Yield one block per row and one line per column, with texts wrapped to the terminal's width."""
    names = [plain(name) for name in table.names]
    gap = ""
    for texts in table.rows:
        yield gap + "".join(_listed(list(zip(names, texts, strict=True)), columns, ""))
        gap = "\n"


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
