"""One pair, one verdict: which family of tests keeps its promise, however the question is asked and whoever uploads.

Each model has instruments of several constructs; all are compared with one base, whose noise they share. The families
of tests compared are the pair's own instruments of a construct, all models of a lineage in a construct, everything that
was asked, and each test alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import binomtest, t

from benchmarks.rig.tables import Cell, print_table
from lineage.drift.chance import most_by_chance
from lineage.statistics.defaults import ALPHA
from lineage.statistics.multiplicity import q_values
from lineage.statistics.summaries import Summaries, compare_summaries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CONSTRUCTS: Final = 2
INSTRUMENTS: Final = 3
"""How many instruments each construct has."""
ITEMS: Final = 3_668
RATE: Final = 0.3
CHANGE: Final = 0.04
"""The true change, either way, of half of the instruments of a changed model; one test finds it 19 times in 20."""
CHANGED: Final = 0.2
TESTS: Final = 20_000
"""About how many models are drawn for each row."""
PAIR, LINEAGE, ASKED, ALONE = "pair and construct", "lineage and construct", "asked", "no correction"
FAMILIES: Final = (PAIR, LINEAGE, ASKED, ALONE)
SIZES: Final = (1, 20, 200, 2_000)
COPIES: Final = (0, 20, 200, 2_000)
REFERENCES: Final = (1, 10)
LISTS: Final = 2_000
"""How many lists are drawn at most, of MOST_TESTS models at most."""
MOST_TESTS: Final = 400_000
BEYOND: Final = 0.05
CONFIDENCE: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Comparisons of many lineages: p, the sign of each, and the true change, of shape (lineages, models, tests)."""

    p_value: Floats
    sign: Floats
    truth: Floats

    def called(self, family: str, asked: NDArray[np.bool_] | None = None) -> Floats:
        """Return the sign of every change that is called, 0 elsewhere, if the models marked were `asked` about."""
        shape = self.p_value.shape
        lineage, model, test = np.indices(shape)
        construct = test // INSTRUMENTS
        groups = {
            PAIR: (lineage * shape[1] + model) * CONSTRUCTS + construct,
            LINEAGE: lineage * CONSTRUCTS + construct,
            ASKED: lineage,
            ALONE: np.arange(self.p_value.size),
        }
        p_value = self.p_value
        if family == ASKED and asked is not None:
            p_value = np.where(asked[None, :, None], p_value, np.nan)
        found = q_values(p_value.ravel(), groups[family].ravel()).reshape(shape)
        return np.where(found <= ALPHA, self.sign, 0.0)


def print_questions(rng: np.random.Generator) -> None:
    """Print false rates of unchanged models, false discoveries, power, and what copies do to a verdict."""
    _print_rates(rng)
    _print_ways(rng)
    _print_dilution(rng)
    _print_by_chance(rng)


def draw(rng: np.random.Generator, lineages: int, truth: Floats) -> Drawn:
    """Return the comparisons of lineages whose models truly changed so (shape (lineages, models, tests))."""
    old = rng.binomial(ITEMS, RATE, (lineages, 1, truth.shape[2])) / ITEMS
    new = rng.binomial(ITEMS, RATE + truth) / ITEMS
    sides = (Summaries.of(rate.ravel(), items=ITEMS, is_rate=True) for rate in (new, np.broadcast_to(old, new.shape)))
    found = compare_summaries(*sides)
    return Drawn(
        p_value=found.p_value.reshape(truth.shape), sign=np.sign(found.delta).reshape(truth.shape), truth=truth
    )


def _truth(rng: np.random.Generator, lineages: int, models: int, share: float) -> Floats:
    shape = (lineages, models, CONSTRUCTS * INSTRUMENTS)
    is_changed = (rng.random(shape[:2]) < share)[..., None] & (rng.random(shape) < 1 / 2)
    return np.where(is_changed, rng.choice([-CHANGE, CHANGE], shape), 0.0)


