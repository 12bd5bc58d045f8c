"""Families of a thousand pairs: how many of the changes and equivalences called are false."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import binomtest, t

from benchmarks.rig.scores.drift_cases import (
    PairedFlips,
    UnpairedGrades,
    UnpairedRates,
    clustered,
    judged,
    log_probabilities,
)
from benchmarks.rig.tables import Cell, print_table
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN, POWER
from lineage.statistics.multiplicity import q_values
from lineage.statistics.verdicts import CODES, decide
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.rig.scores.drift_cases import Items
    from lineage.statistics.comparison import Comparisons

    Floats = NDArray[np.float64]

PAIRS: Final = 1_000
REAL: Final = 0.2
QUICK: Final = {"paired 0/1": 5, "summary rates": 20, "summary graded": 20}
"""How many times as many families are drawn where a whole family is compared at once."""
SIZES: Final = (-0.1, -DEFAULT_MARGIN, DEFAULT_MARGIN, 0.05, 0.1)
COLUMNS: Final = ("path", "items", "truth", "statement", "families", "stated", "found", "99 %", "found of the true", "")


def print_families(rng: np.random.Generator, families: int) -> None:
    """Print the mean share of false calls, by path, with no real changes and with a fifth of real changes."""
    print(f"families of {PAIRS:,} pairs, Benjamini-Hochberg at {ALPHA:g}: mean share of false ones among those called")
    tried: list[PairedFlips | UnpairedRates | UnpairedGrades | Items] = [
        PairedFlips(817, 0.25),
        log_probabilities(817),
        judged(400, 0.4),
        clustered(150, is_equal=False, is_binary=False),
        UnpairedRates(3_668, 0.3),
        UnpairedGrades(817),
    ]
    rows: list[list[Cell]] = []
    for case in tried:
        for share in (0.0, REAL):
            many = families * QUICK.get(case.path, 1)
            drawn = [_family(rng, case, share) for _ in range(many)]
            for at, name in enumerate(("worse or better", "equivalent")):
                if share or not at:
                    rows.append(_row(case.path, case.text, share, name, np.array([one[at] for one in drawn])))
    print_table(COLUMNS, rows)


def _family(
    rng: np.random.Generator, case: PairedFlips | UnpairedRates | UnpairedGrades | Items, share: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the false ones among those called, and those found among the true, for changes and for equivalences."""
    delta = np.where(rng.random(PAIRS) < share, rng.choice(SIZES, PAIRS), 0.0)
    found = case.draw(rng, delta)
    return _judge(found, delta)


def _judge(found: Comparisons, delta: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    codes = decide(found, q_values(found.p_value), q_values(found.p_equivalence))
    said = np.select([codes == CODES[Verdict.WORSE], codes == CODES[Verdict.BETTER]], [1, -1], 0)
    is_false = (said != 0) & (said != np.sign(delta))
    is_same = codes == CODES[Verdict.EQUIVALENT]
    is_apart = np.abs(delta) >= DEFAULT_MARGIN
    changes = (_part(is_false, said != 0), _part((said != 0) & ~is_false, delta != 0))
    return changes, (_part(is_same & is_apart, is_same), _part(is_same & ~is_apart, ~is_apart))


def _part(chosen: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    return float(chosen.sum() / max(1, among.sum()))


def _row(path: str, text: str, share: float, name: str, drawn: Floats) -> list[Cell]:
    false, right = drawn[:, 0], drawn[:, 1]
    low, high = _limits(false)
    truth = f"{share:.0%} changed" if share else "none changed"
    power = f"{right.mean():.3f}" if share else ""
    word = "ok" if low <= ALPHA + ALPHA / 10 else "MISSED"
    shown = (f"{ALPHA:.4f}", f"{false.mean():.4f}", f"{low:.4f}-{high:.4f}")
    return [path, text, truth, name, len(drawn), *shown, power, word]


def _limits(false: Floats) -> tuple[float, float]:
    """Return the 99 % interval of the mean share: Wilson's where a family is all false or has none, t's elsewhere."""
    if np.isin(false, (0, 1)).all():
        exact = binomtest(int(false.sum()), len(false)).proportion_ci(0.99, method="wilson")
        return float(exact.low), float(exact.high)
    half = float(t.ppf(0.995, len(false) - 1) * false.std(ddof=1) / len(false) ** 0.5)
    return max(0.0, float(false.mean()) - half), float(false.mean()) + half


def print_detectable(rng: np.random.Generator, repetitions: int) -> None:
    """Print how often a change of the stated smallest size is found."""
    case = log_probabilities(817)
    smallest = float(np.median(case.draw(rng, np.zeros(200)).minimum_detectable))
    graded = float((case.draw(rng, np.full(repetitions, smallest)).p_value <= ALPHA).mean())
    rows: list[list[Cell]] = [["graded, 817", smallest, POWER, graded]]
    for name, flips, draws in (
        ("paired 0/1, 817", PairedFlips(817, 0.25), 200),
        ("summary rates, 817", UnpairedRates(817, 0.3), 1_000),
    ):
        least = float(np.median(flips.draw(rng, np.zeros(draws)).minimum_detectable))
        outcomes = flips.outcomes(rng, least, 0)
        rows.append([name, least, POWER, float(outcomes.weight[outcomes.comparisons.p_value <= ALPHA].sum())])
    print("how often the minimum detectable change is found")
    print_table(("data", "change", "stated", "found"), rows)
    print()
