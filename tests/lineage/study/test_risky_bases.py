"""Bases by what became of their derivatives, and the sentences that begin a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import binom

from lineage.study.inputs import StudyInputs
from lineage.study.risky_bases import LEAST_DERIVATIVES, median_interval, risky_bases_table
from lineage.study.study_findings import NAME
from lineage.study.tables import study_tables
from lineage.vocabulary import Construct, Verdict

if TYPE_CHECKING:
    from lineage.drift.drift_row import DriftRow
    from tests.lineage.study.conftest import RowMaker


@pytest.fixture(name="rows")
def fixture_rows(row: RowMaker) -> list[DriftRow]:
    """Return seven derivatives of a risky base, six of a safe one, and five of one that is not measured enough."""
    risky = [row(f"a/{n}", "x", n, verdict=Verdict.WORSE if n > 4 else Verdict.UNDECIDED) for n in range(7)]
    safe = [row(f"b/{n}", "x", -n, reference="elm/safe", verdict=Verdict.BETTER) for n in range(6)]
    few = [row(f"c/{n}", "x", 50.0, reference="fir/few", verdict=Verdict.WORSE) for n in range(5)]
    second = [row("a/6", "over", -8.0, construct=Construct.OVER_REFUSAL, verdict=Verdict.BETTER)]
    return [*risky, *safe, *few, *second, row("a/0", "y", None)]


def test_bases_stand_by_their_median_and_never_with_few_derivatives(rows: list[DriftRow]) -> None:
    """Per construct; what is left out is counted, and the median of six or seven lies within least and greatest."""
    table = risky_bases_table(rows)
    first, second = table.result.records()
    assert (first["base"], first["rank"], first["derivatives"], first["worse"]) == ("oak/base", 1, 7, 2)
    assert (first["median"], first["median_low"], first["median_high"]) == (3.0, 0.0, 6.0)
    assert (second["base"], second["rank"], second["median"], second["better"]) == ("elm/safe", 2, -2.5, 6)
    assert first["share_worse_low"] < 2 / 7 < first["share_worse_high"]  # type: ignore[operator] # both are numbers
    assert "2 of 4 pairs of base and construct are left out" in table.note


@pytest.mark.parametrize("count", [LEAST_DERIVATIVES, 7, 8, 9, 17, 40, 101])
def test_the_interval_of_a_median_holds_what_it_promises(count: int) -> None:
    """By the binomial distribution it misses at most 5 % of the time, and the next narrower one more often."""
    low, high = median_interval(list(map(float, range(count))))
    assert low + high == count - 1
    assert 2 * binom.cdf(low, count, 0.5) <= 0.05 < 2 * binom.cdf(low + 1, count, 0.5)
    assert np.isfinite([low, high]).all()


def test_a_study_begins_with_five_sentences(rows: list[DriftRow]) -> None:
    """They tell the changes, the largest, the contradictions beside noise, the bases, and what is open."""
    first, *_ = study_tables(rows, StudyInputs())
    assert first.name == NAME
    changes, largest, signs, bases, prediction = (str(one) for (one,) in first.result.rows)
    assert changes == (
        "Of 18 derivatives compared on 2 instruments of safety, 7 are worse on at least one (chance alone "
        "would call fewer than 1 worse on average, and none in 19 of 20 such lists) and 7 better on at least one; 1 "
        "comparison is withheld."
    )
    assert largest.startswith("The largest supported change: c/0 is riskier on x than fir/few, +50.0 points")
    assert signs.startswith("Of 1 derivative with two or more instruments, 1 is riskier on one and safer on another, 1")
    assert bases == (
        "On unsafe output, the riskiest base is oak/base (median +3.0 points, +0.0 to +6.0, over 7 derivatives, 2 "
        "worse) and the least risky elm/safe (median -2.5 points, -5.0 to +0.0, over 6 derivatives, 0 worse)."
    )
    assert prediction.startswith("Fewer than 5 families")
