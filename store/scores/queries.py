"""Lists of scores, and counts by model and by instrument."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.output.result import Result
from lineage.vocabulary import SCORE_STATES, ScoreState
from store.lent_columns import as_columns
from store.queries.known_domains import known_names, shipped_domains
from store.queries.select import SelectedScores, select_scores
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.scores.instruments import Catalogue, Instrument
    from store.database import Database

COUNTED = ("name", "construct", "direction", "models", "measured")
DECLARED = (
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
    """Return the scores of the models that a selector matches, None for all, also unknown ones; `limit` 0 for all.

    Raises what `store.queries.select.select` raises.
    """
    with _asked(database, selector):
        return database.run(
            "scores/list_scores",
            is_selected=selector is not None,
            name=name,
            state=state,
            known=known,
            limit=limit or None,
        )


@contextmanager
def _asked(database: Database, selector: str | None) -> Iterator[None]:
    """Lend SQL the numbers that a selector matches, and the files of those that it names by files; None lends none."""
    asked = select_scores(database, selector) if selector is not None else SelectedScores(numbers=np.zeros(0, np.int32))
    files = [(number, variant) for number, variants in asked.only.items() for variant in sorted(variants)]
    with (
        database.columns("lent_selected", nid=asked.numbers),
        database.columns("lent_variants", **as_columns(("nid", "variant"), files)),
    ):
        yield


def list_coverage(database: Database, *, selector: str, state: str | None, limit: int) -> tuple[Result, dict[str, int]]:
    """Return which of the selected models and named files are measured, reported, stale or unscored, and their counts.

    The counts cover all of them whatever `state` and `limit` leave out, but of whole models no files. Raises what
    `select` raises.
    """
    with _asked(database, selector):
        result = database.run("scores/coverage", states=SCORE_STATES, state=state, limit=limit or None)
        counts = cast("list[tuple[str, int]]", database.run("scores/count_coverage", states=SCORE_STATES).rows)
    return result, dict(counts)


def list_instruments(database: Database | None, catalogue: Catalogue) -> Result:
    """Return every instrument of the catalogue with the number of models scored on it; zeros without a database.

    A column for each domain counts its models, in the order of the lexicon. Instruments that have scores here but are
    not in the catalogue, because a file declared them, come last.
    """
    names = [one.name for one in shipped_domains()] if database is None else known_names(database)
    counts = {} if database is None else _counts(database, names)
    here = {} if database is None else {one.instrument.name: one.instrument for one in load_identities(database)}
    known = (*catalogue, *(one for name, one in sorted(here.items()) if catalogue.find(name) is None))
    nothing = _InstrumentCounts(domains=(0,) * len(names))
    rows = [_instrument_row(one, counts.get(one.name, nothing)) for one in known]
    return Result(columns=(*COUNTED, *names, *DECLARED), rows=tuple(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _InstrumentCounts:
    """The number of an instrument's identities and of its models: measured ones, and those by domain."""

    identities: int = 0
    models: int = 0
    measured: int = 0
    domains: tuple[int, ...]


def _counts(database: Database, names: Sequence[str]) -> dict[str, _InstrumentCounts]:
    of_domains: dict[str, dict[str, int]] = defaultdict(dict)
    for name, domain, models in database.run("scores/count_instrument_domains", confidence=LISTED_CONFIDENCE).rows:
        of_domains[str(name)][str(domain)] = cast("int", models)
    return {
        name: _InstrumentCounts(
            identities=identities,
            models=models,
            measured=measured,
            domains=tuple(of_domains[name].get(domain, 0) for domain in names),
        )
        for name, identities, models, measured in cast(
            "list[tuple[str, int, int, int]]",
            database.run("scores/count_instruments", measured=ScoreState.MEASURED.value).rows,
        )
    }


def _instrument_row(instrument: Instrument, counts: _InstrumentCounts) -> tuple[object, ...]:
    return (
        instrument.name,
        instrument.construct.value,
        instrument.direction.value,
        counts.models,
        counts.measured,
        *counts.domains,
        instrument.items,
        f"{instrument.low:g}..{instrument.high:g}",
        instrument.judge,
        instrument.gated,
        instrument.licence,
        instrument.source,
        counts.identities,
        instrument.title,
        instrument.scale.value,
        instrument.chance,
        instrument.floor,
        instrument.scorer,
        list(instrument.tasks),
        instrument.note,
        None if instrument.items_file is None else str(instrument.items_file),
    )
