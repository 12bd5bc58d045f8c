"""The result of a command: named columns and rows, and the formats in which programs can read them."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from lineage.text.plain import csv_cell, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Value = object


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Named columns and rows of plain Python values; None if a value is unknown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

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

    def narrowed(self, columns: int) -> Result:
        """Return only the first columns, for a screen; the other formats always have all of them."""
        return Result(columns=self.columns[:columns], rows=tuple(row[:columns] for row in self.rows))


def as_csv(result: Result) -> str:
    """Return the result as CSV with a header, for spreadsheets.

    Lists are joined by `; `, None is empty, times are ISO 8601, and a cell that starts like a formula gets a leading
    apostrophe. A cell is one line: line ends become spaces and hidden characters U+FFFD. JSON keeps every text
    unchanged.
    """
    return "".join(csv_parts(result.columns, result.rows))


def csv_parts(columns: tuple[str, ...], rows: Iterable[tuple[Value, ...]]) -> Iterator[str]:
    """Yield the output of `as_csv` in lines."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(csv_cell(plain(column, None)) for column in columns)
    for row in rows:
        writer.writerow([csv_cell(_cell(value)) for value in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def as_json(result: Result) -> str:
    """Return the result as a JSON array of objects, one per row, in ASCII.

    Times are ISO 8601, bytes hexadecimal, decimals numbers; numbers that JSON cannot represent (NaN, infinity) become
    null. Repeated column names become `name_1`, `name_2`...
    """
    return "".join(json_parts(result.columns, result.rows))


def json_parts(columns: tuple[str, ...], rows: Iterable[tuple[Value, ...]]) -> Iterator[str]:
    """Yield the output of `as_json` in pieces."""
    encoder = json.JSONEncoder(ensure_ascii=True, allow_nan=False, indent=1)
    names = _distinct(columns)
    between = "[\n"
    for row in rows:
        record = {name: _json_value(value) for name, value in zip(names, row, strict=True)}
        yield between + encoder.encode([record])[2:-2]
        between = ",\n"
    yield "[]" if between == "[\n" else "\n]"


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


def _json_value(value: Value) -> Value:
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return float(value) if math.isfinite(value) else None
        case list() | tuple():
            return [_json_value(item) for item in value]
        case dict():
            return {str(key): _json_value(item) for key, item in value.items()}
        case _:
            return _text(value)


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
