"""Options of an engine: `NAME=VALUE` on the command line, and a check of their names and types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.errors import OptionInvalid
from lineage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lineage.scheduling.job import Options

Value = str | int | float | bool
_TRUTHS = {"true": True, "false": False}


def read_given(words: Iterable[str]) -> Options:
    """Return options by name; raises UsageError for anything but `NAME=VALUE`, and for a repeated name.

    A name may have parts, as in `task.NAME`. A value is true or false, a number if it reads as one, and otherwise a
    text. The engine decides which names and types there are.
    """
    found: Options = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not all(part.isidentifier() for part in name.split(".")):
            raise UsageError(f"--option {word!r} is not NAME=VALUE")
        if name in found:
            raise UsageError(f"--option {name} is given twice")
        found[name] = _read(value)
    return found


def _read(value: str) -> str | int | float | bool:
    if value in _TRUTHS:
        return _TRUTHS[value]
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def check_types(given: Mapping[str, Value], kinds: Mapping[str, type], more: str = "") -> dict[str, Value]:
    """Return options of known names and types, with whole numbers as floats where floats are wanted.

    Raises OptionInvalid; `more` names what else there is.
    """
    found: dict[str, Value] = {}
    for name, value in given.items():
        if name not in kinds:
            raise OptionInvalid(name, f"unknown option; known are {', '.join(kinds)}{more}")
        fitting = float(value) if kinds[name] is float and type(value) is int else value
        if type(fitting) is not kinds[name]:
            raise OptionInvalid(name, f"must be of type {kinds[name].__name__}")
        found[name] = fitting
    return found
