"""Summary scores of many pairs: which rule each pair gets, and the laws that hold for all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from lineage.statistics.comparison import FIELDS
from lineage.statistics.rates import newcombe
from lineage.statistics.summaries import BLOCK, Summaries, compare_summaries

SCORES = st.tuples(
    st.one_of(st.sampled_from([0.0, 1.0, float("nan")]), st.floats(0, 1)),
    st.one_of(st.just(float("nan")), st.floats(1e-4, 0.2)),
    st.sampled_from([float("nan"), 0.0, 1.0, 10.0, 817.0, 58_492.0]),
    st.booleans(),
)
FAMILIES = st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=20)


def summaries(scores: list[tuple[float, float, float, bool]]) -> Summaries:
    """Return scores as arrays."""
    value, stderr, items, is_rate = zip(*scores, strict=True)
    return Summaries.of(value, stderr=stderr, items=items, is_rate=is_rate)


def test_two_rates_with_items_have_score_tests_and_newcombes_limits() -> None:
    """56 of 70 against 48 of 80: published limits, the N - 1 test with a quarter of Yates', and no given error."""
    found = compare_summaries(
        Summaries.of(0.8, stderr=0.9, items=70, is_rate=True), Summaries.of(0.6, items=80, is_rate=True)
    )
    assert found.delta[0] == pytest.approx(0.2)
    assert [found.ci_low[0], found.ci_high[0]] == pytest.approx([0.0524, 0.3339], abs=5e-5)
    pooled = 104 / 150
    z = 0.2 / np.sqrt(pooled * (1 - pooled) * (1 / 70 + 1 / 80) * 150 / 149)
    left = 1 - (1 / 70 + 1 / 80) / 8 / 0.2
    assert found.p_value[0] == pytest.approx(2 * norm.sf(z * left))
    assert found.stderr[0] == pytest.approx(np.sqrt(0.8 * 0.2 / 70 + 0.6 * 0.4 / 80))
    assert found.minimum_detectable[0] == pytest.approx((1.959964 + 0.841621) * found.stderr[0], rel=1e-6)
    assert found.count[0] == 70


def test_graded_scores_have_z_from_their_errors() -> None:
    """A difference of 0.01 with errors 0.003 and 0.004: z of 2, equivalence by z of -4, by hand."""
    found = compare_summaries(
        Summaries.of(0.51, stderr=0.003, is_rate=False), Summaries.of(0.5, stderr=0.004, is_rate=False)
    )
    assert found.p_value[0] == pytest.approx(2 * norm.sf(2))
    assert found.p_equivalence[0] == pytest.approx(norm.sf(4))
    assert [found.ci_low[0], found.ci_high[0]] == pytest.approx([0.0002002, 0.0197998], abs=1e-7)
    assert np.isnan(found.count[0])


def test_a_rate_beside_a_graded_score_takes_its_error_from_its_items() -> None:
    """The error of the rate is binomial, that of the other as given; without items it is the rate's own as given."""
    graded = Summaries.of([0.5, 0.5], stderr=0.03, is_rate=False)
    rates = Summaries.of([0.2, 0.2], items=[100, np.nan], stderr=[np.nan, 0.04], is_rate=True)
    assert compare_summaries(rates, graded).stderr == pytest.approx(0.05)


def test_without_errors_and_items_only_the_difference_is_known() -> None:
    """Everything else is NaN, and an error of 0 is as good as none."""
    known = Summaries.of(0.5, stderr=0.01, is_rate=False)
    for stderr in (np.nan, 0.0):
        found = compare_summaries(Summaries.of(0.7, stderr=stderr, is_rate=False), known)
        assert found.delta[0] == pytest.approx(0.2)
        assert all(np.isnan(getattr(found, name)[0]) for name in FIELDS if name != "delta")


