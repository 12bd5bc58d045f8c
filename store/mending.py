r"""The slow path of the ingest: a page that DuckDB refuses is decoded here, record by record, and mended where it must be.

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
LONE_ESCAPE = re.compile(
    r"""(?<!\\)((?:\\\\)*)                                     # an even number of backslashes, then either
        (?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})   # a pair, which is left alone,
          |(\\u[dD][89a-fA-F][0-9a-fA-F]{2}))                 # or half of one""",
    re.VERBOSE,
)
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
    """Split a page into its records and mend what DuckDB cannot take.

    Raises `UnreadablePage` when not one record can be read.
    """
    records: list[bytes] = []
    mends: list[Mend] = []
    for piece in split_records(body.decode("utf-8", errors="replace")):
        if isinstance(piece, Mend):
            mends.append(piece)
            continue
        text, value = piece
        found = list(_faults(value))
        mends.extend(_name(value, fault) for fault in found)
        records.append((_mended(text, value) if found else text).encode(errors="replace"))
    if mends and not records:
        raise UnreadablePage
    return MendedPage(records=tuple(records), mends=tuple(mends))


def refused(record: bytes) -> Mend:
    """Return the report of a record that stands alone and that DuckDB refuses all the same."""
    text = record.decode("utf-8", errors="replace")
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return _name(value, ("record", "refused by the database", text[:VALUE_LIMIT]))


def split_records(text: str) -> Iterator[tuple[str, object] | Mend]:
    """Yield the elements of the JSON array in `text`, as written and decoded.

    What is no JSON comes as a `Mend`, and the next record follows. An element that is nested too deeply to be decoded
    comes with null in place of its value.
    """
    decoder = json.JSONDecoder(strict=False)
    position = _skip(text, 0, "[")
    while position < len(text) and text[position] != "]":
        following = RECORD_START.search(text, position + 1)
        rest = following.start() if following else len(text)
        try:
            value, end = decoder.raw_decode(text, position)
            yield text[position:end], value
        except RecursionError:
            end = rest
            yield text[position:end].rstrip().rstrip("]" if following is None else ",").rstrip(), None
        except ValueError:
            end = rest
            lost = _printable(text[position : min(end, position + VALUE_LIMIT)])
            yield Mend(hub_id=None, model=None, field="record", problem="not JSON", value=lost)
        position = _skip(text, end, ",")


def _skip(text: str, position: int, mark: str) -> int:
    while position < len(text) and (text[position].isspace() or text[position] == mark):
        position += 1
    return position


def _faults(record: object) -> Iterator[tuple[str, str, str]]:
    """Yield field, problem and value of everything in a record that DuckDB refuses."""
    pending: list[tuple[str, object]] = [("record", record)]
    while pending:
        path, value = pending.pop()
        match value:
            case str() if SURROGATE.search(value):
                yield path, "lone surrogate replaced", _printable(value[:VALUE_LIMIT])
            case float() if not math.isfinite(value):
                yield path, "not a finite number; read as null", str(value)
            case dict():
                pending.extend((f"{path}.{key}"[:VALUE_LIMIT], item) for key, item in value.items())
                pending.extend((path, key) for key in value if SURROGATE.search(key))
            case list():
                pending.extend((f"{path}[{index}]"[:VALUE_LIMIT], item) for index, item in enumerate(value))
            case _:
                pass


def _mended(text: str, value: object) -> str:
    """Return a record's text without lone surrogates; one with NaN or Infinity is written anew without them."""
    text = SURROGATE.sub("\N{REPLACEMENT CHARACTER}", LONE_ESCAPE.sub(_keep_pairs, text))
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except ValueError:
        return _printable(json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":")))
    return text


def _keep_pairs(match: re.Match[str]) -> str:
    return match.group(1) + (match.group(2) or "\\ufffd")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _finite(value: object) -> object:
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list():
            return [_finite(item) for item in value]
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
