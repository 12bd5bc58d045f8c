"""What holds for every page that comes in: nothing that the Hub shows is lost without a word.

The marks of bad records, and the numbers of sound ones, are found again: in what is stored, in what was stored before a
record was replaced, or among the problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.fuzzing import bad_records
else:  # beside this file, wherever it is loaded from
    bad_records = import_module("bad_records")

import duckdb

MODELS: Final = "select id, cast(body as varchar) from hub.models"
TOLD: Final = (
    "select concat_ws(' ', hub_id, model, value) from hub.problems "
    "union all select concat_ws(' ', hub_id, id, body) from hub.history"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The numbers of bad records that are stored as models, those that are told of, and the sound ones."""

    stored: frozenset[int]
    told: frozenset[int]
    sound: frozenset[int]


def find(path: Path) -> Found:
    """Look through a database that nobody has open."""
    with duckdb.connect(str(path), read_only=True) as connection:
        models = connection.execute(MODELS).fetchall()
        told = connection.execute(TOLD).fetchall()
    return Found(
        stored=_numbers(bad_records.MARK.findall(f"{name} {body}") for name, body in models),
        told=_numbers(bad_records.MARK.findall(text) for (text,) in told),
        sound=_numbers(bad_records.HEALTHY.findall(name) for name, _ in models),
    )


def _numbers(found: Iterable[list[str]]) -> frozenset[int]:
    return frozenset(int(number) for numbers in found for number in numbers)
