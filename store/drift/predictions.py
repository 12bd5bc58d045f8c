"""Predictions from a database: what the relatives' scores suggest for models that nobody scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.prediction.predicted_row import (
    CalibrationRow,
    PredictedRow,
    WeightCheckRow,
    calibration_row,
    predicted_rows,
    weight_check_rows,
)
from store.derive.graph_cache import open_graph
from store.drift.fitted_predictions import open_relatives
from store.drift.measure import check_instruments
from store.queries.select import select
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """Predictions for the requested models, how well predictions did on each instrument, and how well weights did."""

    rows: tuple[PredictedRow, ...]
    calibration: tuple[CalibrationRow, ...]
    weights: tuple[WeightCheckRow, ...]


def predict_models(
    database: Database, selector: str | None, *, instruments: Sequence[str] | None = None, informed_only: bool = True
) -> Predicted:
    """Predict the models that a selector matches (None for all) on every instrument on which they have no score.

    `informed_only` leaves out models without a scored relative. Raises what `store.queries.select.select` raises, and
    UnknownInstrument.
    """
    stored = open_graph(database)
    identities = load_identities(database)
    check_instruments(instruments or (), identities)
    nodes = np.arange(stored.graph.size, dtype=np.int32) if selector is None else select(database, selector)
    near = open_relatives(database, stored, nodes)
    rows: list[PredictedRow] = []
    calibration: list[CalibrationRow] = []
    weights: list[WeightCheckRow] = []
    for slot, one in {one.slot: one for one in reversed(identities)}.items():
        if instruments and one.instrument.name not in instruments:
            continue
        found = near.predict(slot, nodes)
        told = predicted_rows(found, one, stored.index.id)
        rows.extend(row for row in told if row.is_informed or not informed_only)
        fared = calibration_row(found, one)
        calibration.extend([fared] if fared is not None else [])
        rule = near.fitted(slot).weights
        weights.extend(weight_check_rows(rule.check, one) if rule is not None else ())
    return Predicted(
        rows=tuple(sorted(rows, key=lambda row: (row.model, row.name, row.instrument))),
        calibration=tuple(sorted(calibration, key=lambda row: (row.name, row.instrument))),
        weights=tuple(sorted(weights, key=lambda row: (row.name, row.instrument, row.left_out))),
    )
