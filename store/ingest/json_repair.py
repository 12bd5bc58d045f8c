r"""The slow path of the ingest: a page that DuckDB refuses is decoded here record by record, and mended.

DuckDB refuses a whole file for one lone surrogate (`\\ud800`), one raw control character or one cut record. Here each
record stands alone: its text is mended where it must be, and every change is reported with the record's id, the field
and the reason. The text is changed in place and never written anew: what could be read stays as the Hub wrote it.
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
CLOSING = {"{": "}", "[": "]"}
ONLY_NAMED = {"_id", "id"}
VALUE_LIMIT = 2000
RECORDS_TRIED = 1000
NOT_NAMED = ("record", "characters that JSON does not allow; replaced", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """One change that a record needed. `hub_id` and `model` are None where the record could not be read at all.

    `hub_id` is what the record is filed under: its `_id`, or `id:` and its name where that is no `_id` of the Hub's.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFinite:
    """A word that stands where JSON wants a number: NaN, Infinity or -Infinity."""

    word: str


def mend_page(body: bytes) -> MendedPage:
    """Split a page into its records and mend what DuckDB cannot take.

    Raises `UnreadablePage` when it is no array, or not one record can be read.
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
    """Return the report of a record that stands alone and that DuckDB refuses all the same."""
    text = record.decode("utf-8", errors="replace")
    return _name(_decoded(text), ("record", "refused by the database", text[:VALUE_LIMIT]))


def split_records(text: str) -> Iterator[tuple[str, object] | Mend]:
    """Yield the elements of the JSON array in `text`, as written and decoded.

    What is no JSON comes as a `Mend`, and the next record follows: behind its brackets, or, where these do not match or
    hold a whole record, where a record begins again; the names of parents inside of a lost record are not taken for
    records. An element that is nested too deeply to be decoded comes with null in place of its value.
    """
    decoder = json.JSONDecoder(
        strict=False,
        parse_int=float,  # digits beyond what int() takes are JSON all the same
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
    """Return where the object or array at `position` ends by its brackets, or None where they do not match."""
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
    """Return where a whole record begins in what was lost, or None for none, and where what was lost has no end.

    A text that was cut has no closing quote: the next record's first one ends it, and brackets then match by chance.
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
    """Return a record's text without lone surrogates and raw control characters, and None for NaN and Infinity."""
    return TEXT_OR_CONSTANT.sub(_mend_part, text)


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
