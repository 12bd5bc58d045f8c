"""What a command answers: named columns and rows, and the forms in which they can be written for programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import date, datetime

from lineage.text import csv_cell, plain

Value = object


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Named columns and rows of plain Python values; null where nothing is known."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def narrowed(self, columns: int) -> Answer:
        """Return the first so many columns, for a screen; the other forms always have all."""
        return Answer(columns=self.columns[:columns], rows=tuple(row[:columns] for row in self.rows))


def as_csv(answer: Answer) -> str:
    """Return the answer as CSV with a header; lists are joined by `; `, null is empty, formulas are disarmed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([csv_cell(shown(value)) if value is not None else "" for value in row] for row in answer.rows)
    return out.getvalue()


def as_json(answer: Answer) -> str:
    """Return the answer as a JSON array of objects, one a row; times are ISO 8601 in UTC."""
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return json.dumps(rows, default=_plain_value, ensure_ascii=True, indent=1)


def shown(value: Value) -> str:
    """Return a value as one line for a person: control and direction characters made harmless, null as an empty text."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}"
        case list() | tuple():
            return "; ".join(shown(item) for item in value)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case _:
            return plain(str(value))


def _plain_value(value: Value) -> Value:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
