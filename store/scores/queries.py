"""What scores there are: listed, and counted by model and by instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lineage.domains.classify import LISTED_CONFIDENCE
from lineage.output.result import Result
from lineage.vocabulary import SCORE_STATES
from store.queries.select import selected
from store.scores.current import load_identities

if TYPE_CHECKING:
    from lineage.scores.instruments import Catalogue, Instrument
    from store.database import Database

INSTRUMENT_COLUMNS = (
    "name",
    "construct",
    "direction",
    "models",
    "measured",
    "medical",
    "legal",
    "financial",
    "items",
    "range",
    "judge",
    "gated",
    "licence",
    "source",
    "identities",
    "title",
    "scale",
    "chance",
    "floor",
    "scorer",
    "tasks",
    "note",
    "items_file",
)


def list_scores(
    database: Database,
    *,
    selector: str | None,
    name: str | None = None,
    state: str | None = None,
    known: bool | None = None,
    limit: int = 0,
) -> Result:
    """Return the scores of the models that a selector names, None for all, unknown models included; `limit` 0 for all.

    Raises what `store.queries.select.select` raises.
    """
    with selected(database, selector):
        return database.run(
            "scores/list_scores",
            is_selected=selector is not None,
            name=name,
            state=state,
            known=known,
            limit=limit or None,
        )


def list_coverage(database: Database, *, selector: str, state: str | None, limit: int) -> tuple[Result, dict[str, int]]:
    """Return which of the selected models are measured, only reported, stale or unscored, and how many are what.

    The counts are of all selected models, whatever `state` and `limit` leave out. Raises what `select` raises.
    """
    with selected(database, selector):
        result = database.run("scores/coverage", states=SCORE_STATES, state=state, limit=limit or None)
        counts = cast("list[tuple[str, int]]", database.run("scores/count_coverage", states=SCORE_STATES).rows)
    return result, dict(counts)


def list_instruments(database: Database | None, catalogue: Catalogue) -> Result:
    """Return every instrument of the catalogue with how many models here it speaks of; zeros without a database.

    Those that scores here have and the catalogue lacks, because a file declared them once, stand behind it.
    """
    counted = () if database is None else database.run("scores/count_instruments", confidence=LISTED_CONFIDENCE).rows
    counts = {str(row[0]): cast("tuple[int, ...]", row[1:]) for row in counted}
    here = {} if database is None else {one.instrument.name: one.instrument for one in load_identities(database)}
    known = (*catalogue, *(one for name, one in sorted(here.items()) if catalogue.find(name) is None))
    rows = [_instrument_row(one, counts.get(one.name, (0,) * 6)) for one in known]
    return Result(columns=INSTRUMENT_COLUMNS, rows=tuple(rows))


def _instrument_row(instrument: Instrument, counts: tuple[int, ...]) -> tuple[object, ...]:
    identities, models, measured, medical, legal, financial = counts
    return (
        instrument.name,
        instrument.construct.value,
        instrument.direction.value,
        models,
        measured,
        medical,
        legal,
        financial,
        instrument.items,
        f"{instrument.low:g}..{instrument.high:g}",
        instrument.judge,
        instrument.gated,
        instrument.licence,
        instrument.source,
        identities,
        instrument.title,
        instrument.scale.value,
        instrument.chance,
        instrument.floor,
        instrument.scorer,
        list(instrument.tasks),
        instrument.note,
        None if instrument.items_file is None else str(instrument.items_file),
    )
