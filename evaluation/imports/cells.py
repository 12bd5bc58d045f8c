"""Cells of a table as strangers write them: texts, numbers, counts and moments, each with the reason why it is none."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from evaluation.imports.interface import LARGEST_TEXT

LARGEST_COUNT: Final = 2**31 - 1
LARGEST_PROMPT: Final = 1 << 20
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class CellFault(ValueError):
    """A cell does not hold what its column says."""


def text_of(value: object, column: str) -> str | None:
    """Return a cell as a text of at most 500 visible characters; None where it is empty. Raises CellFault."""
    if value is None:
        return None
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        raise CellFault(f"{column} is no text")
    text = str(value).strip() if isinstance(value, str) or abs(value) <= LARGEST_COUNT else ""
    if len(text) > LARGEST_TEXT:
        raise CellFault(f"{column} is longer than {LARGEST_TEXT} characters")
    if not text.isprintable():
        raise CellFault(f"{column} has control characters or other invisible ones: {text!r}")
    return text or None


def prompt_of(value: object, column: str) -> str | None:
    """Return a cell as a text of any lines, as it is, or None where it is empty. Raises CellFault."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise CellFault(f"{column} is no text")
    if len(value) > LARGEST_PROMPT:
        raise CellFault(f"{column} is longer than {LARGEST_PROMPT:,} characters")
    return value


def number_of(value: object, column: str) -> float | None:
    """Return a cell as a finite number, or None where it is empty. Raises CellFault."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if not _NUMBER.fullmatch(stripped := value.strip()):
            raise CellFault(f"{column} {value!r} is no number")
        number = float(stripped)
    elif isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CellFault(f"{column} {value!r} is no number")
    elif isinstance(value, int) and abs(value) > LARGEST_COUNT:
        raise CellFault(f"{column} is no number that a score can have")
    else:
        number = float(value)
    if not math.isfinite(number):
        raise CellFault(f"{column} {value!r} is no finite number")
    return number


def count_of(value: object, column: str, lowest: int) -> int | None:
    """Return a cell as a whole number of at least `lowest`, or None where it is empty. Raises CellFault."""
    number = number_of(value, column)
    if number is None:
        return None
    if not number.is_integer() or not lowest <= number <= LARGEST_COUNT:
        raise CellFault(f"{column} {value!r} is no whole number of {lowest} or more")
    return int(number)


def moment_of(value: object, column: str) -> datetime | None:
    """Return a cell as a moment in UTC, or None where it is empty. Raises CellFault, for a time without a zone too."""
    if value is None or value == "":
        return None
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise CellFault(f"{column} {value!r} is no ISO 8601 time like 2026-01-31T12:00:00Z") from error
    if not isinstance(moment, datetime):
        raise CellFault(f"{column} {value!r} is no time")
    if moment.tzinfo is None:
        raise CellFault(f"{column} {value!r} says no zone; write it like 2026-01-31T12:00:00Z")
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise CellFault(f"{column} {value!r} is no time that can be kept") from error
