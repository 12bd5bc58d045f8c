"""Whether instruments agree on drift, beyond what chance would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.contradictions import FEW, wilson_interval
from lineage.study.correlations import pearson, spearman
from lineage.study.inputs import StudyTable, as_result
from lineage.study.told_columns import NOBODY, ToldColumns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.study.told_columns import ToldInstrument

    Places = NDArray[np.intp]
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


def agreement_table(rows: Iterable[DriftRow] | ToldColumns) -> StudyTable:
    """Return how far any two instruments agree, one row per pair."""
    return StudyTable(
        name="instrument_pairs",
        title="Do instruments agree on drift?",
        note=PAIRS_NOTE,
        result=as_result(compare_instruments(rows), InstrumentPair),
    )


def compare_instruments(rows: Iterable[DriftRow] | ToldColumns) -> tuple[InstrumentPair, ...]:
    """Return every pair of safety instruments that some derivative has both of, sorted by name."""
    told = ToldColumns.of(rows).by_model
    of_each = [np.flatnonzero(told.instrument == place) for place in range(len(told.instruments))]
    place = np.full(len(told.models), NOBODY, dtype=np.intp)
    found = []
    for first, mine in enumerate(of_each):
        place[told.model[mine]] = mine
        for second in range(first + 1, len(of_each)):
            others = of_each[second]
            ours = place[told.model[others]]
            is_common = (ours != NOBODY) & (told.reference[ours] == told.reference[others])
            if is_common.any():
                pair = told.instruments[first], told.instruments[second]
                found.append(_instrument_pair(told, pair, ours[is_common], others[is_common]))
        place[told.model[mine]] = NOBODY
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


def _instrument_pair(
    told: ToldColumns, pair: tuple[ToldInstrument, ToldInstrument], ours: Places, others: Places
) -> InstrumentPair:
    """Return how far two instruments agree; `ours` and `others` are the places of their comparisons."""
    one, other = pair
    signs, other_signs = told.sign[ours], told.sign[others]
    moved = (signs != 0) & (other_signs != 0)
    same, count = int((signs[moved] == other_signs[moved]).sum()), int(moved.sum())
    low, high = wilson_interval(same, count)
    by_chance, kappa = sign_kappa(signs, other_signs)
    families = int(np.count_nonzero(np.bincount(told.family[ours])))
    straight = pearson(told.delta[ours], told.delta[others], families)
    return InstrumentPair(
        first=one.key,
        second=other.key,
        same_construct=one.construct == other.construct,
        derivatives=len(ours),
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
        spearman=spearman(told.delta[ours], told.delta[others], families).value,
    )
