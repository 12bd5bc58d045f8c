"""The same data for our tests, scipy's and statsmodels': how often each finds a change, and each one's false ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import ttest_rel
from statsmodels.regression.linear_model import OLS  # type: ignore[import-untyped] # it ships no types
from statsmodels.stats import api as peers  # type: ignore[import-untyped] # as above

from benchmarks.rig.drift_cases import PairedFlips, UnpairedRates, clustered, log_probabilities
from benchmarks.rig.tables import Cell, print_table
from lineage.statistics.defaults import ALPHA, POWER
from lineage.statistics.defaults import DEFAULT_MARGIN as MARGIN
from lineage.statistics.paired import compare_items
from lineage.statistics.paired_rates import compare_flips
from lineage.statistics.summaries import Summaries, compare_summaries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Answers = dict[str, list[float]]

COLUMNS: Final = ("data", "test", "says so where it is not", "says so where it is", "largest difference of p")
SHIFT: Final = 0.05


def print_peers(rng: np.random.Generator, repetitions: int) -> None:
    """Print the shares of p at or below alpha under no change and under one of 0.05, and whether p agree."""
    repetitions = max(500, repetitions // 4)
    print(f"power beside scipy and statsmodels, {repetitions:,} data sets, a change of {SHIFT:g} against none")
    rows: list[list[Cell]] = []
    for name, answers in (
        ("817 paired 0/1 items, 25% flip", _paired_rates),
        ("200 graded items", _graded),
        ("200 graded items: equivalence", _equivalence),
        ("30 unequal clusters, graded", _clusters),
        ("817 items, rate 0.1, summaries", _rates),
        ("3,668 items, rate 0.1: equivalence", _rate_equivalence),
    ):
        where_not, where_so = (0.0, SHIFT) if "equivalence" not in name else (MARGIN, 0.0)
        false, true = answers(rng, where_not, repetitions), answers(rng, where_so, repetitions)
        rows += [_row(name, test, false, true) for test in true]
    print_table(COLUMNS, rows)
    print_detectable(rng, repetitions)


def print_detectable(rng: np.random.Generator, repetitions: int) -> None:
    """Print how often a change of the stated smallest size is found."""
    case = log_probabilities(817)
    smallest = float(np.median(case.draw(rng, np.zeros(200)).minimum_detectable))
    graded = float((case.draw(rng, np.full(repetitions, smallest)).p_value <= ALPHA).mean())
    flips = PairedFlips(817, 0.25)
    least = float(np.median(flips.draw(rng, np.zeros(200)).minimum_detectable))
    binary = flips.outcomes(rng, least, 0)
    paired = float(binary.weight[binary.comparisons.p_value <= ALPHA].sum())
    rates = UnpairedRates(817, 0.3)
    between = float(np.median(rates.draw(rng, np.zeros(1_000)).minimum_detectable))
    unpaired = rates.outcomes(rng, between, 0)
    separate = float(unpaired.weight[unpaired.comparisons.p_value <= ALPHA].sum())
    print(f"found at the minimum detectable change, stated {POWER:g}")
    print_table(
        ("data", "change", "found"),
        [
            ["graded, 817", smallest, graded],
            ["paired 0/1, 817", least, paired],
            ["summary rates, 817", between, separate],
        ],
    )
    print()


def _paired_rates(rng: np.random.Generator, delta: float, repetitions: int) -> Answers:
    flipped = rng.binomial(817, 0.25, repetitions)
    worsened = rng.binomial(flipped, (1 + delta / 0.25) / 2)
    tables = [[[300, int(a)], [int(b), 517 - int(a + b)]] for a, b in zip(worsened, flipped - worsened, strict=True)]
    return {
        "ours, exact": compare_flips(worsened, flipped - worsened, 817).p_value.tolist(),
        "statsmodels, exact": [float(peers.mcnemar(table, exact=True).pvalue) for table in tables],
        "statsmodels, chi-squared": [
            float(peers.mcnemar(table, exact=False, correction=False).pvalue) for table in tables
        ],
    }


def _graded(rng: np.random.Generator, delta: float, repetitions: int) -> Answers:
    sides = [(delta + 0.2 * rng.standard_normal(200), np.zeros(200)) for _ in range(repetitions)]
    return {
        "ours, paired t": [compare_items(*pair).p_value for pair in sides],
        "scipy, paired t": [float(ttest_rel(*pair).pvalue) for pair in sides],
    }


def _equivalence(rng: np.random.Generator, delta: float, repetitions: int) -> Answers:
    sides = [(delta + 0.15 * rng.standard_normal(200), np.zeros(200)) for _ in range(repetitions)]
    return {
        "ours, with skew and the unseen": [compare_items(*pair).p_equivalence for pair in sides],
        "statsmodels, paired TOST": [float(peers.ttost_paired(*pair, -MARGIN, MARGIN)[0]) for pair in sides],
    }


def _clusters(rng: np.random.Generator, delta: float, repetitions: int) -> Answers:
    case = clustered(30, is_equal=False, is_binary=False)
    drawn = [case.draw_items(rng, delta) for _ in range(repetitions)]
    zeros = [np.zeros(len(difference)) for difference, _ in drawn]
    pairs = zip(drawn, zeros, strict=True)
    return {
        "ours, clustered t": [compare_items(one, zero, clusters=cluster).p_value for (one, cluster), zero in pairs],
        "statsmodels, clustered": [_clustered_p(one, cluster) for one, cluster in drawn if cluster is not None],
        "scipy, clusters ignored": [float(ttest_rel(one, np.zeros(len(one))).pvalue) for one, _ in drawn],
    }


def _clustered_p(difference: NDArray[np.float64], cluster: NDArray[np.intp]) -> float:
    model = OLS(difference, np.ones(len(difference)))
    return float(model.fit(cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True).pvalues[0])


def _rates(rng: np.random.Generator, delta: float, repetitions: int) -> Answers:
    new, old = rng.binomial(817, 0.1 + delta, repetitions), rng.binomial(817, 0.1, repetitions)
    sides = (Summaries.of(count / 817, items=817, is_rate=True) for count in (new, old))
    counts = zip(new, old, strict=True)
    return {
        "ours, N - 1": compare_summaries(*sides).p_value.tolist(),
        "statsmodels, pooled z": [float(peers.proportions_ztest([a, b], [817, 817])[1]) for a, b in counts],
    }


def _rate_equivalence(rng: np.random.Generator, delta: float, repetitions: int) -> Answers:
    size = 3_668
    new, old = rng.binomial(size, 0.1 + delta, repetitions), rng.binomial(size, 0.1, repetitions)
    sides = (Summaries.of(count / size, items=size, is_rate=True) for count in (new, old))
    counts = zip(new, old, strict=True)
    theirs = [
        float(peers.tost_proportions_2indep(int(a), size, int(b), size, -MARGIN, MARGIN, method="score").pvalue)
        for a, b in counts
    ]
    return {"ours, score": compare_summaries(*sides).p_equivalence.tolist(), "statsmodels, score": theirs}


def _row(name: str, test: str, false: Answers, true: Answers) -> list[Cell]:
    ours = next(iter(true))
    apart = max(float(np.abs(np.subtract(side[test], side[ours])).max()) for side in (false, true))
    shares = [f"{np.mean(np.array(side[test]) <= ALPHA):.4f}" for side in (false, true)]
    return [name, test, *shares, "" if test == ours else f"{apart:.1e}"]
