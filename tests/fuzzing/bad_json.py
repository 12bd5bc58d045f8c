"""Values that no field expects, and JSON documents with one of their values replaced: drawn by chance, from a seed.

A `Raw` is written as it is, so that a document may hold what Python's writer of JSON would never write.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

DEEPEST: Final = 3_000
LONGEST: Final = 200_000
TEXTS: Final = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202egnp.exe",
    "\u2066\u2069\u200b\ufeff",
    "\x1b[31mred\x1b[0m",
    "first\nsecond\r\n\ttab",
    "'; drop table hub.models; --",
    "../../../../etc/passwd",
    "${HOME}%s%n{0}",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "1e5",
    "null",
    "true",
    "[1",
    '{"a":',
    '"',
    "\\",
    "maple/../base",
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "é" * 300,
    "\U0001f980" * 50,
)
NUMBERS: Final = (
    *("0", "-0", "-1", "0.1", "-1.5", "1e5", "1E400", "-1e400", "1e-400", "9007199254740993"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "-170141183460469231731687303715884105729"),
    "1" * 400,
    "1" * 5_000,
    "0." + "3" * 2_000,
)
ODD: Final = ("NaN", "Infinity", "-Infinity", r'"\ud800"', r'"a\udc00\u0000"', '"\x01\x1f"')


@dataclass(frozen=True, slots=True)
class Raw:
    """Text that stands in a document as it is."""

    text: str


def bad_value(chance: random.Random, depth: int = 0) -> Any:  # noqa: ANN401 -- anything that JSON can say
    """Draw a value of any type; containers are at most three deep, but for those that are nothing but deep."""
    kinds = ("constant", "number", "text", "text", "odd", "nested", "long", "list", "mapping")
    match chance.choice(kinds[:5] if depth > 2 else kinds):
        case "constant":
            value: Any = chance.choice((None, True, False))
        case "number":
            value = Raw(chance.choice(NUMBERS))
        case "text":
            value = chance.choice(TEXTS)
        case "odd":
            value = Raw(chance.choice(ODD))
        case "nested":
            value = nested(chance)
        case "long":
            value = "x" * chance.randrange(LONGEST) if chance.random() < 0.1 else []
        case "list":
            value = [bad_value(chance, depth + 1) for _ in range(chance.randrange(4))]
        case _:
            value = {chance.choice(TEXTS): bad_value(chance, depth + 1) for _ in range(chance.randrange(4))}
    return value


def nested(chance: random.Random) -> Raw:
    """Draw lists or mappings inside of each other, up to 3,000 of them."""
    depth = chance.choice((2, 20, 200, 900, 1_100, DEEPEST))
    if chance.random() < 0.5:
        return Raw("[" * depth + "]" * depth)
    return Raw('{"a":' * depth + "1" + "}" * depth)


def write(value: Any) -> str:  # noqa: ANN401 -- anything that JSON can say
    """Return a value as JSON, every `Raw` in it as it is."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {write(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(write, value)) + "]"
    return json.dumps(value)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- as above
    """Return the way to every value inside of a document: keys and positions."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, one in inner:
        found += [(*place, key), *places(one, (*place, key))]
    return found


def mutated(chance: random.Random, document: Any) -> Any:  # noqa: ANN401 -- as above
    """Return a copy of a document in which one value is replaced, left out, or named twice."""
    ways = places(document)
    if not ways:
        return bad_value(chance)
    changed = copy.deepcopy(document)
    *way, last = chance.choice(ways)
    holder = changed
    for key in way:
        holder = holder[key]
    match chance.randrange(5):
        case 0:
            del holder[last]
        case 1 if isinstance(holder, dict):
            holder[chance.choice(TEXTS)] = holder.pop(last)
        case 2 if isinstance(holder, list):
            holder.insert(last, bad_value(chance))
        case 3 if isinstance(holder, dict):
            pair = f"{json.dumps(last)}: {write(bad_value(chance))}"
            holder[last] = Raw(f"{write(holder[last])}, {pair}")
        case _:
            holder[last] = bad_value(chance)
    return changed


def broken(chance: random.Random, content: bytes) -> bytes:
    """Return bytes of which some are cut off, replaced, doubled, or not UTF-8."""
    place = chance.randrange(len(content)) if content else 0
    match chance.randrange(6):
        case 0:
            return content[:place]
        case 1:
            return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]
        case 2:
            return content[:place] + chance.choice((b"\x00", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80")) + content[place:]
        case 3:
            size = chance.randrange(1, 64)
            return content[:place] + chance.randbytes(size) + content[place + size :]
        case 4:
            end = place + chance.randrange(1, 200)
            return content[:end] + content[place:]
        case _:
            return content[:place] + content[place + chance.randrange(1, 200) :]
