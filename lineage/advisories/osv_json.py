"""JSON of OSV from strangers: bounded in size and depth, and every value knows its place in the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.text.plain import plain

if TYPE_CHECKING:
    from typing import NoReturn

LARGEST_FILE: Final = 64 << 20
LARGEST_RECORD: Final = 1 << 20
DEEPEST: Final = 24
MOST_RECORDS: Final = 200_000
LONGEST_NAME: Final = 200
LONGEST_NUMBER: Final = 18
"""How many characters of a whole number are read: more need not fit into 64 bits."""


class AdvisoryRefused(LineageError):
    """A file of advisories cannot be read."""

    exit_code = 2
    hint = "nothing was imported; correct the file, or leave it out"

    def __init__(self, name: str, place: str, problem: str) -> None:
        """Name the file, the field and what is wrong with it."""
        where = f"{plain(name)}: {plain(place)}" if place else plain(name)
        super().__init__(f"{where}: {problem}")


@dataclass(frozen=True, slots=True)
class OsvNode:
    """A value of a file, and its place in it, such as `[2].affected[1].package.name`; empty for the whole."""

    name_of_file: str
    place: str
    value: object

    @classmethod
    def read(cls, text: bytes, name: str) -> OsvNode:
        """Return a whole file; raises AdvisoryRefused if it is too large or too deep, or no JSON that all read alike.

        That excludes keys that stand twice, numbers that JSON has not, and texts that are no Unicode.
        """
        if len(text) > LARGEST_FILE:
            raise AdvisoryRefused(name, "", f"larger than {LARGEST_FILE >> 20} MiB")
        try:
            found = json.loads(
                text.decode("utf-8-sig"),
                object_pairs_hook=_once,
                parse_constant=_no_number,
                parse_int=_bounded,
            )
            _written(found).encode()
        except RecursionError as error:
            raise AdvisoryRefused(name, "", "nested too deeply") from error
        except UnicodeError as error:
            raise AdvisoryRefused(name, "", "not UTF-8 text") from error
        except ValueError as error:
            raise AdvisoryRefused(name, "", f"not JSON: {plain(str(error))}") from error
        if _is_deeper(found, DEEPEST):
            raise AdvisoryRefused(name, "", f"nested more than {DEEPEST} levels deep")
        return cls(name, "", found)

    def refused(self, problem: str) -> AdvisoryRefused:
        """Return the error that names this place."""
        return AdvisoryRefused(self.name_of_file, self.place, problem)

    def at(self, key: str) -> OsvNode:
        """Return the value under a key, or a node of None; raises AdvisoryRefused if this is no object."""
        return OsvNode(self.name_of_file, self._inner(key), self._fields().get(key))

    def items(self) -> list[tuple[str, OsvNode]]:
        """Return every key with its value; raises AdvisoryRefused if this is no object."""
        return [(key, self.at(key)) for key in self._fields()]

    def elements(self, most: int = MOST_RECORDS) -> list[OsvNode]:
        """Return what a list holds; None counts as an empty one. Raises AdvisoryRefused for anything else."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise self.refused("not a list")
        if len(self.value) > most:
            raise self.refused(f"more than {most:,} entries")
        return [OsvNode(self.name_of_file, f"{self.place}[{at}]", one) for at, one in enumerate(self.value)]

    def text(self) -> str | None:
        """Return a text, None where there is none; raises AdvisoryRefused for anything else."""
        if self.value is not None and not isinstance(self.value, str):
            raise self.refused("not a text")
        return self.value or None

    def name(self) -> str:
        """Return a short text of visible characters; raises AdvisoryRefused for anything else."""
        text = self.text()
        if text is None:
            raise self.refused("missing")
        if len(text) > 10 * LONGEST_NAME or plain(text, None) != text:
            raise self.refused("too long, or with hidden characters")
        return text

    def moment(self) -> datetime | None:
        """Return a time in UTC, None where there is none; raises AdvisoryRefused for what is no time with a zone."""
        text = self.text()
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.refused("not a time such as 2026-03-01T00:00:00Z") from error
        raise self.refused("a time without a zone")

    def canonical(self) -> str:
        """Return the value as one line of JSON with sorted keys; raises AdvisoryRefused for a record beyond 1 MiB."""
        text = json.dumps(self.value, sort_keys=True, allow_nan=False)
        if len(text) > LARGEST_RECORD:
            raise self.refused(f"larger than {LARGEST_RECORD >> 20} MiB")
        return text

    def _fields(self) -> dict[str, object]:
        if self.value is None and self.place:
            return {}
        if not isinstance(self.value, dict):
            raise self.refused("not an object")
        return self.value

    def _inner(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _bounded(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number of too many digits")
    return int(digits)


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)
