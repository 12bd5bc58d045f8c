"""The score that a person names by the first digits of its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from lineage.errors import LineageError, UsageError

if TYPE_CHECKING:
    from store.database import Database

SHORTEST: Final = 6


class NoSuchScore(LineageError):
    """No score here has this run."""

    exit_code = 1
    hint = "`lineage scores list --format json` lists the run of every score"

    def __init__(self, run: str) -> None:
        """Name the run that was asked for."""
        super().__init__(f"no score here has the run {run!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedScore:
    """A score that a person names.

    `run` is whole, and `model` has its variant.
    """

    run: str
    model: str
    instrument: str
    value: float
    origin: str


def find_run(database: Database, run: str) -> NamedScore:
    """Return the score of the run that starts with some digits.

    Raises NoSuchScore, and UsageError for too few digits, or ones that several runs start with.
    """
    if len(run) < SHORTEST:
        raise UsageError(f"{run!r} is too short: give at least {SHORTEST} digits of a run")
    rows = cast("list[tuple[str, str, str, float, str]]", database.run("scores/find_run", run=run).rows)
    if not rows:
        raise NoSuchScore(run)
    if len(rows) > 1:
        raise UsageError(f"several runs start with {run!r}: {', '.join(row[0] for row in rows)}")
    found, model, instrument, value, origin = rows[0]
    return NamedScore(run=found, model=model, instrument=instrument, value=value, origin=origin)
