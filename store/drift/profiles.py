"""Profiles from the database: everything known about the models of a selection, one statement per kind of record."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.drift.drift_row import DriftRow
from lineage.errors import LineageError
from lineage.output.result import in_points
from lineage.parents.edge import Edge
from lineage.profile import ModelFacts, PlannedScore, Problem, Profile, Profiles, Sign, Topic
from lineage.scores.score import Identity, StoredScore
from lineage.vocabulary import Against, Construct, Direction, Scale, Verdict
from store.derive.graph_cache import open_graph
from store.derive.model_names import NEVER_SEEN, number_of
from store.queries.origins import read_origins
from store.queries.select import select
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from enum import StrEnum

    from numpy.typing import NDArray

    from store.database import Database
    from store.derive.graph_cache import StoredGraph

    Fields = dict[str, Any]

Record = TypeVar("Record")
MOST_MODELS: Final = 20_000
"""A profile takes about 2 kB of memory, more with scores; outputs of more models than this stream columns."""
IDENTITY: Final = tuple(one.name for one in fields(Identity))
DRIFT_KINDS: Final[Mapping[str, Mapping[str, StrEnum]]] = {
    name: {one.value: one for one in kind}
    for name, kind in (
        ("against", Against),
        ("construct", Construct),
        ("direction", Direction),
        ("scale", Scale),
        ("verdict", Verdict),
    )
}


class TooManyModels(LineageError):
    """The selection has more models than the output can show."""

    exit_code = 2
    hint = "narrow the selector, or `lineage export` it in a format that streams: csv, parquet, jsonl, html"

    def __init__(self, models: int, most: int) -> None:
        """Give the number of models, and the limit."""
        super().__init__(
            f"{models:,} models with their ancestors are selected, but at most {most:,} can be shown this way"
        )


def read_profiles(database: Database, selector: str, *, most: int = MOST_MODELS) -> Profiles:
    """Return everything known about the models that a selector matches, and all their ancestors.

    Raises what `store.queries.select.select` raises, and TooManyModels for more than `most`, ancestors included.
    """
    return _profiles(database, open_graph(database), select(database, selector), most)


def read_profile(database: Database, model: str, *, most: int = MOST_MODELS) -> Profiles:
    """Return everything known about one model and all its ancestors; raises as `read_profiles`, and NotResolved."""
    stored = open_graph(database)
    number = number_of(database, stored, model)
    return _profiles(database, stored, np.array([number], dtype=np.int32), most)


def _profiles(database: Database, stored: StoredGraph, chosen: NDArray[np.int32], most: int) -> Profiles:
    numbers = stored.graph.reach(chosen, is_up=True)
    if len(numbers) > most:
        raise TooManyModels(len(numbers), most)
    places = _places(database, stored.index.take(numbers))
    with database.columns("lent_profiles", nid=numbers):
        by_id = _read(database, places)
    return Profiles(chosen=tuple(sorted(stored.index.take(chosen))), by_id=by_id)


def _places(database: Database, ids: list[str]) -> list[int]:
    """Return where the records of these models stand; that of a model which was never seen stands at -1."""
    return [NEVER_SEEN, *(cast("int", row[0]) for row in database.run("models/places", ids=ids).rows)]


def _read(database: Database, places: list[int]) -> Mapping[str, Profile]:
    topics = _grouped(database, "profiles/topics", Topic)
    listed = {model: _listed(found) for model, found in topics.items()}
    parents = _grouped(database, "profiles/edges", Edge)
    signs = _grouped(database, "profiles/signs", Sign)
    scores = read_scores(database)
    drift = _read_drift(database, listed)
    planned = _grouped(database, "profiles/planned", PlannedScore)
    problems = _grouped(database, "profiles/problems", Problem)
    every = [ModelFacts(**row) for row in _rows(database, "profiles/facts", places=places)]
    origins = read_origins(database, (facts.id for facts in every))
    return {
        facts.id: Profile(
            facts=facts,
            topics=tuple(topics[facts.id]),
            parents=tuple(parents[facts.id]),
            signs=tuple(signs[facts.id]),
            scores=tuple(score for score in scores[facts.id] if not score.variant),
            file_scores=tuple(score for score in scores[facts.id] if score.variant),
            drift=tuple(drift[facts.id]),
            planned=tuple(planned[facts.id]),
            problems=tuple(problems[facts.id]),
            origin=origins.get(facts.id),
        )
        for facts in every
    }


def _rows(database: Database, name: str, **parameters: object) -> Iterator[Fields]:
    """Yield the rows of a statement as dictionaries; lists in them become tuples."""
    result = database.run(name, **parameters)
    for row in result.rows:
        yield {
            column: tuple(value) if isinstance(value, list) else value
            for column, value in zip(result.columns, row, strict=True)
        }


def _grouped(database: Database, name: str, made: Callable[..., Record]) -> defaultdict[str, list[Record]]:
    """Return a record made from each row of a statement, grouped by model; models without rows have an empty list."""
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for row in _rows(database, name):
        found[row.pop("model")].append(made(**row))
    return found


def read_scores(database: Database, instruments: Collection[str] | None = None) -> defaultdict[str, list[StoredScore]]:
    """Return the scores of the models in the lent table `lent_profiles`, by model, the current ones first.

    Those of single files of a repository are among them. With `instruments` those on instruments of these names alone.
    """
    every = {row.pop("number"): _measured(**row) for row in _rows(database, "profiles/identities")}
    found: defaultdict[str, list[StoredScore]] = defaultdict(list)
    asked = None if instruments is None else sorted(instruments)
    result = database.run("profiles/scores", instruments=asked)
    names = result.columns[2:]
    for model, number, *values in result.rows:
        told: Fields = dict(zip(names, values, strict=True))
        found[cast("str", model)].append(StoredScore(**every[number], **told))
    return found


def _listed(topics: list[Topic]) -> tuple[str, ...]:
    """Return the domains that an analyst would list a model under."""
    return tuple(sorted({topic.domain for topic in topics if topic.confidence >= LISTED_CONFIDENCE}))


def _measured(*, construct: str, direction: str, **row: Any) -> Fields:  # noqa: ANN401 - the columns of a statement
    """Return what the scores of an identity share."""
    identity = Identity(**{name: row.pop(name) for name in IDENTITY})
    return {"identity": identity, "construct": Construct(construct), "direction": Direction(direction), **row}


def _read_drift(database: Database, domains: Mapping[str, tuple[str, ...]]) -> defaultdict[str, list[DriftRow]]:
    """Return the drift of the models in the lent table `lent_profiles`, by model."""
    found: defaultdict[str, list[DriftRow]] = defaultdict(list)
    result = database.run("profiles/drift")
    identities = {one.key: one for one in load_identities(database)} if result.rows else {}
    for values in result.rows:
        row: Fields = dict(zip(result.columns, values, strict=True))
        for name, kinds in DRIFT_KINDS.items():
            row[name] = kinds[row[name]]
        if (one := identities.get(row["instrument"])) is not None:
            row |= one.judge_fields
            if row["delta"] is not None and one.noise is not None:
                count = np.array([np.nan if row["items"] is None else row["items"]], dtype=np.float64)
                row["noise_floor"] = in_points(float(one.noise_floor(count)[0]))
        found[row["model"]].append(DriftRow(domains=domains.get(row["model"], ()), **row))
    return found
