"""Predictions from a database: what the relatives' scores suggest for models that nobody scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.prediction.belief_forest import plant
from lineage.prediction.predicted_row import CalibrationRow, PredictedRow, calibration_row, predict_slot, predicted_rows
from store.derive.graph_cache import open_graph
from store.drift.measure import check_instruments
from store.queries.known_domains import known_names
from store.queries.select import select
from store.scores.current import load_current_scores, load_identities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """Predictions for the requested models, and how well predictions did on each instrument."""

    rows: tuple[PredictedRow, ...]
    calibration: tuple[CalibrationRow, ...]


def predict_models(
    database: Database, selector: str | None, *, instruments: Sequence[str] | None = None, informed_only: bool = True
) -> Predicted:
    """Predict the models that a selector matches (None for all) on every instrument on which they have no score.

    `informed_only` leaves out models without a scored relative. Raises what `store.queries.select.select` raises, and
    UnknownInstrument.
    """
    stored = open_graph(database)
    graph = stored.graph
    identities, current = load_identities(database), load_current_scores(database)
    check_instruments(instruments or (), identities)
    nodes = np.arange(graph.size, dtype=np.int32) if selector is None else select(database, selector)
    domains, forest = surest_domains(database, graph.size), plant(graph)
    rows: list[PredictedRow] = []
    calibration: list[CalibrationRow] = []
    for slot, one in {one.slot: one for one in reversed(identities)}.items():
        if instruments and one.instrument.name not in instruments:
            continue
        found = predict_slot(graph, current, slot, nodes, domains, forest)
        told = predicted_rows(found, one, stored.index.id)
        rows.extend(row for row in told if row.is_informed or not informed_only)
        fared = calibration_row(found, one)
        calibration.extend([fared] if fared is not None else [])
    return Predicted(
        rows=tuple(sorted(rows, key=lambda row: (row.model, row.name, row.instrument))),
        calibration=tuple(sorted(calibration, key=lambda row: (row.name, row.instrument))),
    )


def surest_domains(database: Database, size: int) -> NDArray[np.int64]:
    """Return the domain of every node with the highest confidence, as an index into the known ones, -1 for none."""
    domains = np.full(size, -1, dtype=np.int64)
    known = database.arrays("drift/node_domains", domains=known_names(database), confidence=LISTED_CONFIDENCE)
    domains[known["node"]] = known["domain"]
    return domains
