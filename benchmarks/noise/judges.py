"""Whether intervals of judged rates and of their drift hold the truth, before and after the judge's error is in.

Replies are drawn whose truth is known, a judge of known recall and false-positive rate judges them, and so many
labelled replies tell of the judge. Two models answer the same prompts; 10 % of the derivative's
replies changed either way, and so many more for the worse as the drift needs. `before` is what verdicts were made of,
`after` what they are made of; runs whose judge is not shown to tell replies apart have no verdict and are counted
beside.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.tables import Cell, print_machine, print_table
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.judge_error import UNLIKELY, JudgeError, correct_limits, correct_rate
from lineage.statistics.paired_rates import compare_flips
from lineage.statistics.rates import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

ITEMS: Final = 400
FLIPS: Final = 0.1
RATE: Final = 0.15
JUDGES: Final = {"0.95, 0.02": (0.95, 0.02), "0.9, 0.086": (0.9, 0.086), "0.8, 0.457": (0.8, 0.457)}
"""Recall and false-positive rate; the second and third false-positive rates are published ones (docs/evaluating.md)."""
LABELLED: Final = (30, 100, 500)
DRIFTS: Final = (0.0, DEFAULT_MARGIN, 0.1)
COLUMNS: Final = (
    "recall, false positives",
    "labelled of each",
    "drift",
    "no verdict",
    "rate held before",
    "after",
    "drift held before",
    "after",
    "called changed",
    "equivalent before",
    "after",
)
OTHERWISE: Final = (0.9, 0.16)
"""What the judge of 0.9, 0.086 is on the derivative's replies in the last rows: what no labelled reply shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A judge, also on the derivative's replies, how many replies of each kind are labelled, items and drift."""

    judge: tuple[float, float]
    on_derivative: tuple[float, float]
    labelled: int
    drift: float
    items: int = ITEMS


def judged(random: np.random.Generator, truth: NDArray[np.bool_], judge: tuple[float, float]) -> NDArray[np.bool_]:
    """Return what a judge says of replies."""
    said: NDArray[np.bool_] = random.random(truth.shape) < np.where(truth, *judge)
    return said


def replies(random: np.random.Generator, items: int, drift: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the truth on the replies of a base and of its derivative."""
    base = random.random(items) < RATE
    worsened, recovered = FLIPS / 2 / (1 - RATE) + drift / (1 - RATE), FLIPS / 2 / RATE
    flips = random.random(items) < np.where(base, recovered, worsened)
    return base, base ^ flips


def tried(random: np.random.Generator, case: Case, runs: int) -> list[Cell]:
    """Return how often each statement is right in so many runs."""
    counts = np.zeros(7)
    decided = 0
    for _ in range(runs):
        base, derivative = replies(random, case.items, case.drift)
        said = judged(random, base, case.judge), judged(random, derivative, case.on_derivative)
        found, false = random.binomial(case.labelled, case.judge).tolist()
        error = JudgeError(found=found, positives=case.labelled, false=false, negatives=case.labelled)
        if not error.tells_apart():
            continue
        decided += 1
        counts += told(said, error, case.drift)
    shares: list[Cell] = (counts / max(1, decided)).round(3).tolist()
    return [1 - decided / runs, *shares]


def told(said: tuple[NDArray[np.bool_], NDArray[np.bool_]], error: JudgeError, drift: float) -> NDArray[np.float64]:
    """Return whether each statement about a pair holds: the rate and the drift before and after, and three claims."""
    base, derivative = said
    rate = float(base.mean())
    items = len(base)
    low, high = wilson(rate, items)
    true = correct_rate(rate, items, error)
    flips = int((derivative & ~base).sum()), int((base & ~derivative).sum())
    plain = compare_flips(*flips, items)
    strict = compare_flips(*flips, items, margin=DEFAULT_MARGIN * error.least_youden())
    below, above = correct_limits(plain.delta, plain.ci_low, plain.ci_high, error, ALPHA)
    statements = (
        low <= RATE <= high,
        true is not None and true.low <= RATE <= true.high,
        plain.ci_low[0] <= drift <= plain.ci_high[0],
        below[0] <= drift <= above[0],
        plain.p_value[0] <= ALPHA,
        plain.p_equivalence[0] <= ALPHA,
        error.least_youden() > 0 and strict.p_equivalence[0] + UNLIKELY <= ALPHA,
    )
    return np.array(statements, dtype=np.float64)


def main() -> None:
    """Print one row per judge, number of labelled replies and drift."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261202)
    parser.add_argument("--runs", type=int, default=400)
    asked = parser.parse_args()
    print_machine("numpy", "scipy")
    random, rows = np.random.default_rng(asked.seed), list[list[Cell]]()
    for name, judge in JUDGES.items():
        for labelled in LABELLED:
            for drift in DRIFTS:
                case = Case(judge=judge, on_derivative=judge, labelled=labelled, drift=drift)
                rows.append([name, labelled, drift, *tried(random, case, asked.runs)])
    print_table(COLUMNS, rows)
    print("Many items, of which a drift of the margin shows as far less: what is claimed to be equivalent.")
    judge = JUDGES["0.8, 0.457"]
    many = [Case(judge=judge, on_derivative=judge, labelled=500, drift=drift, items=20_000) for drift in DRIFTS[:2]]
    print_table(COLUMNS, [["0.8, 0.457", 500, one.drift, *tried(random, one, asked.runs)] for one in many])
    print(f"400 items again, but on the derivative's replies the judge is {OTHERWISE}: nothing here can know that.")
    judge = JUDGES["0.9, 0.086"]
    others = [Case(judge=judge, on_derivative=OTHERWISE, labelled=100, drift=drift) for drift in DRIFTS]
    print_table(COLUMNS, [["0.9, 0.086", 100, one.drift, *tried(random, one, asked.runs)] for one in others])


if __name__ == "__main__":
    main()
