"""Whether instruments agree on drift, beyond what chance would give."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.contradictions import FEW, wilson_interval
from lineage.drift.drift_row import by_model, told_of_safety
from lineage.study.correlations import pearson, spearman
from lineage.study.inputs import StudyTable, as_result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow

    Key = tuple[str, str | None]
    Signs = NDArray[np.int8]

PAIRS_NOTE: Final = (
    "Over derivatives that both have, against the same reference. `same_sign` counts only those that moved on both; "
    "`by_chance` is what two instruments would agree on that rise and fall as often as these do but know nothing of "
    "each other; kappa is the agreement beyond it, 1 for full and 0 for none. Correlations are of the differences, "
    "with intervals as of so many families; that of agreement is Wilson's of derivatives, too narrow where they share "
    "a base."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentPair:
    """Two instruments over the derivatives that have both; None if too few moved to tell."""

    first: str
    second: str
    same_construct: bool
    derivatives: int
    families: int
    both_moved: int
    same_sign: int
    agreement: float | None
    low: float | None
    high: float | None
    by_chance: float | None
    kappa: float | None
    pearson: float | None
    pearson_low: float | None
    pearson_high: float | None
    spearman: float | None

    @property
    def is_few(self) -> bool:
        """Whether there are too few derivatives to conclude much."""
        return self.derivatives < FEW


def agreement_table(rows: Iterable[DriftRow]) -> StudyTable:
    """Return how far any two instruments agree, one row per pair."""
    return StudyTable(
        name="instrument_pairs",
        title="Do instruments agree on drift?",
        note=PAIRS_NOTE,
        result=as_result(compare_instruments(rows), InstrumentPair),
    )


def compare_instruments(rows: Iterable[DriftRow]) -> tuple[InstrumentPair, ...]:
    """Return every pair of safety instruments that some derivative has both of, sorted by name."""
    by_instrument: dict[str, dict[Key, DriftRow]] = defaultdict(dict)
    for mine in by_model(told_of_safety(rows)).values():
        for row in mine:
            by_instrument[row.instrument][row.model, row.reference] = row
    found = []
    for first, second in combinations(sorted(by_instrument), 2):
        common = sorted(by_instrument[first].keys() & by_instrument[second].keys(), key=str)
        if common:
            pairs = [(by_instrument[first][key], by_instrument[second][key]) for key in common]
            found.append(_instrument_pair(pairs))
    return tuple(found)


def kappa_of(agreement: float, by_chance: float) -> float | None:
    """Return agreement beyond chance; None if chance alone always agrees. Source: Cohen (1960), EPM 20, 37-46."""
    return None if by_chance >= 1 else (agreement - by_chance) / (1 - by_chance)


def sign_kappa(first: Signs, second: Signs) -> tuple[float | None, float | None]:
    """Return agreement by chance and kappa over what moved on both instruments; None and None if nothing did."""
    moved = (first != 0) & (second != 0)
    if not moved.any():
        return None, None
    rises, others = float((first[moved] > 0).mean()), float((second[moved] > 0).mean())
    by_chance = rises * others + (1 - rises) * (1 - others)
    return by_chance, kappa_of(float((first[moved] == second[moved]).mean()), by_chance)


def _instrument_pair(pairs: Sequence[tuple[DriftRow, DriftRow]]) -> InstrumentPair:
    deltas = np.array([(first.delta, second.delta) for first, second in pairs], dtype=np.float64)
    signs = np.array([(first.sign, second.sign) for first, second in pairs], dtype=np.int8)
    moved = (signs != 0).all(axis=1)
    same = int((signs[moved, 0] == signs[moved, 1]).sum())
    count = int(moved.sum())
    low, high = wilson_interval(same, count)
    by_chance, kappa = sign_kappa(signs[:, 0], signs[:, 1])
    families = len({first.root or first.reference for first, _ in pairs})
    straight = pearson(deltas[:, 0], deltas[:, 1], families)
    first, second = pairs[0]
    return InstrumentPair(
        first=first.instrument,
        second=second.instrument,
        same_construct=first.construct == second.construct,
        derivatives=len(pairs),
        families=families,
        both_moved=count,
        same_sign=same,
        agreement=same / count if count else None,
        low=low,
        high=high,
        by_chance=by_chance,
        kappa=kappa,
        pearson=straight.value,
        pearson_low=straight.low,
        pearson_high=straight.high,
        spearman=spearman(deltas[:, 0], deltas[:, 1], families).value,
    )
