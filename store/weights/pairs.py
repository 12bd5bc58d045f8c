"""Comparisons of models by their weights: of the two ends of an edge, and of models whose rows look alike."""

from __future__ import annotations

from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.weights.adapter_verdict import judge_weights
from lineage.weights.origin_table import show_p
from lineage.weights.sketch import SketchIndex, WeightSketch, draw_sketch
from store.lent_columns import as_columns
from store.weights.readings import find_readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from lineage.weights.weight_rows import WeightRows
    from store.database import Database, Row

MOST_NEAR: Final = 5
"""Models that look most alike are compared, so many for each: a large family is no pair by pair."""
_BATCH: Final = 500
PAIR_COLUMNS: Final = (
    "a", "b", "a_sha", "b_sha", "verdict", "contradicts", "p", "log10_p", "fixed_points", "columns", "rows",
    "correlation", "agreement", "equal_share", "change", "reason",
)  # fmt: skip
IdPair = tuple[str, str]


def compare_new(database: Database, *, crawl: int, now: datetime) -> int:
    """Compare the ends of edges that were read and not compared yet, and what a crawl read with what looks like it.

    Returns how many pairs were compared; each batch of them is a transaction of its own.
    """
    edges = cast("list[IdPair]", list(database.run("weights/edge_pairs").rows))
    compared = _compare_all(database, edges, now)
    near = sorted(set(_near_pairs(database, crawl)) - _compared(database))
    return compared + _compare_all(database, near, now)


def find_relatives(database: Database, ours: WeightRows) -> dict[str, WeightRows]:
    """Return what is kept of a model's parents and of the models that look most like it, by id."""
    names = [str(parent) for (parent,) in database.run("weights/parents_of", model=ours.model).rows]
    embedding = next((one for one in ours.matrices if one.is_embedding), None)
    sketch = None if embedding is None else draw_sketch(embedding.rows)
    if embedding is not None and sketch is not None:
        for index in _indexes(database, [embedding.columns]):
            names += index.nearest(sketch, but=ours.model)
    found = find_readings(database, names)
    return {name: found[name] for name in dict.fromkeys(names) if name in found and name != ours.model}


def _compare_all(database: Database, pairs: Sequence[IdPair], now: datetime) -> int:
    compared = 0
    for start in range(0, len(pairs), _BATCH):
        batch = pairs[start : start + _BATCH]
        found = find_readings(database, (name for pair in batch for name in pair))
        rows = [_row(found[a], found[b]) for a, b in batch if a in found and b in found]
        with database.transaction(), database.columns("lent_pairs", **as_columns(PAIR_COLUMNS, rows)):
            database.run("weights/add_pairs", now=now)
            database.run("weights/note_compared")
            database.run("ingest/mark_changed")
        compared += len(rows)
    return compared


def _row(a: WeightRows, b: WeightRows) -> Row:
    verdict = judge_weights(a, b)
    test = verdict.test
    return (
        a.model,
        b.model,
        a.revision,
        b.revision,
        verdict.kind,
        verdict.is_contradiction,
        show_p(test.log10_p) if test else None,
        test and test.log10_p,
        test and test.fixed_points,
        test and test.units,
        test and test.rows,
        test and test.correlation,
        verdict.agreement,
        verdict.equal_share,
        verdict.change,
        verdict.reason,
    )


def _compared(database: Database) -> set[IdPair]:
    return cast("set[IdPair]", set(database.run("weights/compared").rows))


def _near_pairs(database: Database, crawl: int) -> Iterable[IdPair]:
    """Return what a crawl read with the models that look most like it, the ids of each pair in order."""
    widths = [cast("int", width) for (width,) in database.run("weights/new_widths", crawl=crawl).rows]
    for index in _indexes(database, widths, crawl=crawl):
        for name, sketch in index.new():
            for other in index.nearest(sketch, but=name):
                yield (min(name, other), max(name, other))


class _NamedSketches:
    """The sketches of embeddings of one width, with the ids of their models."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._names = [str(row[0]) for row in rows]
        self._bits = [cast("bytes", row[2]) for row in rows]
        self._counts = np.array([row[3] for row in rows], dtype=np.uint8)
        self._is_new = [bool(row[4]) for row in rows]
        words = np.frombuffer(b"".join(self._bits), dtype=np.uint8).reshape(len(rows), -1)
        self._index = SketchIndex(words, self._counts)

    def new(self) -> Iterator[tuple[str, WeightSketch]]:
        """Yield the models that were read by the crawl in question, with their sketches."""
        for place, is_new in enumerate(self._is_new):
            if is_new:
                yield self._names[place], WeightSketch(bits=self._bits[place], rows=int(self._counts[place]))

    def nearest(self, sketch: WeightSketch, *, but: str) -> list[str]:
        """Return the models that look most like a sketch, nearest first, at most five."""
        names = (self._names[near.place] for near in self._index.find_near(sketch))
        return list(islice((name for name in names if name != but), MOST_NEAR))


def _indexes(database: Database, widths: Sequence[int], *, crawl: int | None = None) -> Iterator[_NamedSketches]:
    """Yield the sketches of each width; those of `crawl` are the new ones, none without it."""
    rows = database.run("weights/sketches", widths=list(widths), crawl=crawl).rows
    for _, group in groupby(rows, key=itemgetter(1)):
        yield _NamedSketches(list(group))