def _print_rates(rng: np.random.Generator) -> None:
    print(
        f"families of tests: {CONSTRUCTS} constructs of {INSTRUMENTS} instruments, {ITEMS:,} items, changes of "
        f"{CHANGE:g}; how often a construct of an unchanged model has a false change, how many of the changes called "
        "in a lineage are false, and how many of the true ones are found"
    )
    rows: list[list[Cell]] = []
    for share in (0.0, CHANGED):
        for models in SIZES:
            drawn = draw(rng, lineages := max(10, TESTS // models), _truth(rng, lineages, models, share))
            rows.extend([f"{share:.0%}", models, family, *_rates(drawn, family)] for family in FAMILIES)
    columns = ("changed", "models", "family of tests", "false in a construct", "99 %", "false discoveries", "99 %")
    print_table((*columns, "found", ""), rows)


def _print_by_chance(rng: np.random.Generator) -> None:
    print(
        "lists of models of which none changed: how many chance alone calls worse on average, and how many lists have "
        "more than the number that 19 of 20 are said not to exceed"
    )
    rows: list[list[Cell]] = []
    for references in REFERENCES:
        for models in SIZES:
            lists = min(LISTS, max(MOST_TESTS // (references * models), 1))
            shape = (lists * references, models, CONSTRUCTS * INSTRUMENTS)
            worse = (draw(rng, shape[0], np.zeros(shape)).called(PAIR) > 0).any(axis=2)
            count = worse.reshape(lists, -1).sum(axis=1)
            most = most_by_chance({(((1 << CONSTRUCTS) - 1, models),): references}, ALPHA / 2)
            stated = references * models * (1 - (1 - ALPHA / 2) ** CONSTRUCTS)
            beyond = int((count > most).sum())
            low, high = _limits(count)
            is_kept = low <= stated and binomtest(beyond, lists, BEYOND, alternative="greater").pvalue > 1 - CONFIDENCE
            figures: list[Cell] = [lists, f"{stated:.2f}", f"{count.mean():.2f}", f"{low:.2f}-{high:.2f}", most]
            rows.append([references, models, *figures, f"{beyond / lists:.3f}", "ok" if is_kept else "MISSED"])
    columns = ("references", "models of each", "lists", "stated", "found", "99 %", "19 of 20 have up to", "more have")
    print_table((*columns, ""), rows)


def _rates(drawn: Drawn, family: str) -> list[Cell]:
    called = drawn.called(family)
    is_false = (called != 0) & (called != np.sign(drawn.truth))
    shape = (*called.shape[:2], CONSTRUCTS, INSTRUMENTS)
    is_same = (drawn.truth == 0).all(axis=2)
    wrong = is_false.reshape(shape).any(axis=3).mean(axis=2)
    false = [_mean(wrong[at][is_same[at]]) for at in range(len(wrong)) if is_same[at].any()]
    discoveries = is_false.sum(axis=(1, 2)) / np.maximum(1, (called != 0).sum(axis=(1, 2)))
    true = drawn.truth != 0
    power = f"{((called != 0) & ~is_false)[true].mean():.3f}" if true.any() else ""
    low, _ = _limits(np.array(false))
    found = {PAIR: low, ASKED: _limits(discoveries)[0]}
    word = "" if family not in found else "ok" if found[family] <= ALPHA * 1.1 else "MISSED"
    return [*_shown(np.array(false)), *_shown(discoveries), power, word]


def _print_ways(rng: np.random.Generator) -> None:
    models = 21
    print(
        f"ways of asking: of {models} models of a lineage, none changed; how often the first has a false change in a "
        "construct, and how often its verdicts differ from those of the first way"
    )
    drawn = draw(rng, TESTS // models * 4, _truth(rng, TESTS // models * 4, models, 0.0))
    ways = {"one model": 1, "a selector of half": 11, "the family, or a gate over it": models}
    rows: list[list[Cell]] = []
    for family in (PAIR, LINEAGE, ASKED):
        first = None
        for way, count in ways.items():
            called = drawn.called(family, np.arange(models) < count)[:, 0]
            first = called if first is None else first
            wrong = (called != 0).reshape(len(called), CONSTRUCTS, INSTRUMENTS).any(axis=2).mean(axis=1)
            differs = float((called != first).any(axis=1).mean())
            word = "ok" if _limits(wrong)[0] <= ALPHA * 1.1 and (family == ASKED or not differs) else "MISSED"
            rows.append([family, way, *_shown(wrong), f"{differs:.4f}", word])
    print_table(("family of tests", "asked", "false in a construct", "99 %", "other verdicts", ""), rows)


def _print_dilution(rng: np.random.Generator) -> None:
    print("dilution: how often one changed model is called worse, by the number of unchanged copies beside it")
    rows: list[list[Cell]] = []
    for copies in COPIES:
        truth = np.zeros((max(100, 2_000 // (1 + copies // 20)), 1 + copies, CONSTRUCTS * INSTRUMENTS))
        truth[:, 0, 0] = CHANGE
        drawn = draw(rng, len(truth), truth)
        rows.append([copies, *(f"{(drawn.called(family)[:, 0, 0] > 0).mean():.3f}" for family in FAMILIES)])
    print_table(("copies", *FAMILIES), rows)


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean())


def _shown(values: Floats) -> tuple[str, str]:
    low, high = _limits(values)
    return f"{values.mean():.4f}", f"{low:.4f}-{high:.4f}"


def _limits(values: Floats) -> tuple[float, float]:
    """Return the 99 % interval of the mean over lineages, which are independent of each other."""
    half = float(t.ppf(0.995, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return max(0.0, float(values.mean()) - half), float(values.mean()) + half
