"""What is kept of close readings for predictions of drift: some sums of each part of a model, at a commit."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.weights.module_sketch import ModuleSketch, sketch_modules
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from lineage.weights.span_rows import SpanReading
    from lineage.weights.tensor_roles import TensorRole
    from store.database import Database, Row

COLUMNS = ("model", "sha", "role", "layer", "first_row", "stop_row", "columns", "sums")


def keep_modules(database: Database, readings: Sequence[SpanReading], now: datetime) -> int:
    """Keep what was read of the parts of some models in place of what was kept of them; returns how many parts.

    The caller holds the transaction.
    """
    rows = [_row(reading, one) for reading in readings for one in sketch_modules(reading)]
    names = as_columns(("model",), ((reading.model,) for reading in readings))
    with database.columns("lent_asked_names", **names):
        database.run("weight_modules/drop")
        if rows:
            with database.columns("lent_modules", **as_columns(COLUMNS, rows)):
                database.run("weight_modules/add", now=now)
    return len(rows)


def find_modules(database: Database, models: Iterable[str]) -> dict[str, tuple[ModuleSketch, ...]]:
    """Return what is kept of the parts of some models, by id; those of which nothing is kept are left out."""
    with database.columns("lent_asked_names", **as_columns(("model",), ((name,) for name in sorted(set(models))))):
        rows = database.run("weight_modules/modules").rows
    return {str(model): tuple(map(_sketch, parts)) for model, parts in groupby(rows, key=itemgetter(0))}


def _row(reading: SpanReading, one: ModuleSketch) -> Row:
    return (
        reading.model,
        reading.revision,
        one.role,
        one.layer,
        one.first_row,
        one.stop_row,
        one.columns,
        one.sums.tobytes(),
    )


def _sketch(row: Row) -> ModuleSketch:
    _, role, layer, first_row, stop_row, columns, sums = row
    return ModuleSketch(
        role=cast("TensorRole", role),
        layer=cast("int | None", layer),
        first_row=cast("int", first_row),
        stop_row=cast("int", stop_row),
        columns=cast("int", columns),
        sums=np.frombuffer(cast("bytes", sums), dtype=np.float32),
    )
