"""Nested records of strangers, read field by field, so that a fault is told with the place where it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from evaluation.errors import ImportRefused
from evaluation.imports.cells import CellFault, number_of, prompt_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

LARGEST_PACKED: Final = 4 << 20
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of one object; `place` is where it stands in the file, such as `row 3, evaluation_results[0]`.

    A field that is absent is null. In parquet a structure may be packed as JSON in a text: it is unpacked.
    """

    path: Path
    place: str
    values: Mapping[str, object]

    def text(self, name: str) -> str | None:
        """Return a field as a text of at most 500 visible characters, or None where it is absent.

        Raises ImportRefused.
        """
        return self._checked(name, lambda value: text_of(value, name))

    def long_text(self, name: str) -> str | None:
        """Return a field as a text of any lines, or None where it is absent. Raises ImportRefused."""
        return self._checked(name, lambda value: prompt_of(value, name))

    def number(self, name: str) -> float | None:
        """Return a field as a finite number, or None where it is absent. Raises ImportRefused."""
        return self._checked(name, lambda value: number_of(value, name))

    def needed_text(self, name: str) -> str:
        """Return a field as a text that must be there. Raises ImportRefused."""
        if (found := self.text(name)) is None:
            raise self.refuse(name, "is missing")
        return found

    def needed_number(self, name: str) -> float:
        """Return a field as a number that must be there. Raises ImportRefused."""
        if (found := self.number(name)) is None:
            raise self.refuse(name, "is missing")
        return found

    def child(self, name: str) -> Fields:
        """Return a field as an object, an empty one where it is absent. Raises ImportRefused."""
        value = self._unpacked(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self.refuse(name, "is no object")
        return Fields(path=self.path, place=self._inside(name), values=value)

    def children(self, name: str) -> Iterator[Fields]:
        """Yield the objects of a list, none where it is absent. Raises ImportRefused."""
        value = self._unpacked(name)
        if not isinstance(value, list | None):
            raise self.refuse(name, "is no list")
        for number, entry in enumerate(value or ()):
            place = self._inside(f"{name}[{number}]")
            if not isinstance(entry, dict):
                raise ImportRefused(self.path, place, "is no object")
            yield Fields(path=self.path, place=place, values=entry)

    def refuse(self, name: str, problem: str) -> ImportRefused:
        """Return the error that names a field."""
        return ImportRefused(self.path, self._inside(name), problem)

    def _checked(self, name: str, check: Callable[[object], _Read]) -> _Read:
        try:
            return check(self.values.get(name))
        except CellFault as fault:
            raise self.refuse(name, str(fault)) from fault

    def _unpacked(self, name: str) -> object:
        value = self.values.get(name)
        if not isinstance(value, str) or len(value) > LARGEST_PACKED or value[:1] not in {"{", "["}:
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise self.refuse(name, "is text, and no JSON") from error

    def _inside(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name
