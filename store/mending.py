"""The slow path of the ingest: a page that DuckDB refuses is decoded here, record by record, and mended where it must be.

DuckDB refuses a whole file for one lone surrogate (`\\ud800`), one `NaN` or one cut record. Here each record stands alone: it
is re-encoded as JSON that DuckDB takes, and every change is reported with the record's id, the field and the reason.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineage.pages import UnreadablePage

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD_START = re.compile(r'\{\s*"_id"\s*:')
SURROGATE = re.compile(r"[\ud800-\udfff]")
VALUE_LIMIT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """One change that a record needed. `hub_id` and `model` are null where the record could not be read at all."""

    hub_id: str | None
    model: str | None
    field: str
    problem: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedPage:
    """The records of a page, each as JSON text that stands alone, and what was changed in them."""

    records: tuple[bytes, ...]
    mends: tuple[Mend, ...]


def mend_page(body: bytes) -> MendedPage:
    """Decode a page record by record and mend what DuckDB cannot take.

    Raises `UnreadablePage` when not one record can be read.
    """
    records: list[bytes] = []
    mends: list[Mend] = []
    for piece in split_records(body.decode("utf-8", errors="replace")):
        if isinstance(piece, Mend):
            mends.append(piece)
            continue
        found: list[tuple[str, str, str]] = []
        mended = _mend(piece, "record", found)
        records.append(json.dumps(mended, ensure_ascii=False, separators=(",", ":")).encode())
        mends.extend(_name(piece, fault) for fault in found)
    if mends and not records:
        raise UnreadablePage
    return MendedPage(records=tuple(records), mends=tuple(mends))


def refused(record: bytes) -> Mend:
    """Return the report of a record that the standard library reads and DuckDB does not."""
    text = record.decode("utf-8", errors="replace")
    return _name(json.loads(text), ("record", "refused by the database", text[:VALUE_LIMIT]))


def split_records(text: str) -> Iterator[object | Mend]:
    """Yield the elements of the JSON array in `text`; what cannot be decoded comes as a `Mend`, and the next record follows."""
    decoder = json.JSONDecoder(strict=False)
    position = _skip(text, 0, "[")
    while position < len(text) and text[position] != "]":
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            following = RECORD_START.search(text, position + 1)
            end = following.start() if following else len(text)
            reason = "nested too deeply" if isinstance(error, RecursionError) else "not JSON"
            yield Mend(
                hub_id=None,
                model=None,
                field="record",
                problem=reason,
                value=_printable(text[position : min(end, position + VALUE_LIMIT)]),
            )
            position = end
        else:
            yield value
        position = _skip(text, position, ",")


def _skip(text: str, position: int, mark: str) -> int:
    while position < len(text) and (text[position].isspace() or text[position] == mark):
        position += 1
    return position


def _mend(value: object, path: str, found: list[tuple[str, str, str]]) -> object:
    match value:
        case str() if SURROGATE.search(value):
            found.append((path, "lone surrogate replaced", _printable(value[:VALUE_LIMIT])))
            return _printable(value)
        case float() if not math.isfinite(value):
            found.append((path, "not a finite number; read as null", str(value)))
            return None
        case dict():
            return {str(_mend(key, f"{path} key", found)): _mend(item, f"{path}.{key}", found) for key, item in value.items()}
        case list():
            return [_mend(item, f"{path}[{index}]", found) for index, item in enumerate(value)]
        case _:
            return value


def _name(record: object, fault: tuple[str, str, str]) -> Mend:
    known = record if isinstance(record, dict) else {}
    hub_id, model = known.get("_id"), known.get("id")
    field, problem, value = fault
    return Mend(
        hub_id=_printable(hub_id) if isinstance(hub_id, str) else None,
        model=_printable(model) if isinstance(model, str) else None,
        field=_printable(field)[:200],
        problem=problem,
        value=value,
    )


def _printable(text: str) -> str:
    return SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
