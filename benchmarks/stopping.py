"""Sequential stopping: how often it is wrong and how many items it saves, by case and size.

The differences are drawn so that all items together show exactly the stated one; only the order is random. Families
follow, in which relatives that were measured before predict answers: items saved without them and with them. With
`--answers`, a file that benchmarks/real_model.py wrote, or `--real`, which runs it, real pairs follow: the answers of
SmolLM2 and its derivatives to the same items.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.real_model.answers import read_answers
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_machine, print_table
from evaluation.jobs.early_stopping import FEWEST_RELATIVES
from lineage.statistics.item_response import predict_answers
from lineage.statistics.sequential_test import SequentialVerdict, StoppingRule, run_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.rig.real_model.answers import Answers

    Floats = NDArray[np.float64]

ORDER: Final = (SequentialVerdict.OPEN, SequentialVerdict.WORSE, SequentialVerdict.BETTER, SequentialVerdict.WITHIN)
POINTS: Final = (-10, -6, -4, -3, 0, 3, 4, 6, 10)
SHARES: Final = (0.02, 0.15, 0.30)
DRIFTS: Final = (0.0, 0.1, 0.3, 0.6)
SIBLINGS: Final = (2, 10)
SIBLINGS_DRIFT: Final = 0.3
SLOPES: Final = 0.3
FAMILIES: Final = 8
"""Families that are drawn for each case."""
GRADED: Final = 0.35
"""Standard deviation of graded differences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCase:
    """A base with derivatives, all made from it alike: how many items and siblings, and what differs from the base.

    `drift` is how far the last derivative moves on the scale on which items are hard, in standard deviations of the
    items; its siblings move by random amounts around none. Items tell of that by different amounts.
    """

    items: int
    siblings: int
    differing: float
    drift: float

    def draw(self, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Return the differences of the last derivative, and those that its relatives predict."""
        near, base = np.cos(np.pi * self.differing), random.normal(size=self.items)
        slope = np.exp(random.normal(0, SLOPES, self.items))

        def answers(drift: float) -> Floats:
            moved = near * base + np.sqrt(1 - near**2) * random.normal(size=self.items) + slope * drift
            return np.asarray(moved > 0, dtype=np.float64)

        before = np.asarray(base > 0, dtype=np.float64)
        siblings = [answers(random.normal(0, SIBLINGS_DRIFT)) for _ in range(self.siblings)]
        return answers(self.drift) - before, predict_answers(np.array([before, before, *siblings])) - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kind of pair: how many items, the share of answers that differ (None for graded ones), the difference."""

    items: int
    discordant: float | None
    points: int

    def differences(self, random: np.random.Generator) -> Floats | None:
        """Return one set of items with this difference; None where so few discordant items cannot give it."""
        difference = round(self.items * self.points / 100)
        if self.discordant is None:
            values = np.clip(random.normal(self.points / 100, GRADED, self.items), -1, 1)
            return np.asarray(np.clip(values + self.points / 100 - values.mean(), -1, 1))
        differing = round(self.items * self.discordant)
        if abs(difference) > differing:
            return None
        worsened = (differing + difference) // 2
        values = np.zeros(self.items)
        values[:worsened], values[worsened : 2 * worsened - difference] = 1, -1
        return values


def main() -> None:
    """Print one table per size of instrument, then the effect of the margin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[400, 817, 2000], metavar="ITEMS")
    parser.add_argument("--runs", type=int, default=400, help="orders of each case")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--answers", type=Path, help="what benchmarks/real_model.py --save wrote: real pairs too")
    parser.add_argument("--real", action="store_true", help="run that first: some minutes, and the extra eval")
    options = parser.parse_args()
    print_machine("numpy")
    print(f"seed {options.seed}, {options.runs} orders a case, alpha 0.05")
    start = clock()
    worst = 0.0
    for items in options.sizes:
        worst = max(worst, measure(items, 0.03, options.runs, options.seed))
    worst = max(worst, measure(817, 0.05, options.runs, options.seed))
    print(f"largest share of wrong decisions in a case: {worst:.4f} (alpha 0.05); {since(start)[0]:.0f} s")
    start = clock()
    worst = max(measure_families(items, options.runs // FAMILIES, options.seed) for items in options.sizes)
    print(f"largest share of wrong decisions with relatives: {worst:.4f} (alpha 0.05); {since(start)[0]:.0f} s")
    if options.answers is not None or options.real:
        answers = _run_real() if options.answers is None else read_answers(options.answers)
        worst = max(measure_real(answers, margin, options.runs, options.seed) for margin in (0.03, 0.05))
        print(f"largest share of wrong decisions of a real pair: {worst:.4f} (alpha 0.05)")


def measure(items: int, margin: float, runs: int, seed: int) -> float:
    """Print the median share of items that each case needed and its wrong decisions; return the largest share."""
    rule, random = StoppingRule(items=items, margin=margin), np.random.default_rng(seed)
    rows: list[list[Cell]] = []
    worst = 0.0
    for discordant in (*SHARES, None):
        name = "graded" if discordant is None else f"{discordant:.0%} of answers differ"
        row: list[Cell] = [name]
        for points in POINTS:
            values = Case(items=items, discordant=discordant, points=points).differences(random)
            if values is None:
                row.append(None)
                continue
            outcomes, needed = run_all(rule, random.permuted(np.tile(values, (runs, 1)), axis=1))
            wrong = float((outcomes != _truth(rule, values)).mean())
            worst = max(worst, wrong)
            row.append(f"{1 - float(np.median(needed)) / items:.0%} / {wrong:.1%}")
        rows.append(row)
    print(f"\n{items:,} items, margin {100 * margin:g} points: items saved (median) / decisions that were wrong")
    print_table(("difference in points", *(f"{points:+d}" for points in POINTS)), rows)
    return worst


def measure_families(items: int, runs: int, seed: int) -> float:
    """Print the items that families save without and with relatives; return the largest share of wrong decisions."""
    rule, random = StoppingRule(items=items), np.random.default_rng(seed)
    rows: list[list[Cell]] = []
    worst = 0.0
    for differing in (0.05, 0.15, 0.30):
        for siblings in SIBLINGS:
            row: list[Cell] = [f"{differing:.0%}", siblings]
            for drift in DRIFTS:
                case = FamilyCase(items=items, siblings=siblings, differing=differing, drift=drift)
                shares = np.mean([_both(rule, *case.draw(random), runs, random) for _ in range(FAMILIES)], axis=0)
                worst = max(worst, float(shares[3]))
                row.append(f"{shares[0]:+.1f}: {shares[1]:.0%}, {shares[2]:.0%} / {shares[3]:.1%}")
            rows.append(row)
    print(
        f"\n{items:,} items: difference in points: items saved without relatives, with them / wrong with them (means)"
    )
    print_table(("answers that differ", "siblings", *(f"drift {drift:g}" for drift in DRIFTS)), rows)
    return worst


def _both(
    rule: StoppingRule, values: Floats, predicted: Floats, runs: int, random: np.random.Generator
) -> tuple[float, float, float, float]:
    """Return the difference in points, the shares saved without and with predictions, and the wrong ones with them."""
    order = random.permuted(np.tile(np.arange(rule.items), (runs, 1)), axis=1)
    _, needed = run_all(rule, values[order])
    outcomes, fewer = run_all(rule, values[order], predicted[order])
    plain, helped = (1 - float(one.mean()) / rule.items for one in (needed, fewer))
    return 100 * float(values.mean()), plain, helped, float((outcomes != _truth(rule, values)).mean())


def measure_real(answers: Sequence[Answers], margin: float, runs: int, seed: int) -> float:
    """Print what stopping early saves on each real pair and how often it is wrong; return the largest such share."""
    random = np.random.default_rng(seed)
    rows: list[list[Cell]] = []
    shares: list[float] = []
    run = helped = 0.0
    for one in answers:
        values = one.differences()
        rule = StoppingRule(items=len(values), margin=margin)
        outcomes, needed = run_all(rule, random.permuted(np.tile(values, (runs, 1)), axis=1))
        truth, run = _truth(rule, values), run + float(needed.mean())
        shares.append(float((outcomes != truth).mean()))
        rows.append([one.model.rsplit("/", 1)[-1], one.instrument, rule.items, f"{one.identical():.0%}"])
        rows[-1] += [f"{100 * values.mean():+.1f}", ORDER[truth].value]
        rows[-1] += [f"{1 - float(np.median(needed)) / rule.items:.0%}", f"{shares[-1]:.1%}"]
        alike = [other.derivative for other in answers if other.base == one.base and other is not one]
        if len(alike) < FEWEST_RELATIVES:
            helped += float(needed.mean())
            rows[-1] += [None, None]
            continue
        predicted = predict_answers(np.array([one.base, one.base, *alike])) - one.base
        *_, fewer, wrong = _both(rule, values, predicted, runs, random)
        helped, shares = helped + (1 - fewer) * rule.items, [*shares, wrong]
        rows[-1] += [f"{fewer:.0%}", f"{wrong:.1%}"]
    print(f"\nreal pairs, {runs} orders each, margin {100 * margin:g} points: what all items say, items saved (median)")
    told = ("derivative", "instrument", "items", "identical", "difference in points", "all items", "saved", "wrong")
    columns = (*told, "saved with relatives (mean)", "wrong so")
    print_table(columns, rows)
    total = sum(len(one.base) for one in answers)
    print(f"of {total:,} items {1 - run / total:.0%} are saved on average, with relatives {1 - helped / total:.0%}")
    return max(shares)


def _run_real() -> Sequence[Answers]:
    from benchmarks.rig.real_model.run import Size, prepare
    from benchmarks.rig.real_model.run import measure as measure_models

    with tempfile.TemporaryDirectory(prefix="lineage-real-") as name:
        made = {one.id: one.seconds for one in prepare(Path(name), Size())}
        return measure_models(Path(name), Size(), made).answers


def _truth(rule: StoppingRule, values: Floats) -> int:
    mean = float(values.mean())
    if abs(mean) <= rule.margin + 1e-9:
        return ORDER.index(SequentialVerdict.WITHIN)
    return ORDER.index(SequentialVerdict.WORSE if mean > 0 else SequentialVerdict.BETTER)


if __name__ == "__main__":
    main()
