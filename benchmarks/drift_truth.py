"""Whether drift verdicts are wrong as rarely as stated: level, coverage, equivalence, families, power; and speed.

If outcomes can be enumerated, their probabilities are added up and the rate is exact; otherwise they are drawn, and the
rate has a 99 % interval. `ok` is within a tenth of the level for false verdicts (Bradley 1978, British Journal of
Mathematical and Statistical Psychology 31, 144-152: the stringent criterion) and within one point of the confidence for
intervals; `wide` marks an interval that contains the truth more often than that. A drawn rate counts as missed only if
its whole interval is beyond.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.scores.drift_cases import (
    Case,
    PairedFlips,
    UnpairedGrades,
    UnpairedRates,
    clustered,
    judged,
    log_probabilities,
    skewed,
)
from benchmarks.rig.scores.drift_families import print_detectable, print_families
from benchmarks.rig.scores.drift_questions import print_questions
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_machine, print_table
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.multiplicity import q_values
from lineage.statistics.summaries import Summaries, compare_summaries
from lineage.statistics.verdicts import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TOLERANCE: Final = ALPHA / 10
POINT: Final = 0.01
DELTAS: Final = (0.0, 0.03, 0.1)
COLUMNS: Final = ("path", "items", "stated", "found", "99 %", "")
PAIRS: Final = 1_400_000


def cases(*, is_full: bool) -> list[Case]:
    """Return the cases to try, by path."""
    sizes = (50, 100, 200, 400, 817) if is_full else (50, 100, 817)
    graded = (20, 50, 100, 200, 817) if is_full else (20, 100, 817)
    found: list[Case] = [PairedFlips(items, share) for items in sizes for share in (0.02, 0.1, 0.25, 0.5)]
    found += [log_probabilities(items) for items in graded]
    found += [judged(items, changing) for items in graded for changing in (0.1, 0.2)]
    found += [skewed(items) for items in graded]
    for count in (10, 30, 150) if is_full else (10, 30, 100):
        for is_equal in (True, False):
            found += [clustered(count, is_equal=is_equal, is_binary=is_binary) for is_binary in (True, False)]
    found += [UnpairedRates(items, rate) for items in sizes for rate in (0.02, 0.1, 0.5)]
    return [*found, *[UnpairedGrades(items) for items in (50, 817)]]


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20_261_125)
    parser.add_argument("--full", action="store_true", help="ten times the repetitions, and more sizes")
    options = parser.parse_args()
    repetitions, families = (15_000, 200) if options.full else (1_500, 20)
    print_machine("numpy", "scipy")
    print(f"seed {options.seed}, {repetitions:,} repetitions where drawn, {families} families of 1,000 pairs\n")
    rng = np.random.default_rng(options.seed)
    tried = cases(is_full=options.full)
    print_levels(rng, tried, repetitions)
    print_equivalences(rng, tried, repetitions)
    print_coverage(rng, tried, repetitions)
    print_families(rng, families)
    print_questions(np.random.default_rng(options.seed))
    print_detectable(rng, max(500, repetitions // 4))
    print_speed(rng)


def print_levels(rng: np.random.Generator, tried: Sequence[Case], repetitions: int) -> None:
    """Print how often one test says worse or better although nothing changed."""
    print(f"no change: worse or better at one test of {ALPHA:g}")
    rows = []
    for case in tried:
        outcomes = case.outcomes(rng, 0.0, repetitions)
        rows.append(_false_row(case, outcomes.share(outcomes.comparisons.p_value <= ALPHA)))
    print_table(COLUMNS, rows)


def print_equivalences(rng: np.random.Generator, tried: Sequence[Case], repetitions: int) -> None:
    """Print how often one test says equivalent although the change equals the margin."""
    print(f"a change of the margin, {DEFAULT_MARGIN:g}: equivalent at one test of {ALPHA:g}")
    rows = []
    for case in (one for one in tried if one.can_move(DEFAULT_MARGIN)):
        outcomes = case.outcomes(rng, DEFAULT_MARGIN, repetitions)
        rows.append(_false_row(case, outcomes.share(outcomes.comparisons.p_equivalence <= ALPHA)))
    print_table(COLUMNS, rows)


def print_coverage(rng: np.random.Generator, tried: Sequence[Case], repetitions: int) -> None:
    """Print how often the interval contains the true difference."""
    print(f"intervals that hold the true difference, at {', '.join(f'{delta:g}' for delta in DELTAS)}")
    rows: list[list[Cell]] = []
    for case in tried:
        for delta in (one for one in DELTAS if case.can_move(one)):
            outcomes = case.outcomes(rng, delta, repetitions)
            found = outcomes.comparisons
            rows.append(_coverage_row(case, delta, outcomes.share((found.ci_low <= delta) & (delta <= found.ci_high))))
    print_table((COLUMNS[0], COLUMNS[1], "difference", *COLUMNS[2:]), rows)


def print_speed(rng: np.random.Generator) -> None:
    """Print the seconds of a whole pass over summaries, the least of five."""
    items = rng.choice([100, 817, 3_668, 58_492], PAIRS)
    rate = rng.random(PAIRS)
    sides = [Summaries.of(rng.binomial(items, rate) / items, items=items, is_rate=True) for _ in range(2)]
    family = rng.integers(0, PAIRS // 14, PAIRS)
    found = compare_summaries(*sides)
    steps: dict[str, Callable[[], object]] = {
        "compare": lambda: compare_summaries(*sides),
        "q of change": lambda: q_values(found.p_value, family),
        "q of equivalence": lambda: q_values(found.p_equivalence, family),
        "verdicts": lambda: decide(found, q_value, q_value),
    }
    q_value = q_values(found.p_value, family)
    rows: list[list[Cell]] = []
    for name, step in steps.items():
        wall, cpu = zip(*[_timed(step) for _ in range(5)], strict=True)
        rows.append([name, min(wall), min(cpu)])
    print(f"{PAIRS:,} pairs of summary rates in families of 14 on average, seconds, least of five")
    rows.append(["all", sum(float(row[1] or 0) for row in rows), sum(float(row[2] or 0) for row in rows)])
    print_table(("step", "wall", "CPU"), rows)


def _timed(step: Callable[[], object]) -> tuple[float, float]:
    start = clock()
    step()
    return since(start)


def _false_row(case: Case, share: tuple[float, float, float]) -> list[Cell]:
    found, low, high = share
    word = "ok" if low <= ALPHA + TOLERANCE else "MISSED"
    return [case.path, case.text, _shown(ALPHA), _shown(found), _limits(low, high), word]


def _coverage_row(case: Case, delta: float, share: tuple[float, float, float]) -> list[Cell]:
    found, low, high = share
    word = "MISSED" if high < 1 - ALPHA - POINT else "wide" if low > 1 - ALPHA + POINT else "ok"
    return [case.path, case.text, f"{delta:g}", _shown(1 - ALPHA), _shown(found), _limits(low, high), word]


def _shown(share: float) -> str:
    return f"{share:.4f}"


def _limits(low: float, high: float) -> str:
    return "exact" if low == high else f"{low:.4f}-{high:.4f}"


if __name__ == "__main__":
    main()
