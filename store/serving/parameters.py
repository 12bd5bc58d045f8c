"""Parameters in the address of an endpoint: which exist, what they mean, and how a text becomes a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from enum import StrEnum

LONGEST_TEXT: Final = 1_000
MOST_ROWS: Final = 1_000
DEFAULT_ROWS: Final = 100
FARTHEST_ROW: Final = 100_000
PAGE_ROWS: Final = 50
"""How many rows a page of a list has."""
_WHOLE: Final = re.compile(r"[0-9]{1,9}")


class BadParameter(LineageError):
    """A parameter of a request is unknown or has an invalid value."""

    exit_code = 2

    def __init__(self, name: str, problem: str, hint: str = "") -> None:
        """Name the parameter, the problem, and the remedy."""
        super().__init__(plain(f"{name}: {problem}", 500))
        self.name = name
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter: a text, possibly one of `choices`, or a whole number if `largest` is set. None is its default.

    `beyond` tells users who ask for more than `largest` what to do.
    """

    name: str
    about: str
    choices: tuple[str, ...] = ()
    default: str | int | None = None
    largest: int | None = None
    beyond: str = ""
    is_required: bool = False

    def read(self, text: str | None) -> str | int | None:
        """Return the value of a text; raises BadParameter."""
        if text is None or not text:
            if self.is_required:
                raise BadParameter(self.name, "is missing")
            return self.default
        if self.largest is not None:
            return self._number(text)
        if len(text) > LONGEST_TEXT:
            raise BadParameter(self.name, f"is longer than {LONGEST_TEXT:,} characters")
        if self.choices and text not in self.choices:
            raise BadParameter(self.name, f"{text!r} is not one of {', '.join(self.choices)}")
        return text

    def _number(self, text: str) -> int:
        if not _WHOLE.fullmatch(text) or int(text) > (self.largest or 0):
            raise BadParameter(
                self.name, f"{text[:20]!r} is not a whole number from 0 to {self.largest:,}", self.beyond
            )
        return int(text)


LIMIT: Final = Parameter(name="limit", about="how many rows at most", default=DEFAULT_ROWS, largest=MOST_ROWS)
OFFSET: Final = Parameter(
    name="offset",
    about="how many rows to leave out before",
    default=0,
    largest=FARTHEST_ROW,
    beyond="ask for fewer models (selector), or take all rows with `lineage export`",
)
PAGE: Final = Parameter(
    name="page",
    about="which page of the list, from 1",
    default=1,
    largest=FARTHEST_ROW // PAGE_ROWS,
    beyond="ask for fewer models, or take all rows with `lineage export`",
)


def chosen(name: str, about: str, choices: type[StrEnum], default: str | None = None) -> Parameter:
    """Return a parameter that takes the values of an enumeration."""
    return Parameter(name=name, about=about, choices=tuple(item.value for item in choices), default=default)


def page_of(values: Mapping[str, str | int | None]) -> int:
    """Return which page of a list is asked for, from 1."""
    page = values[PAGE.name]
    return max(page, 1) if isinstance(page, int) else 1


def read_all(parameters: Sequence[Parameter], given: Mapping[str, str]) -> dict[str, str | int | None]:
    """Return every parameter's value; raises BadParameter, also for unknown parameters."""
    known = {parameter.name for parameter in parameters}
    if unknown := sorted(set(given) - known):
        names = ", ".join(sorted(known)) or "none"
        raise BadParameter(unknown[0], f"unknown parameter; known are {names}")
    return {parameter.name: parameter.read(given.get(parameter.name)) for parameter in parameters}
