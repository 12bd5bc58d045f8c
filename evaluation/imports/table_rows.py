"""Rows of a table from CSV, JSON lines or parquet, one at a time with their place in the file, and their cells.

CSV is UTF-8 (a byte order mark is accepted) with commas and a header; a JSON line is one object. A row that cannot be
read is refused with its line; in parquet, rows are counted from 1. A cell is a text, a number, a count or a time, or
there is a reason why not.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from evaluation.errors import ImportRefused
from evaluation.json_node import LARGEST_FILE_BYTES, LARGEST_TEXT
from lineage.errors import LineageError
from store.ingest import parquet_reader as tabular

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

LARGEST_COUNT: Final = 2**31 - 1
LARGEST_PROMPT: Final = 1 << 20
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class CellFault(ValueError):
    """A cell does not hold what its column says."""


def text_of(value: object, column: str) -> str | None:
    """Return a cell as a text of at most 500 visible characters; None where it is empty. Raises CellFault."""
    if value is None:
        return None
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        raise CellFault(f"{column} is no text")
    text = str(value).strip() if isinstance(value, str) or abs(value) <= LARGEST_COUNT else ""
    if len(text) > LARGEST_TEXT:
        raise CellFault(f"{column} is longer than {LARGEST_TEXT} characters")
    if not text.isprintable():
        raise CellFault(f"{column} has control characters or other invisible ones: {text!r}")
    return text or None


def prompt_of(value: object, column: str) -> str | None:
    """Return a cell as a text of any lines, as it is, or None where it is empty. Raises CellFault."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise CellFault(f"{column} is no text")
    if len(value) > LARGEST_PROMPT:
        raise CellFault(f"{column} is longer than {LARGEST_PROMPT:,} characters")
    return value


def number_of(value: object, column: str) -> float | None:
    """Return a cell as a finite number, or None where it is empty. Raises CellFault."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if not _NUMBER.fullmatch(stripped := value.strip()):
            raise CellFault(f"{column} {value!r} is no number")
        number = float(stripped)
    elif isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CellFault(f"{column} {value!r} is no number")
    elif isinstance(value, int) and abs(value) > LARGEST_COUNT:
        raise CellFault(f"{column} is no number that a score can have")
    else:
        number = float(value)
    if not math.isfinite(number):
        raise CellFault(f"{column} {value!r} is no finite number")
    return number


def count_of(value: object, column: str, lowest: int) -> int | None:
    """Return a cell as a whole number of at least `lowest`, or None where it is empty. Raises CellFault."""
    number = number_of(value, column)
    if number is None:
        return None
    if not number.is_integer() or not lowest <= number <= LARGEST_COUNT:
        raise CellFault(f"{column} {value!r} is no whole number of {lowest} or more")
    return int(number)


def moment_of(value: object, column: str) -> datetime | None:
    """Return a cell as a moment in UTC, or None where it is empty. Raises CellFault, for a time without a zone too."""
    if value is None or value == "":
        return None
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise CellFault(f"{column} {value!r} is no ISO 8601 time like 2026-01-31T12:00:00Z") from error
    if not isinstance(moment, datetime):
        raise CellFault(f"{column} {value!r} is no time")
    if moment.tzinfo is None:
        raise CellFault(f"{column} {value!r} says no zone; write it like 2026-01-31T12:00:00Z")
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise CellFault(f"{column} {value!r} is no time that can be kept") from error


PARQUET_MAGIC: Final = b"PAR1"
MARK: Final = b"\xef\xbb\xbf"
LARGEST_LINE: Final = 4 << 20
Row: TypeAlias = tuple[int, tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """The columns of a file and its rows, each with its number; `unit` is what the number counts: line or row."""

    path: Path
    columns: tuple[str, ...]
    rows: Iterator[Row]
    unit: str

    def refuse(self, number: int, problem: str, hint: str | None = None) -> ImportRefused:
        """Return the error that names a place in the file."""
        return ImportRefused(self.path, f"{self.unit} {number:,}", problem, hint)


def open_table(path: Path, known_beside: Callable[[Collection[str]], tuple[str, ...]]) -> ScoreTable:
    """Open a file as a table; its format is told by its first bytes. Raises ImportRefused.

    The columns are those of the header. JSON lines have none: theirs are all that may stand beside the keys of the
    first object, and an object with another key is refused.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ImportRefused(path, None, f"larger than {LARGEST_FILE_BYTES >> 30} GiB")
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise ImportRefused(path, None, f"cannot be read: {error.strerror}") from error
    if head.startswith(PARQUET_MAGIC):
        return _parquet(path)
    if head.removeprefix(MARK).lstrip().startswith(b"{"):
        return _json(path, known_beside)
    return _csv(path)


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file with their ends; raises ImportRefused for other bytes and endless lines."""
    number = 0
    try:
        with path.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as stream:
            while line := stream.readline(LARGEST_LINE):
                number += 1
                if len(line) >= LARGEST_LINE:
                    raise ImportRefused(path, f"line {number:,}", f"longer than {LARGEST_LINE:,} characters")
                yield line
    except UnicodeDecodeError as error:
        raise ImportRefused(path, f"line {number + 1:,} or after", "these bytes are not UTF-8") from error
    except OSError as error:
        raise ImportRefused(path, None, f"cannot be read: {error.strerror}") from error


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield number and object of every line that is not blank. Raises ImportRefused for the first that is no object."""
    for number, line in enumerate(lines_of(path), start=1):
        if line.isspace():
            continue
        try:
            read = json.loads(line, parse_constant=_refuse_constant, object_pairs_hook=_unique)
        except RecursionError as error:
            raise ImportRefused(path, f"line {number:,}", "no JSON: nested too deeply") from error
        except ValueError as error:
            raise ImportRefused(path, f"line {number:,}", f"no JSON: {error}") from error
        if not isinstance(read, dict):
            raise ImportRefused(path, f"line {number:,}", "no JSON object")
        yield number, read


