"""Options of an engine as a person writes them on the command line: `NAME=VALUE`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.scheduling.job import Options

_TRUTHS = {"true": True, "false": False}


def read_given(words: Iterable[str]) -> Options:
    """Return options by name; raises UsageError for what is no `NAME=VALUE`, and for a name that comes twice.

    A name may have parts, as in `task.NAME`. A value is true or false, a number where it reads as one, and a text else.
    Which names and types there are, the engine says.
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
