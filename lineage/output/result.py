"""The result of a command: named columns and rows, and the formats in which programs and notebooks can read them."""

from __future__ import annotations

import io
import json
import math
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Final

from lineage.errors import MissingPackage
from lineage.text.counts import number_of
from lineage.text.plain import csv_cell, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa

Value = object
NOTEBOOK_ROWS: Final = 50
"""How many rows of a table a notebook shows."""
_LONG_WORDS: Final = 60
_ROWS_TOGETHER: Final = 256
_CONSTANTS: Final = {None: "null", True: "true", False: "false"}
_FREQUENT: Final[dict[type, Callable[[Any], str]]] = {
    str: encode_basestring_ascii,
    type(None): _CONSTANTS.__getitem__,
    bool: _CONSTANTS.__getitem__,
    int: int.__repr__,
    float: lambda value: float.__repr__(value) if math.isfinite(value) else "null",
}
"""How to write the values of these exact types as JSON, which nearly all are."""


class Tabular(ABC):
    """Columns and rows that Arrow, pandas and polars can take over, and that a notebook shows as a table."""

    __slots__ = ()

    @abstractmethod
    def _read_arrow(self) -> pa.Table:
        """Return all rows; pyarrow is installed."""

    @abstractmethod
    def first_rows(self, most: int) -> tuple[Result, str]:
        """Return at most so many rows, and how many there are in words."""

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table; raises MissingPackage without pyarrow."""
        try:
            import pyarrow  # noqa: F401, ICN001 - what reads the rows needs it
        except ImportError as error:
            raise MissingPackage("pyarrow", "to_arrow") from error
        return self._read_arrow()

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas frame; raises MissingPackage without pandas and pyarrow."""
        try:
            import pandas  # noqa: F401, ICN001 - pyarrow needs it
            import pyarrow  # noqa: F401, ICN001 - what reads the rows needs it
        except ImportError as error:
            raise MissingPackage("pandas pyarrow", "to_pandas") from error
        return self._read_arrow().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """Return a polars frame; raises MissingPackage without polars and pyarrow."""
        try:
            import polars  # noqa: ICN001 - not called so often that it needs a short name
            import pyarrow  # noqa: F401, ICN001 - what reads the rows needs it
        except ImportError as error:
            raise MissingPackage("polars pyarrow", "to_polars") from error
        frame = polars.from_arrow(self._read_arrow())
        return frame if isinstance(frame, polars.DataFrame) else frame.to_frame()

    def _repr_html_(self) -> str:
        """Return the first rows as the table that notebooks show, with every text escaped."""
        first, count = self.first_rows(NOTEBOOK_ROWS)
        return _as_html(first, count)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Result(Tabular):
    """Named columns and rows of plain Python values; None if a value is unknown.

    `note` is a sentence on the rows as a whole, which notebooks show below them; empty if there is none. `for_people`
    are the same rows as a notebook shows them, where people read other figures than programs; None if it shows these.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""
    for_people: Result | None = None

    def __repr__(self) -> str:
        return f"<Result: {number_of(len(self.rows), 'row')} of {', '.join(plain(name) for name in self.columns)}>"

    def records(self) -> list[dict[str, Value]]:
        """Return each row as a dictionary; repeated column names become `name_1`, `name_2`..."""
        names = _distinct(self.columns)
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def chosen(self, places: Sequence[int]) -> Result:
        """Return the columns at these positions, in the order of the positions."""
        return Result(
            columns=tuple(self.columns[place] for place in places),
            rows=tuple(tuple(row[place] for place in places) for row in self.rows),
        )

    def _read_arrow(self) -> pa.Table:
        import pyarrow as pa

        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.columns)
        return pa.Table.from_arrays([_arrow_column(column) for column in columns], names=_distinct(self.columns))

    def first_rows(self, most: int) -> tuple[Result, str]:
        """Return at most so many rows, and how many there are in words."""
        left_out = f"; the first {most} are shown" if len(self.rows) > most else ""
        count = f"{number_of(len(self.rows), 'row')}{left_out}"
        told = self if self.for_people is None else self.for_people
        return Result(columns=told.columns, rows=told.rows[:most]), ". ".join(
            filter(None, (count, _capitalised(self.note)))
        )


def _capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def csv_parts(columns: tuple[str, ...], rows: Iterable[tuple[Value, ...]]) -> Iterator[str]:
    """Yield rows as CSV with a header, for spreadsheets, in lines.

    Lists are joined by `; `, None is empty, times are ISO 8601, and a cell that starts like a formula gets a leading
    apostrophe. A cell is one line: line ends become spaces and hidden characters U+FFFD. JSON keeps every text
    unchanged.
    """
    write = csv_writer()
    yield write(columns)
    yield from map(write, rows)


def csv_writer() -> Callable[[tuple[Value, ...]], str]:
    """Return what turns a row, or the names of the columns, into a line of `csv_parts`."""
    out = io.StringIO()
    import csv  # most answers are no CSV

    writer = csv.writer(out, lineterminator="\n")

    def write(row: tuple[Value, ...]) -> str:
        writer.writerow([csv_cell(_cell(value)) for value in row])
        line = out.getvalue()
        out.seek(0)
        out.truncate()
        return line

    return write


def as_json(result: Result) -> str:
    """Return the result as a JSON array of objects, one per row, in ASCII.

    Times are ISO 8601, bytes hexadecimal, decimals numbers; numbers that JSON cannot represent (NaN, infinity) become
    null. Repeated column names become `name_1`, `name_2`...
    """
    return "".join(json_parts(result.columns, result.rows))


def json_parts(columns: tuple[str, ...], rows: Iterable[tuple[Value, ...]], depth: int = 0) -> Iterator[str]:
    """Yield the output of `as_json` in pieces, as it stands `depth` levels deep in other JSON.

    Rows that are still to be read are written one by one as they come.
    """
    is_read = bool(columns) and isinstance(rows, tuple)
    return json_array(_json_objects(columns, rows, depth) if is_read else map(json_writer(columns, depth), rows), depth)


def _json_objects(columns: tuple[str, ...], rows: Iterable[tuple[Value, ...]], depth: int) -> Iterator[str]:
    """Yield what a `json_writer` writes of each row. Some rows are taken together: most columns have one type."""
    pad = " " * depth
    names = [f"{pad}  {json.dumps(name)}: ".replace("%", "%%") + "%s" for name in _distinct(columns)]
    template = f",\n{pad} {_enclosed('{}', names, depth + 1)}"
    rest = iter(rows)
    while some := tuple(islice(rest, _ROWS_TOGETHER)):
        texts = [_json_column(values, depth + 2) for values in zip(*some, strict=True)]
        yield from map(template.__mod__, zip(*texts, strict=True))


def _json_column(values: tuple[Any, ...], depth: int) -> Iterable[str]:
    """Return the values of a column as JSON; those of a frequent type without a look at each one's type."""
    kinds = set(map(type, values))
    kind = kinds.pop()
    if kinds or kind not in _FREQUENT:
        return [
            indented(each, depth) if (quick := _FREQUENT.get(type(each))) is None else quick(each) for each in values
        ]
    is_plain = kind is float and all(map(math.isfinite, values))
    return map(float.__repr__ if is_plain else _FREQUENT[kind], values)


