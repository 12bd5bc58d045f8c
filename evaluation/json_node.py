"""JSON from strangers: bounded while it is read, and every value knows its place in the file.

JSON's `NaN`, `Infinity` and numbers beyond a float are read, because engines write them into fields that nobody needs;
they are refused where a number is required.
"""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from evaluation.errors import ImportRefused
from lineage.scores.score import digest
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_FILE_BYTES: Final = 4 << 30
LARGEST_TEXT: Final = 500
LARGEST_DOCUMENT_BYTES: Final = 512 << 20
LARGEST_LINE_BYTES: Final = 64 << 20
LONGEST_DETAIL: Final = 200


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a JSON document and its place in it, such as `results.hellaswag.acc,none`; None for the whole."""

    path: Path
    place: str | None
    value: object

    def refused(self, problem: str) -> ImportRefused:
        """Return the error that names this place."""
        return ImportRefused(self.path, None if self.place is None else plain(self.place), problem)

    def at(self, *keys: str) -> Node:
        """Return the value under nested keys, or a node of None.

        Raises ImportRefused if something other than a mapping stands where one is needed.
        """
        node = self
        for key in keys:
            node = Node(self.path, node._inner(key), node.fields().get(key))
        return node

    def fields(self) -> dict[str, object]:
        """Return a mapping's values; None counts as one without any. Raises ImportRefused for anything else."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            raise self.refused("not a mapping")
        return self.value

    def elements(self) -> Iterator[Node]:
        """Yield a list's elements; None counts as an empty list. Raises ImportRefused for anything else."""
        if not isinstance(self.value, list | None):
            raise self.refused("not a list")
        for number, value in enumerate(self.value or (), start=1):
            yield Node(self.path, self._inner(f"entry {number}"), value)

    def number(self) -> float:
        """Return a finite number, 1 and 0 for true and false; raises ImportRefused for anything else."""
        if isinstance(self.value, int | float):
            try:
                number = float(self.value)
            except OverflowError:
                number = math.inf
            if math.isfinite(number):
                return number
        raise self.refused("not a finite number" if self.value is not None else "a number is missing")

    def count(self) -> int:
        """Return a whole number from 0 to 2^31; raises ImportRefused for anything else."""
        number = self.number()
        if not number.is_integer() or not 0 <= number <= 1 << 31:
            raise self.refused("not a count")
        return int(number)

    def text(self) -> str | None:
        """Return a text, or None where there is none or an empty one.

        Raises ImportRefused for anything else, for more than `LARGEST_TEXT` characters, and for control characters.
        """
        if self.value is None:
            return None
        if not isinstance(self.value, str):
            raise self.refused("not a text")
        if len(self.value) > LARGEST_TEXT:
            raise self.refused(f"a text of more than {LARGEST_TEXT} characters")
        if plain(self.value, None) != self.value:
            raise self.refused("a text with control characters")
        return self.value or None

    def moment(self) -> datetime | None:
        """Return seconds since 1970 as a time in UTC, or None where there are none.

        Raises ImportRefused for no time.
        """
        if self.value is None:
            return None
        try:
            return datetime.fromtimestamp(self.number(), UTC)
        except (ValueError, OverflowError, OSError) as exc:
            raise self.refused("not a time") from exc

    def written_moment(self) -> datetime | None:
        """Return an ISO time as a time in UTC, or None where there is none or it names no zone."""
        text = self.text()
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            return None if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError) as exc:
            raise self.refused("not a time") from exc

    def _inner(self, key: str) -> str:
        return key if self.place is None else f"{self.place}.{key}"


def read_document(path: Path) -> Node:
    """Read a whole JSON file; raises ImportRefused if it cannot be read or is larger than 512 MiB."""
    with reading(path):
        size = path.stat().st_size
        if size > LARGEST_DOCUMENT_BYTES:
            raise ImportRefused(
                path, None, f"{size:,} bytes are more than the {LARGEST_DOCUMENT_BYTES:,} that are read"
            )
        data = path.read_bytes()
    return parse(path, None, data)


def read_lines(path: Path) -> Iterator[Node]:
    """Yield the documents of a file of JSON lines; raises ImportRefused if one cannot be read.

    The last line must end with a newline: an engine that was interrupted leaves half a line, or one that only looks
    whole.
    """
    with reading(path), path.open("rb") as file:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise ImportRefused(path, None, f"{size:,} bytes are more than the {LARGEST_FILE_BYTES:,} that are read")
        number = 0
        while line := file.readline(LARGEST_LINE_BYTES + 1):
            number += 1
            if len(line) > LARGEST_LINE_BYTES:
                raise ImportRefused(path, f"line {number}", f"longer than {LARGEST_LINE_BYTES:,} bytes")
            if not line.endswith(b"\n"):
                raise ImportRefused(path, f"line {number}", "the line does not end: the file was cut off")
            yield parse(path, f"line {number}", line)


def parse(path: Path, place: str | None, data: bytes) -> Node:
    """Parse JSON in UTF-8; raises ImportRefused, also where it nests too deeply or a number has too many digits."""
    try:
        return Node(path, place, json.loads(data.decode()))
    except UnicodeDecodeError as exc:
        raise ImportRefused(path, place, "not UTF-8") from exc
    except RecursionError as exc:
        raise ImportRefused(path, place, "nested too deeply") from exc
    except ValueError as exc:
        raise ImportRefused(path, place, f"not JSON: {exc}") from exc


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn errors of the file system, and nesting too deep to be hashed, into ImportRefused."""
    try:
        yield
    except OSError as exc:
        raise ImportRefused(path, None, exc.strerror or "cannot be read") from exc
    except RecursionError as exc:
        raise ImportRefused(path, None, "nested too deeply") from exc


def name_of(text: str) -> str:
    """Return a text that names an item, or a hash of one that is too long or holds control characters."""
    is_fit = text and len(text) <= LARGEST_TEXT and plain(text, None) == text
    return text if is_fit else f"sha256:{digest(text)}"


def told(settings: dict[str, object]) -> str | None:
    """Return settings as compact JSON in the order of their names, its hash where it is long; None for none."""
    kept = {name: value for name, value in settings.items() if value is not None}
    if not kept:
        return None
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), default=str)
    return text if len(text) <= LONGEST_DETAIL else f"sha256:{digest(kept)}"
