"""The SQL statements of the store, by name: `store/sql/queue.sql` holds one statement under each `-- name: move` line.

A statement is called as "subject/name", for example "queue/move". Its text opens with the comment that says what it
returns.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_LINE: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def statement(name: str) -> str:
    """Return the text of the statement `name`, e.g. `queue/move`. Raises KeyError where there is none."""
    subject, _, own_name = name.partition("/")
    return _statements_of(subject)[own_name]


def statement_names() -> list[str]:
    """Return the names of all statements, sorted."""
    subjects = (entry.name.removesuffix(".sql") for entry in files("store").joinpath("sql").iterdir())
    return sorted(f"{subject}/{name}" for subject in subjects for name in _statements_of(subject))


@cache
def _statements_of(subject: str) -> Mapping[str, str]:
    return split_statements(files("store").joinpath("sql", f"{subject}.sql").read_text(encoding="utf-8"))


def split_statements(text: str) -> dict[str, str]:
    """Return the statements of one SQL file by their names, each without the line that names it.

    Raises ValueError where a name appears twice or text stands before the first name.
    """
    opening, *parts = NAME_LINE.split(text)
    names = parts[::2]
    if opening.strip() or len(set(names)) != len(names):
        raise ValueError(f"not statements under names of their own: {opening[:80]!r}, {sorted(names)}")
    return dict(zip(names, (part.strip() + "\n" for part in parts[1::2]), strict=True))
