"""Agreement of instruments on drift, beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.study.agreement import compare_instruments, kappa_of

if TYPE_CHECKING:
    from tests.lineage.study.conftest import RowMaker


def test_instruments_agree_beyond_chance_or_not(row: RowMaker) -> None:
    """Two that follow each other have kappa 1; one that rises always agrees with anything only as chance has it."""
    rows = []
    for place, delta in enumerate([1.0, -2.0, 3.0, -4.0, 5.0, 0.0]):
        model, base = f"m{place}", f"b{place}"
        rows += [
            row(model, "x", delta, reference=base),
            row(model, "y", 2 * delta, reference=base),
            row(model, "z", 7.0 + place, reference=base),
        ]
    follows, rises, _ = compare_instruments(rows)
    assert (follows.first, follows.second, follows.derivatives, follows.families) == ("x", "y", 6, 6)
    assert (follows.both_moved, follows.same_sign) == (5, 5)
    assert follows.kappa == pytest.approx(1)
    assert follows.pearson == pytest.approx(1)
    assert (rises.second, rises.same_sign, rises.kappa) == ("z", 3, 0)
    assert rises.by_chance == pytest.approx(0.6)


def test_only_the_same_comparison_is_compared(row: RowMaker) -> None:
    """Drift against different references is no pair, nor where no model has both."""
    rows = [row("a", "x", 1.0), row("a", "y", 1.0, reference="ash/base"), row("b", "z", 1.0)]
    assert compare_instruments(rows) == ()


def test_chance_is_told_for_unrelated_instruments(row: RowMaker) -> None:
    """Instruments that know nothing of each other have kappa and correlations of about 0."""
    random = np.random.default_rng(8)
    rows = [
        row(f"m{n}", name, float(random.normal(0.5)), reference=f"b{n}") for n in range(1500) for name in ("x", "y")
    ]
    (found,) = compare_instruments(rows)
    assert abs(found.kappa or 1) < 0.1
    assert abs(found.pearson or 1) < 0.1
    assert found.pearson_low is not None
    assert found.pearson_high is not None
    assert found.pearson_low < 0 < found.pearson_high


def test_agreement_that_chance_gives_is_none() -> None:
    """Kappa of agreement by chance is 0, and undefined where chance alone agrees on everything."""
    assert kappa_of(0.8, 0.8) == 0
    assert kappa_of(1.0, 1.0) is None