def _json(path: Path, known_beside: Callable[[Collection[str]], tuple[str, ...]]) -> ScoreTable:
    first = next(json_objects(path), None)
    known = known_beside(first[1] if first is not None else ())
    return ScoreTable(path=path, columns=known, rows=_json_rows(path, known), unit="line")


def _json_rows(path: Path, known: tuple[str, ...]) -> Iterator[Row]:
    columns = frozenset(known)
    for number, read in json_objects(path):
        if not columns.issuperset(read):
            unknown = min(read.keys() - columns)
            raise ImportRefused(path, f"line {number:,}", f"unknown column {unknown!r}; known are {', '.join(known)}")
        yield number, tuple(map(read.get, known))


def _csv(path: Path) -> ScoreTable:
    rows = _csv_rows(path)
    header = next(rows, None)
    if header is None:
        raise ImportRefused(path, None, "the file is empty")
    columns = tuple(str(name).strip() for name in header[1])
    return ScoreTable(path=path, columns=columns, rows=_checked(path, rows, len(columns)), unit="line")


def _csv_rows(path: Path) -> Iterator[Row]:
    reader = csv.reader(lines_of(path), strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, tuple(cells)
    except csv.Error as error:
        raise ImportRefused(path, f"line {reader.line_num:,}", f"no CSV: {error}") from error


def _checked(path: Path, rows: Iterator[Row], count: int) -> Iterator[Row]:
    for number, cells in rows:
        if len(cells) != count:
            problem = f"{len(cells)} cells where the header has {count}"
            raise ImportRefused(
                path, f"line {number:,}", problem, "separate cells by commas, quote cells that hold one"
            )
        yield number, cells


def _parquet(path: Path) -> ScoreTable:
    try:
        columns = tabular.column_names(path)
    except LineageError as error:
        raise ImportRefused(path, None, f"no readable parquet: {error}") from error
    return ScoreTable(path=path, columns=columns, rows=_parquet_rows(path), unit="row")


def _parquet_rows(path: Path) -> Iterator[Row]:
    number = 0
    try:
        for batch in tabular.row_batches(path):
            for cells in batch:
                number += 1
                yield number, cells
    except LineageError as error:
        raise ImportRefused(path, f"row {number + 1:,} or after", f"no readable parquet: {error}") from error


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a key is given twice")
    return read