def json_writer(columns: tuple[str, ...], depth: int = 0) -> Callable[[tuple[Value, ...]], str]:
    """Return what turns a row into the object that `json_array` takes at the same depth."""
    pad = " " * depth
    names = [f"{pad}  {json.dumps(name)}: " for name in _distinct(columns)]

    def write(row: tuple[Value, ...]) -> str:
        fields = []
        for name, value in zip(names, row, strict=True):
            quick = _FREQUENT.get(type(value))
            fields.append(name + (indented(value, depth + 2) if quick is None else quick(value)))
        return f",\n{pad} {_enclosed('{}', fields, depth + 1)}"

    return write


def json_array(objects: Iterable[str], depth: int = 0) -> Iterator[str]:
    """Yield an array in pieces; `objects` are what a `json_writer` wrote, any number of them together."""
    is_first = True
    for text in filter(None, objects):
        yield f"[{text[1:]}" if is_first else text
        is_first = False
    yield "[]" if is_first else f"\n{' ' * depth}]"


def known(value: float | None) -> float | None:
    """Convert a number from an array to a result value: NaN, which means unknown in arrays, becomes None."""
    return None if value is None or math.isnan(value) else float(value)


def in_points(share: float | None) -> float | None:
    """Convert a share of a range, 0 to 1, to percentage points; None if it is unknown."""
    value = known(share)
    return None if value is None else value * 100


