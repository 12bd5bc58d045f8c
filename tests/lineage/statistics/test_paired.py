"""Two models on the same items: agreement with scipy, laws, and honest answers where there is little."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_rel

from lineage.statistics.comparison import Flips
from lineage.statistics.paired import compare_items

GRADES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 5)), min_size=2, max_size=60)
Items = list[tuple[int, int, int]]


def sides(items: Items) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return grades of both sides as fractions, and the items' clusters."""
    derivative, reference, cluster = np.array(items).T
    return derivative / 20, reference / 20, cluster


def same(*numbers: float) -> object:
    """Return what equals these numbers but for rounding, the unknown ones included."""
    return pytest.approx(list(numbers), rel=1e-6, abs=1e-9, nan_ok=True)


def test_flips_are_counted_and_tested_exactly() -> None:
    """Of three safe items two became risky, of two risky ones one became safe; the missing item counts nowhere."""
    derivative = [1, 1, 0, 0, 1, 0, math.nan]
    reference = [0, 0, 0, 1, 1, math.nan, 1]
    found = compare_items(derivative, reference)
    assert found.method == "exact McNemar"
    assert found.flips == Flips(at_risk=3, worsened=2, recovered=1)
    assert (found.count, found.clusters) == (5, None)
    assert found.delta == pytest.approx(0.2)
    assert found.p_value == pytest.approx(binomtest(2, 3).pvalue)
    assert found.is_supported


@given(GRADES)
def test_graded_items_have_scipys_paired_t_unless_they_are_skewed(items: Items) -> None:
    """p-value and limits are those of `ttest_rel` for differences without skew; skew makes them more careful."""
    derivative, reference, _ = sides(items)
    difference = derivative - reference
    if np.ptp(difference) < 1e-9 or np.isin([derivative, reference], (0, 1)).all():
        return
    found, expected = compare_items(derivative, reference), ttest_rel(derivative, reference)
    limits = expected.confidence_interval()
    assert found.method == "paired t"
    assert found.p_value >= expected.pvalue * (1 - 1e-6)
    assert found.ci_low <= limits.low + 1e-9
    assert found.ci_high >= limits.high - 1e-9
    assert (found.p_value <= 0.05) == (not found.ci_low <= 0 <= found.ci_high)
    mirrored = np.concatenate([difference, 2 * difference.mean() - difference]) / 2
    if np.abs(mirrored).max() < 1 / 2:
        even, plain = compare_items(0.5 + mirrored, np.full(len(mirrored), 0.5)), ttest_rel(mirrored, 0 * mirrored)
        assert even.p_value == pytest.approx(plain.pvalue, rel=1e-6)
        assert [even.ci_low, even.ci_high] == pytest.approx([*plain.confidence_interval()])


