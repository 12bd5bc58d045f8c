"""0/1 items of both models: the exact test, published limits, and the coverage of all outcomes added up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln, xlogy
from scipy.stats import binomtest

from lineage.statistics.comparison import FIELDS
from lineage.statistics.paired_rates import compare_flips, flip_score

FLIPS = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2_000)).filter(sum)


def probabilities(items: int, worse: float, better: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return every outcome (worsened, recovered) of so many items, and how probable it is."""
    worsened, recovered = (grid.ravel().astype(float) for grid in np.indices((items + 1, items + 1)))
    is_possible = worsened + recovered <= items
    worsened, recovered = worsened[is_possible], recovered[is_possible]
    rest = items - worsened - recovered
    log = gammaln(items + 1) - gammaln(worsened + 1) - gammaln(recovered + 1) - gammaln(rest + 1)
    log += xlogy(worsened, worse) + xlogy(recovered, better) + xlogy(rest, 1 - worse - better)
    return worsened, recovered, np.exp(log)


def test_a_published_table() -> None:
    """Bentur (2009) as analysed by Fagerland, Lydersen and Laake (2014): 1 and 7 of 21; exact p and Tango's limits."""
    found = compare_flips(1, 7, 21)
    assert found.p_value[0] == pytest.approx(0.0703, abs=5e-5) == 18 / 256
    assert found.ci_low[0] == pytest.approx(-0.517, abs=5e-4)
    assert found.ci_high[0] == pytest.approx(-0.026, abs=5e-4)
    assert flip_score(found.delta * 0 + 1, found.delta * 0 + 7, found.count, 0.0)[0] == pytest.approx(-6 / 8**0.5)


@given(FLIPS)
def test_the_p_value_is_scipys(flips: tuple[int, int, int]) -> None:
    """The p-value is that of `binomtest` over the items that flipped, and 1 where none did."""
    worsened, recovered, same = flips
    found = compare_flips(worsened, recovered, worsened + recovered + same)
    flipped = worsened + recovered
    assert found.p_value[0] == pytest.approx(binomtest(worsened, flipped).pvalue if flipped else 1.0, rel=1e-9)


@given(FLIPS)
def test_swapping_the_sides_turns_everything_round(flips: tuple[int, int, int]) -> None:
    """Delta and limits change their sign; errors and p-values stay."""
    worsened, recovered, same = flips
    items = worsened + recovered + same
    found, turned = compare_flips(worsened, recovered, items), compare_flips(recovered, worsened, items)
    assert turned.delta == -found.delta
    assert [turned.ci_low, turned.ci_high] == [pytest.approx(-found.ci_high), pytest.approx(-found.ci_low)]
    for name in ("stderr", "p_value", "p_equivalence", "minimum_detectable"):
        assert getattr(turned, name) == pytest.approx(getattr(found, name), rel=1e-9, nan_ok=True)


@given(FLIPS, st.sampled_from([0.01, 0.03, 0.2]))
def test_limits_hold_the_difference_and_agree_with_the_scores(flips: tuple[int, int, int], margin: float) -> None:
    """Limits are where the score is its quantile; equivalence at alpha is the interval of 1 - 2 alpha in the margin."""
    worsened, recovered, same = flips
    items = worsened + recovered + same
    found = compare_flips(worsened, recovered, items, alpha=0.1, margin=margin)
    assert -1 <= found.ci_low[0] <= found.delta[0] <= found.ci_high[0] <= 1
    counts = (np.array([float(worsened)]), np.array([float(recovered)]), np.array([float(items)]))
    is_one_way = (worsened == 0) != (recovered == 0)
    if found.ci_low[0] > -1 + 1e-9 and not is_one_way:
        assert flip_score(*counts, found.ci_low)[0] == pytest.approx(1.6449, abs=1e-3)
    is_inside = -margin < found.ci_low[0] and found.ci_high[0] < margin
    if not worsened + recovered:
        assert found.p_equivalence[0] == pytest.approx((1 - margin) ** items)
    elif is_one_way:
        exact = binomtest(max(worsened, recovered), items).proportion_ci(0.9)
        ends = sorted([exact.low, exact.high] if worsened else [-exact.high, -exact.low])
        assert found.ci_low[0] <= ends[0] + 1e-9
        assert found.ci_high[0] >= ends[1] - 1e-9
    elif abs(found.p_equivalence[0] - 0.05) > 1e-6:
        assert is_inside == (found.p_equivalence[0] <= 0.05)


def test_nothing_flipped_is_not_certainty() -> None:
    """Without a flip the limits are Wilson's for none of so many, and equivalence needs about a hundred items."""
    few, many = compare_flips(0, 0, 50), compare_flips(0, 0, 100)
    assert few.ci_high[0] == -few.ci_low[0] == pytest.approx(1.959964**2 / (50 + 1.959964**2), abs=1e-6)
    assert few.stderr[0] == pytest.approx(1 / 52)
    assert few.p_value[0] == 1
    assert few.p_equivalence[0] > 0.05 > many.p_equivalence[0]


def test_no_items_say_nothing() -> None:
    """Pairs without items are unknown in every field, and leave the others as they are."""
    found = compare_flips([0, 3], [0, 1], [0, 40])
    assert all(np.isnan(getattr(found, name)[0]) and not np.isnan(getattr(found, name)[1]) for name in FIELDS)


@pytest.mark.parametrize("items", [50, 100, 200])
@pytest.mark.parametrize(("flipping", "delta"), [(0.1, 0.0), (0.1, 0.03), (0.25, 0.1), (0.5, 0.0)])
def test_the_stated_rates_hold_exactly(items: int, flipping: float, delta: float) -> None:
    """Over all outcomes: limits hold the truth in 94 to 98 of 100, false changes and equivalences stay at 5 at most."""
    worsened, recovered, weight = probabilities(items, (flipping + delta) / 2, (flipping - delta) / 2)
    found = compare_flips(worsened, recovered, items, margin=max(delta, 0.03))
    covers = float(weight[(found.ci_low <= delta) & (delta <= found.ci_high)].sum())
    assert 0.94 <= covers <= 0.98
    if delta == 0:
        assert float(weight[found.p_value <= 0.05].sum()) <= 0.05
    else:
        assert float(weight[found.p_equivalence <= 0.05].sum()) <= 0.055