def shown(value: Value) -> str:
    """Return a value as one line for a person: hidden characters become visible, None an empty text."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}" if abs(value) < 1e4 or not math.isfinite(value) else f"{value:.0f}"  # noqa: PLR2004 - where %g turns to exponents
        case list() | tuple():
            return "; ".join(shown(item) for item in value)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case _:
            return plain(str(value))


def _as_html(result: Result, count: str) -> str:
    head = "".join(_html_cell("th", name, name) for name in result.columns)
    body = "\n".join(
        f"<tr>{''.join(_html_cell('td', value, shown(value)) for value in row)}</tr>" for row in result.rows
    )
    table = f'<table class="dataframe">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>'
    from html import escape

    return f'<div style="overflow: auto; max-height: 36em">\n{table}\n</div>\n<p>{escape(count)}</p>'


def _html_cell(tag: str, value: Value, words: str) -> str:
    """Return an escaped cell: numbers stand on the right, short texts on one line, long ones in a wide column."""
    from html import escape  # for notebooks alone

    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    words = plain(words)
    space = "white-space: nowrap" if len(words) <= _LONG_WORDS else "min-width: 30em"
    side = "right" if is_number else "left"
    return f'<{tag} style="text-align: {side}; vertical-align: top; {space}">{escape(words)}</{tag}>'


def _arrow_column(values: Sequence[Value]) -> pa.Array:
    """Return values as an Arrow array; as one of texts, as in CSV, if they are of several types."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, UnicodeError):
        return pa.array([None if value is None else _cell(value) for value in values], pa.string())


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return "; ".join(_cell(item) for item in value)
        case _:
            return plain(_text(value), None)


def _text(value: Value) -> str:
    match value:
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            return str(value)


def indented(value: Value, depth: int = 0) -> str:
    """Return a value as JSON, indented by one space a level, in a third of the time of Python's own encoder.

    A Result is an array of objects, as `as_json` writes it.
    """
    pad = " " * (depth + 1)
    match value:
        case str():
            return encode_basestring_ascii(value)
        case Result():
            return "".join(json_parts(value.columns, value.rows, depth))
        case list() | tuple():
            return _enclosed("[]", [f"{pad}{indented(item, depth + 1)}" for item in value], depth)
        case dict():
            named = {str(key): item for key, item in value.items()}
            lines = [f"{pad}{json.dumps(key)}: {indented(item, depth + 1)}" for key, item in named.items()]
            return _enclosed("{}", lines, depth)
        case _:
            return _scalar(value)


def indented_parts(value: Value, depth: int = 0) -> Iterator[str]:
    """Yield the output of `indented` in pieces: what lists and dictionaries hold one by one, Results by rows."""
    pad = " " * (depth + 1)
    match value:
        case Result():
            yield from json_parts(value.columns, value.rows, depth)
        case list() | tuple() if value:
            for place, item in enumerate(value):
                yield f"{',' if place else '['}\n{pad}"
                yield from indented_parts(item, depth + 1)
            yield f"\n{' ' * depth}]"
        case dict() if value:
            for place, (key, item) in enumerate({str(key): item for key, item in value.items()}.items()):
                yield f"{',' if place else '{'}\n{pad}{json.dumps(key)}: "
                yield from indented_parts(item, depth + 1)
            yield f"\n{' ' * depth}}}"
        case _:
            yield indented(value, depth)


def _scalar(value: Value) -> str:
    match value:
        case None | bool():
            return _CONSTANTS[value]
        case int():
            return int.__repr__(value)
        case float() | Decimal():
            return float.__repr__(float(value)) if math.isfinite(value) else "null"
        case _:
            return json.dumps(_text(value))


def _enclosed(brackets: str, lines: Sequence[str], depth: int) -> str:
    """Return lines between brackets, or the brackets alone if there are none."""
    if not lines:
        return brackets
    inner = ",\n".join(lines)
    return f"{brackets[0]}\n{inner}\n{' ' * depth}{brackets[1]}"


def _distinct(names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    seen: Counter[str] = Counter()
    for name in names:
        distinct = name
        while distinct in found or (distinct != name and distinct in names):
            seen[name] += 1
            distinct = f"{name}_{seen[name]}"
        found.append(distinct)
    return found