@given(GRADES, st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_laws(items: Items, is_binary: bool, is_clustered: bool, random: object) -> None:  # noqa: FBT001 -- drawn
    """Swapped sides turn signs, the order of items does not count, limits hold delta, no error is 0."""
    derivative, reference, cluster = sides(items)
    if is_binary:
        derivative, reference = np.round(derivative), np.round(reference)
    clusters = cluster if is_clustered else None
    found = compare_items(derivative, reference, clusters=clusters)
    turned = compare_items(reference, derivative, clusters=clusters)
    order = list(range(len(items)))
    random.shuffle(order)  # type: ignore[attr-defined] # hypothesis draws a Random, and types it loosely
    mixed = compare_items(derivative[order], reference[order], clusters=None if clusters is None else cluster[order])
    assert turned.delta == pytest.approx(-found.delta, abs=1e-12)
    assert [turned.ci_low, turned.ci_high] == same(-found.ci_high, -found.ci_low)
    for name in ("stderr", "p_value", "p_equivalence"):
        assert [getattr(turned, name), getattr(mixed, name)] == same(*[getattr(found, name)] * 2)
    assert not found.stderr <= 0
    assert math.isnan(found.stderr) or found.ci_low <= found.delta <= found.ci_high


def test_clusters_are_summed_by_hand() -> None:
    """Two equal clusters: the error of two cluster means, t with one degree; McNemar is not used for 0/1 items."""
    found = compare_items([1, 1, 0, 0], [0, 0, 0, 0], clusters=["a", "a", "b", "b"])
    assert (found.method, found.clusters, found.count) == ("clustered t", 2, 4)
    assert found.delta == 0.5
    assert found.stderr == pytest.approx(0.5)
    assert found.ci_high == pytest.approx(0.5 + 12.7062 * 0.5, rel=1e-5)
    assert found.flips == Flips(at_risk=4, worsened=2, recovered=0)


@given(GRADES)
def test_equal_clusters_are_their_means(items: Items) -> None:
    """Repeated items in clusters of their own have the paired t of the items alone: repetition is not evidence."""
    derivative, reference, _ = sides(items)
    derivative, reference = 0.1 + 0.8 * derivative, 0.1 + 0.8 * reference
    alone = compare_items(derivative, reference)
    cluster = np.repeat(np.arange(len(items)), 3)
    repeated = compare_items(np.repeat(derivative, 3), np.repeat(reference, 3), clusters=cluster)
    assert repeated.count == 3 * alone.count
    for name in ("delta", "stderr", "p_value", "p_equivalence"):
        assert getattr(repeated, name) == pytest.approx(getattr(alone, name), rel=1e-6, abs=1e-12)


def test_clusters_of_one_item_are_none() -> None:
    """Where no two items share a cluster the items are independent."""
    derivative, reference = [1, 0, 0, 1] * 2, [0, 0, 1, 1] * 2
    alone = compare_items(derivative, reference, clusters=[8, 7, 6, 5, 4, 3, 2, 1])
    assert repr(alone) == repr(compare_items(derivative, reference)), "in words, as what is unknown equals nothing"


def test_unequal_clusters_have_fewer_degrees() -> None:
    """One cluster of half the items: the interval is wider than that of t with one degree less than clusters."""
    rng = np.random.default_rng(8)
    cluster = np.concatenate((np.zeros(40, dtype=int), np.repeat(np.arange(1, 11), 4)))
    found = compare_items(rng.random(80), rng.random(80), clusters=cluster)
    assert found.clusters == 11
    assert found.ci_high - found.delta > 2.2281 * found.stderr * 1.05


def test_what_little_says() -> None:
    """No item, one graded item, one cluster: what needs a spread is unknown, and nothing is ever certain."""
    nothing = compare_items([], [])
    assert (nothing.method, nothing.count) == ("no common items", 0)
    assert math.isnan(nothing.delta)
    for found in (compare_items([0.3], [0.1]), compare_items([1, 0], [0, 0], clusters=[7, 7])):
        assert not math.isnan(found.delta)
        assert all(math.isnan(number) for number in (found.stderr, found.ci_low, found.p_value, found.p_equivalence))
    single = compare_items([1], [0])
    assert (single.delta, single.p_value) == (1, 1)


@pytest.mark.parametrize("shift", [0.0, 0.2, -0.5])
@pytest.mark.parametrize("is_clustered", [False, True])
def test_equal_differences_are_not_certain(shift: float, is_clustered: bool) -> None:  # noqa: FBT001 -- a case
    """The exact bound on a share of which none was seen, by hand; p, limits and delta agree."""
    units = 40
    cluster = np.arange(2 * units) // 2 if is_clustered else None
    reference = np.full(2 * units if is_clustered else units, 0.5)
    found = compare_items(reference + shift, reference, clusters=cluster)
    share = 1 - 0.025 ** (1 / units)
    assert found.method == "equal differences"
    assert found.ci_low == pytest.approx(shift - share * (1 + shift))
    assert found.ci_high == pytest.approx(shift + share * (1 - shift))
    assert found.p_value == pytest.approx(min(1, 2 * (1 + abs(shift)) ** -units))
    assert found.p_equivalence == pytest.approx(1 if shift else 0.97**units)
    assert (found.p_value <= 0.05) == (not found.ci_low <= 0 <= found.ci_high)
    assert found.stderr > 0


def test_the_bootstrap_is_seeded_and_stands_beside_t() -> None:
    """The same seed gives the same limits, p stays that of t, and clusters are drawn whole."""
    rng = np.random.default_rng(3)
    derivative, reference = rng.random(60), rng.random(60)
    plain = compare_items(derivative, reference)
    first, again = (compare_items(derivative, reference, resamples=500, seed=1) for _ in range(2))
    other = compare_items(derivative, reference, resamples=500, seed=2)
    assert first == again
    assert first.bootstrap_low != other.bootstrap_low
    assert (plain.bootstrap_low, plain.p_value) == (None, first.p_value)
    assert first.bootstrap_low == pytest.approx(first.ci_low, abs=0.03)
    cluster = np.arange(60) // 20
    whole = compare_items(derivative, reference, clusters=cluster, resamples=500)
    means = (derivative - reference).reshape(3, 20).mean(axis=1)
    assert whole.bootstrap_low is not None
    assert whole.bootstrap_low >= means.min()
    assert compare_items([1, 0, 1], [0, 0, 0], clusters=[1, 1, 2], resamples=100).bootstrap_low is None


def test_a_bootstrap_that_disagrees_takes_the_support() -> None:
    """Three changes among eighty items that stayed: t leaves zero in, the bootstrap out; among many they agree."""
    stayed, changed = np.zeros(80), np.full(3, 0.5)
    few = compare_items(0.2 + np.concatenate((stayed, changed)), np.full(83, 0.2), resamples=2_000)
    many = compare_items(0.2 + np.concatenate((stayed, np.repeat(changed, 20))), np.full(140, 0.2), resamples=2_000)
    assert few.bootstrap_low is not None
    assert few.ci_low < 0 < few.bootstrap_low
    assert not few.is_supported
    assert many.ci_low > 0
    assert many.is_supported


def test_a_bootstrap_that_agrees_supports_an_improvement() -> None:
    """Below zero both limits count: both intervals lie below it, or one of them reaches it and they disagree."""
    answers = np.tile([1.0, 0.0], 100)
    found = compare_items(np.zeros(200), answers, resamples=2_000)
    assert found.bootstrap_high is not None
    assert found.ci_high < 0
    assert found.bootstrap_high < 0
    assert found.is_supported
    assert not replace(found, bootstrap_high=0.01).is_supported


def test_large_samples_take_percentiles() -> None:
    """Beyond the limit of BCa the interval still is there, and near that of t."""
    rng = np.random.default_rng(3)
    derivative = rng.random(6_000)
    found = compare_items(derivative, np.full(6_000, 0.5), resamples=200)
    assert found.bootstrap_low == pytest.approx(found.ci_low, abs=0.003)


def test_lengths_have_to_agree() -> None:
    """Items that are not aligned are the caller's mistake, and said."""
    with pytest.raises(ValueError, match="one length"):
        compare_items([1, 0], [1])
    with pytest.raises(ValueError, match="one length"):
        compare_items([1, 0], [1, 1], clusters=[1])


@settings(max_examples=30)
@given(st.integers(100, 200), st.integers(0, 2**32 - 1))
def test_equivalence_is_never_claimed_where_no_change_at_all_would_not_be(items: int, seed: int) -> None:
    """Fewer than about sixty graded items are never equivalent at 3 points, however small the differences are."""
    rng = np.random.default_rng(seed)
    reference = rng.random(items)
    derivative = np.clip(reference + rng.normal(0, 0.001, items), 0, 1)
    assert compare_items(derivative, reference).p_equivalence <= 0.05
    assert compare_items(derivative[:50], reference[:50]).p_equivalence > 0.05
