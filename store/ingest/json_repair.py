r"""The slow path of the ingest: decode and repair, record by record, a page that DuckDB refuses.

DuckDB refuses a whole file for one lone surrogate (`\\ud800`), one raw control character or one truncated record. Here
each record is handled alone: its text is repaired if necessary, and every change is reported with the record's id, the
field and the reason. The text is changed in place and never rewritten, so that readable parts stay as the Hub wrote
them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lineage.crawl_records import UnreadablePage

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD_START = re.compile(r'\{\s*"_id"\s*:')
ELEMENT_PARTS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
TEXT_OR_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"|-?\bInfinity\b|\bNaN\b', re.DOTALL)
LONE_ESCAPE = re.compile(
    r"""(?<!\\)((?:\\\\)*)                                     # an even number of backslashes, then either
        (?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})   # a pair, which is left alone,
          |(\\u[dD][89a-fA-F][0-9a-fA-F]{2}))                 # or half of one""",
    re.VERBOSE,
)
HUB_ID = re.compile("[0-9a-f]{24}")
CONTROL = re.compile(r"[\x00-\x1f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
FAULT = re.compile(r"Infinity|NaN|\\u[dD][89a-fA-F]|[\x00-\x1f\ud800-\udfff]")  # or none: most records are sound
CLOSING = {"{": "}", "[": "]"}
ONLY_NAMED = {"_id", "id"}
VALUE_LIMIT = 2000
RECORDS_TRIED = 1000
NOT_NAMED = ("record", "characters that JSON does not allow; replaced", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """One repair of a record. `hub_id` and `model` are None if the record could not be read at all.

    `hub_id` is the key of the record: its `_id`, or `id:` and its name if that is not an `_id` of the Hub.
    """

    hub_id: str | None
    model: str | None
    field: str
    problem: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedPage:
    """The records of a page, each as separate JSON text, and the repairs made to them."""

    records: tuple[bytes, ...]
    mends: tuple[Mend, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFinite:
    """A word in place of a JSON number: NaN, Infinity or -Infinity."""

    word: str


def mend_page(body: bytes) -> MendedPage:
    """Split a page into its records and repair what DuckDB cannot read.

    Raises `UnreadablePage` if it is not an array, or no record can be read.
    """
    page = body.decode("utf-8-sig", errors="surrogateescape").strip()
    if not page.startswith("["):
        raise UnreadablePage
    records: list[bytes] = []
    mends: list[Mend] = []
    for piece in split_records(page):
        if isinstance(piece, Mend):
            mends.append(piece)
            continue
        text, value = piece
        sound = _mended(text)
        if sound != text:
            found = list(_faults(value)) or [NOT_NAMED]
            mends.extend(_name(value, fault) for fault in found)
        records.append(sound.encode(errors="replace"))
    if not page.endswith("]"):
        end = _printable(page[-200:])
        mends.append(Mend(hub_id=None, model=None, field="record", problem="the page was cut", value=end))
    if mends and not records:
        raise UnreadablePage
    return MendedPage(records=tuple(records), mends=tuple(mends))


def refused(record: bytes) -> Mend:
    """Return the report of a separate record that DuckDB refuses nevertheless."""
    text = record.decode("utf-8", errors="replace")
    return _name(_decoded(text), ("record", "refused by the database", text[:VALUE_LIMIT]))


def split_records(text: str) -> Iterator[tuple[str, object] | Mend]:
    """Yield the elements of the JSON array in `text`, as written and decoded.

    Invalid JSON becomes a `Mend`, and reading continues with the next record: after the closing bracket or, if brackets
    do not match or enclose a whole record, where the next record starts. Names of parents inside a lost record are not
    taken for records. An element that is nested too deeply to decode gets None as its value.
    """
    decoder = json.JSONDecoder(
        strict=False,
        parse_int=float,  # numbers with more digits than int() accepts are valid JSON
        parse_constant=lambda word: NotFinite(word=word),
    )
    position = _skip(text, 1)
    is_lost = False
    while position < len(text) and (is_lost or text[position] != "]"):
        try:
            value, end = decoder.raw_decode(text, position)
        except RecursionError:
            whole = _element_end(text, position)
            is_lost = whole is None
            end = whole or _next_record(text, position + 1)
            yield text[position:end], None
        except ValueError:
            whole = _element_end(text, position)
            is_lost = whole is None
            end = _record_within(text, position + 1, whole, decoder) or whole or _next_record(text, position + 1)
            yield _lost(text, position, end)
        else:
            is_lost = is_lost and isinstance(value, dict) and value.keys() <= ONLY_NAMED
            yield _lost(text, position, end) if is_lost else (text[position:end], value)
            end = _next_record(text, end) if is_lost else end
        position = _skip(text, end)


def _lost(text: str, position: int, end: int) -> Mend:
    value = _printable(text[position : min(end, position + VALUE_LIMIT)])
    return Mend(hub_id=None, model=None, field="record", problem="not JSON", value=value)


def _element_end(text: str, position: int) -> int | None:
    """Return where the object or array at `position` ends by its brackets, or None if they do not match."""
    if text[position] not in CLOSING:
        return None
    open_brackets: list[str] = []
    for part in ELEMENT_PARTS.finditer(text, position):
        mark = part.group()
        if mark in CLOSING:
            open_brackets.append(CLOSING[mark])
        elif mark in {"]", "}"}:
            if open_brackets.pop() != mark:
                return None
            if not open_brackets:
                return part.end()
    return None


def _record_within(text: str, start: int, end: int | None, decoder: json.JSONDecoder) -> int | None:
    """Return where a whole record starts inside lost text; None if none does, or if `end` is None: the text has no end.

    A truncated text has no closing quote: the next record's first quote closes it, and brackets then match by chance.
    """
    for found in islice(RECORD_START.finditer(text, start, start if end is None else end), RECORDS_TRIED):
        try:
            value, _ = decoder.raw_decode(text, found.start())
        except RecursionError:
            if _element_end(text, found.start()):
                return found.start()
        except ValueError:
            continue
        else:
            if isinstance(value, dict) and not value.keys() <= ONLY_NAMED and isinstance(value.get("id"), str):
                return found.start()
    return None


def _next_record(text: str, position: int) -> int:
    following = RECORD_START.search(text, position)
    return following.start() if following else len(text)


def _skip(text: str, position: int) -> int:
    while position < len(text) and (text[position].isspace() or text[position] == ","):
        position += 1
    return position


def _faults(record: object) -> Iterator[tuple[str, str, str]]:
    """Yield field, problem and value of everything in a record that DuckDB refuses."""
    pending: list[tuple[str, object]] = [("record", record)]
    while pending:
        path, value = pending.pop()
        match value:
            case str() if SURROGATE.search(value):
                yield path, "lone surrogate or wrong byte replaced", _printable(value[:VALUE_LIMIT])
            case NotFinite():
                yield path, "not a finite number; read as null", value.word
            case dict():
                pending.extend((f"{path}.{key}"[:VALUE_LIMIT], item) for key, item in value.items())
                pending.extend((path, key) for key in value if SURROGATE.search(key))
            case list():
                pending.extend((f"{path}[{index}]"[:VALUE_LIMIT], item) for index, item in enumerate(value))
            case _:
                pass


def _mended(text: str) -> str:
    """Return a record's text without lone surrogates and raw control characters, and with null for NaN and Infinity."""
    return TEXT_OR_CONSTANT.sub(_mend_part, text) if FAULT.search(text) else text


def _mend_part(match: re.Match[str]) -> str:
    part = match.group()
    if not part.startswith('"'):
        return "null"
    part = SURROGATE.sub("\N{REPLACEMENT CHARACTER}", LONE_ESCAPE.sub(_keep_pairs, part))
    return CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", part)


def _keep_pairs(match: re.Match[str]) -> str:
    return match.group(1) + (match.group(2) or "\\ufffd")


def _decoded(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _name(record: object, fault: tuple[str, str, str]) -> Mend:
    known = record if isinstance(record, dict) else {}
    hub_id, model = known.get("_id"), known.get("id")
    name = _printable(model) if isinstance(model, str) and model else None
    is_sound = isinstance(hub_id, str) and HUB_ID.fullmatch(hub_id)
    field, problem, value = fault
    return Mend(
        hub_id=hub_id if is_sound else name and f"id:{name}",
        model=name,
        field=_printable(field)[:200],
        problem=problem,
        value=value,
    )


def _printable(text: str) -> str:
    return SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
