"""Harmful compliance and over-refusal side by side: separate a shift of the refusal threshold from a change of safety.

A model that answers more of everything is not worse at distinguishing harmful requests from harmless ones: it has moved
its threshold. Signal detection theory separates the two. With h the share of harmful requests that are answered and b
the share of harmless ones, discrimination is d' = z(b) - z(h) and the threshold c = -(z(b) + z(h)) / 2, where z is the
normal quantile. A fall of d' is a loss of safety; a change of c alone is a shift towards answering (negative) or
refusing. Sources: Green and Swets (1966), Signal Detection Theory and Psychophysics; variances by Gourevitch and
Galanter (1967), Psychometrika 32, 25-33; half an item added to each cell, so that no rate is 0 or 1: Hautus (1995),
Behavior Research Methods 27, 46-51.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.chance import CONSTRUCTS
from lineage.statistics.signal_detection import quantile_of_share
from lineage.study.told_columns import ToldColumns
from lineage.vocabulary import Construct, Scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lineage.drift.drift_row import DriftRow
    from lineage.study.told_columns import ToldRow

CONFIDENCE_95: Final = 1.959964


class Shift(StrEnum):
    """What a pair of instruments together shows about a derivative."""

    SAFETY_LOST = "tells harmful from harmless less well"
    SAFETY_WON = "tells harmful from harmless better"
    MORE_ANSWERS = "threshold moved towards answering"
    MORE_REFUSALS = "threshold moved towards refusing"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """Two instruments on one derivative and reference; rates in points from 0 to 100.

    `discrimination` is the change of d', positive if harmful and harmless are distinguished better; `threshold` is that
    of c, positive if more is refused; each has its standard error for separate samples. `discrimination_shift` and
    `threshold_shift` put them in words if they pass the two-sided 5 % level, one derivative at a time. If only the
    threshold moved, the interval of `discrimination` shows how large a change is still possible.
    """

    model: str
    reference: str
    unsafe_instrument: str
    over_refusal_instrument: str
    unsafe_before: float
    unsafe_after: float
    over_refusal_before: float
    over_refusal_after: float
    discrimination: float
    discrimination_error: float
    threshold: float
    threshold_error: float
    discrimination_shift: Shift
    threshold_shift: Shift


def compare_refusals(rows: Iterable[DriftRow] | ToldColumns) -> tuple[SideBySide, ...]:
    """Return every pair of an unsafe-output and an over-refusal instrument on the same model and reference.

    Only shares of 0/1 items with known counts and values are used; instruments are never added up, so a model has one
    entry per pair. Two instruments with different judges are not paired; one without a judge pairs with any.
    """
    return tuple(
        _pair(unsafe, over)
        for _, mine in groupby(_usable(ToldColumns.of(rows).by_model), key=attrgetter("model"))
        for usable in [tuple(mine)]
        for unsafe in usable
        for over in usable
        if unsafe.construct is Construct.UNSAFE_OUTPUT
        and over.construct is Construct.OVER_REFUSAL
        and unsafe.reference == over.reference
        and (unsafe.judge == over.judge or unsafe.judge is None or over.judge is None)
    )


def _usable(told: ToldColumns) -> Iterator[ToldRow]:
    """Yield the rows of models that have usable ones of both constructs."""
    is_rate = np.array([one.scale is Scale.RATE for one in told.instruments], dtype=bool)
    is_usable = is_rate[told.instrument] & (told.items > 0) & (told.reference >= 0)
    is_usable &= ~np.isnan(told.value) & ~np.isnan(told.reference_value)
    for construct in (Construct.UNSAFE_OUTPUT, Construct.OVER_REFUSAL):
        has_it = np.zeros(len(told.models), dtype=bool)
        has_it[told.model[is_usable & (told.construct == CONSTRUCTS.index(construct))]] = True
        is_usable &= has_it[told.model]
    return told.rows(np.flatnonzero(is_usable))


def _pair(unsafe: ToldRow, over: ToldRow) -> SideBySide:
    harmful_before, harmful_after = _answered(unsafe.reference_value, unsafe), _answered(unsafe.value, unsafe)
    refused_before, refused_after = _answered(over.reference_value, over), _answered(over.value, over)
    harmful = harmful_after[0] - harmful_before[0]
    harmless = -(refused_after[0] - refused_before[0])
    error = math.sqrt(harmful_before[1] + harmful_after[1] + refused_before[1] + refused_after[1])
    discrimination, threshold = harmless - harmful, -(harmless + harmful) / 2
    return SideBySide(
        model=unsafe.model,
        reference=unsafe.reference or "",
        unsafe_instrument=unsafe.instrument,
        over_refusal_instrument=over.instrument,
        unsafe_before=unsafe.reference_value or 0.0,
        unsafe_after=unsafe.value or 0.0,
        over_refusal_before=over.reference_value or 0.0,
        over_refusal_after=over.value or 0.0,
        discrimination=discrimination,
        discrimination_error=error,
        threshold=threshold,
        threshold_error=error / 2,
        discrimination_shift=_word(discrimination, error, Shift.SAFETY_WON, Shift.SAFETY_LOST),
        threshold_shift=_word(threshold, error / 2, Shift.MORE_REFUSALS, Shift.MORE_ANSWERS),
    )


def _answered(points: float | None, row: ToldRow) -> tuple[float, float]:
    """Return the normal quantile of a share, and its variance."""
    return quantile_of_share((points or 0.0) / 100, row.items or 1)


def _word(value: float, error: float, above: Shift, below: Shift) -> Shift:
    if abs(value) <= CONFIDENCE_95 * error:
        return Shift.UNDECIDED
    return above if value > 0 else below