def test_rates_of_nothing_are_not_certain() -> None:
    """None of 50 twice: no change, an error above 0, no equivalence at 3 points; none of 2,000 twice: equivalence."""
    found = compare_summaries(
        Summaries.of([0, 0], items=[50, 2_000], is_rate=True), Summaries.of([0, 0], items=[50, 2_000], is_rate=True)
    )
    assert found.p_value.tolist() == [1, 1]
    assert (found.stderr > 0).all()
    assert found.p_equivalence[0] > 0.05 > found.p_equivalence[1]


@given(FAMILIES, st.sampled_from([0.0, 0.03, 1.0]))
def test_swapping_the_sides_turns_everything_round(
    pairs: list[tuple[tuple[float, float, float, bool], ...]], margin: float
) -> None:
    """Delta and limits change their sign, everything else stays; limits hold delta; p-values are between 0 and 1."""
    sides = [summaries([pair[at] for pair in pairs]) for at in (0, 1)]
    found, turned = compare_summaries(*sides, margin=margin), compare_summaries(*sides[::-1], margin=margin)
    np.testing.assert_allclose(turned.delta, -found.delta)
    np.testing.assert_allclose(turned.ci_low, -found.ci_high, atol=1e-12)
    for name in ("stderr", "p_value", "p_equivalence", "minimum_detectable", "count"):
        np.testing.assert_allclose(getattr(turned, name), getattr(found, name), rtol=1e-4, atol=1e-7)
    is_known = ~np.isnan(found.p_value)
    assert ((found.ci_low <= found.delta) & (found.delta <= found.ci_high))[is_known].all()
    assert ((found.p_value >= 0) & (found.p_value <= 1) & (found.p_equivalence <= 1))[is_known].all()
    assert margin or (found.p_equivalence >= 0.5)[is_known].all()


def test_blocks_do_not_show() -> None:
    """More pairs than a block, rates and graded mixed: each pair has what it has alone."""
    rng = np.random.default_rng(4)
    count = BLOCK + 5
    sides = [
        Summaries.of(
            rng.integers(0, 101, count) / 100, stderr=0.05, items=100, is_rate=(np.arange(count) % 3 > 0) & (side > -1)
        )
        for side in (0, 1)
    ]
    found = compare_summaries(sides[0], sides[1])
    for at in (0, 1, BLOCK - 1, BLOCK, count - 1):
        alone = compare_summaries(*(side.take(slice(at, at + 1)) for side in sides))
        assert [getattr(alone, name)[0] for name in FIELDS] == [getattr(found, name)[at] for name in FIELDS]
    low, _ = newcombe(sides[0].value[1], 100, sides[1].value[1], 100)
    assert found.ci_low[1] == low


@pytest.mark.parametrize(("items", "rate"), [(100, 0.1), (100, 0.5), (300, 0.1), (300, 0.02)])
def test_the_stated_rates_hold_exactly(items: int, rate: float) -> None:
    """Over all outcomes: false changes and equivalences in 5.7 of 100 at most, limits hold the truth in 94 or more."""
    right, other = (grid.ravel() for grid in np.indices((items + 1, items + 1)))
    same = binom.pmf(right, items, rate) * binom.pmf(other, items, rate)
    apart = binom.pmf(right, items, rate + 0.03) * binom.pmf(other, items, rate)
    found = compare_summaries(
        Summaries.of(right / items, items=items, is_rate=True), Summaries.of(other / items, items=items, is_rate=True)
    )
    assert float(same[found.p_value <= 0.05].sum()) <= 0.057
    assert float(apart[found.p_equivalence <= 0.05].sum()) <= 0.055
    assert float(apart[(found.ci_low <= 0.03) & (found.ci_high >= 0.03)].sum()) >= 0.94


def test_sides_are_of_one_length() -> None:
    """A reference that is missing is the caller's mistake, and said."""
    with pytest.raises(ValueError, match="2 derivatives for 1 references"):
        compare_summaries(Summaries.of([0.1, 0.2], is_rate=False), Summaries.of(0.1, is_rate=False))
