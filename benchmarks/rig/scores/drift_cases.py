"""Comparisons whose truth is known: every outcome and its probability if they can be enumerated, else drawn ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from scipy.special import gammaln, xlogy
from scipy.stats import binom, binomtest

from lineage.statistics.comparison import Comparison, Comparisons, gather
from lineage.statistics.paired import compare_items
from lineage.statistics.paired_rates import compare_flips
from lineage.statistics.summaries import Summaries, compare_summaries

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Random = np.random.Generator

LIKELY: Final = 1e-11
"""Outcomes that are less probable are left out of the lists."""
ALIKE: Final = 0.5
"""The share of a cluster's items that move together."""
STEPS: Final = (0.25, 0.25, 0.25, 0.5)
"""How far a judge's grade moves where it moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Comparisons with the same truth, and the probability of each; drawn ones are equally probable."""

    comparisons: Comparisons
    weight: Floats
    is_listed: bool

    def share(self, chosen: NDArray[np.bool_]) -> tuple[float, float, float]:
        """Return the probability of the chosen ones, with the limits of its 99 % interval if they were drawn."""
        found = float(self.weight[chosen].sum())
        if self.is_listed:
            return found, found, found
        limits = binomtest(int(chosen.sum()), len(chosen)).proportion_ci(0.99, method="wilson")
        return found, float(limits.low), float(limits.high)


class Case(Protocol):
    """One way in which a derivative and its reference are measured."""

    @property
    def path(self) -> str:
        """Which of the paths it takes."""

    @property
    def text(self) -> str:
        """What sort of items."""

    def can_move(self, delta: float) -> bool:
        """Return whether the true difference can be so large here."""

    def outcomes(self, rng: Random, delta: float, repetitions: int) -> Outcomes:
        """Return what comes out where the true difference is delta."""


@dataclass(frozen=True, slots=True)
class PairedFlips:
    """0/1 items of both models; a share of them flips."""

    items: int
    flipping: float
    path: str = "paired 0/1"

    @property
    def text(self) -> str:
        """What sort of items."""
        return f"{self.items} items, {self.flipping:.0%} flip"

    def can_move(self, delta: float) -> bool:
        """Return whether enough items flip for it."""
        return abs(delta) <= self.flipping

    def outcomes(self, rng: Random, delta: float, repetitions: int) -> Outcomes:  # noqa: ARG002 -- a list needs no draw
        """Return every likely pair of counts."""
        worse, better = (self.flipping + delta) / 2, (self.flipping - delta) / 2
        most = int(binom.isf(LIKELY, self.items, self.flipping)) + 1
        worsened, recovered = (grid.ravel().astype(np.float64) for grid in np.indices((most + 1, most + 1)))
        is_possible = worsened + recovered <= min(most, self.items)
        worsened, recovered = worsened[is_possible], recovered[is_possible]
        rest = self.items - worsened - recovered
        log = gammaln(self.items + 1) - gammaln(worsened + 1) - gammaln(recovered + 1) - gammaln(rest + 1)
        log += xlogy(worsened, worse) + xlogy(recovered, better) + xlogy(rest, 1 - worse - better)
        weight = np.exp(log)
        kept = weight > LIKELY
        found = compare_flips(worsened[kept], recovered[kept], self.items)
        return Outcomes(comparisons=found, weight=weight[kept], is_listed=True)

    def draw(self, rng: Random, delta: Floats) -> Comparisons:
        """Return one comparison for each true difference."""
        flipped = rng.binomial(self.items, self.flipping, delta.shape)
        worsened = rng.binomial(flipped, (1 + delta / self.flipping) / 2)
        return compare_flips(worsened, flipped - worsened, self.items)


@dataclass(frozen=True, slots=True)
class UnpairedRates:
    """Two rates on separate samples, with only the number of items known."""

    items: int
    rate: float
    path: str = "summary rates"

    @property
    def text(self) -> str:
        """What sort of items."""
        return f"{self.items} items, rate {self.rate:g}"

    def can_move(self, delta: float) -> bool:
        """Return whether the derivative's rate stays one."""
        return 0 <= self.rate + delta <= 1

    def outcomes(self, rng: Random, delta: float, repetitions: int) -> Outcomes:  # noqa: ARG002 -- a list needs no draw
        """Return every likely pair of counts."""
        counts = np.arange(self.items + 1)
        weight = np.outer(binom.pmf(counts, self.items, self.rate + delta), binom.pmf(counts, self.items, self.rate))
        right, other = np.nonzero(weight > LIKELY)
        sides = (Summaries.of(count / self.items, items=self.items, is_rate=True) for count in (right, other))
        return Outcomes(comparisons=compare_summaries(*sides), weight=weight[right, other], is_listed=True)

    def draw(self, rng: Random, delta: Floats, children: int = 50) -> Comparisons:
        """Return one comparison for each true difference; so many after each other share their reference's rate."""
        new = rng.binomial(self.items, self.rate + delta) / self.items
        old = np.repeat(rng.binomial(self.items, self.rate, len(delta) // children) / self.items, children)
        sides = (Summaries.of(value, items=self.items, is_rate=True) for value in (new, old))
        return compare_summaries(*sides)


@dataclass(frozen=True, slots=True)
class UnpairedGrades:
    """Two mean grades with the standard errors of their own items."""

    items: int
    path: str = "summary graded"

    @property
    def text(self) -> str:
        """What sort of items."""
        return f"{self.items} items, deviation 0.3"

    def can_move(self, delta: float) -> bool:
        """Return whether the truth can be so large here."""
        return abs(delta) <= 1

    def outcomes(self, rng: Random, delta: float, repetitions: int) -> Outcomes:
        """Return drawn pairs of summaries."""
        found = self.draw(rng, np.full(repetitions, delta))
        return Outcomes(comparisons=found, weight=np.full(repetitions, 1 / repetitions), is_listed=False)

    def draw(self, rng: Random, delta: Floats) -> Comparisons:
        """Return one comparison for each true difference."""
        sides = []
        for shift in (delta, 0.0):
            error = 0.3 / self.items**0.5
            value = 0.5 + shift + error * rng.standard_normal(delta.shape)
            stderr = error * np.sqrt(rng.chisquare(self.items - 1, delta.shape) / (self.items - 1))
            sides.append(Summaries.of(value, stderr=stderr, is_rate=False))
        return compare_summaries(*sides)


@dataclass(frozen=True, slots=True)
class Items:
    """Items that both models were given, drawn one by one, clustered or not."""

    path: str
    text: str
    draw_items: Callable[[Random, float], tuple[Floats, NDArray[np.intp] | None]]
    most: float = 1.0

    def can_move(self, delta: float) -> bool:
        """Return whether enough items change for it."""
        return abs(delta) <= self.most

    def compare(self, rng: Random, delta: float) -> Comparison:
        """Return one drawn comparison."""
        difference, cluster = self.draw_items(rng, delta)
        return compare_items(np.maximum(difference, 0), np.maximum(-difference, 0), clusters=cluster)

    def outcomes(self, rng: Random, delta: float, repetitions: int) -> Outcomes:
        """Return drawn comparisons."""
        found = self.draw(rng, np.full(repetitions, delta))
        return Outcomes(comparisons=found, weight=np.full(repetitions, 1 / repetitions), is_listed=False)

    def draw(self, rng: Random, delta: Floats) -> Comparisons:
        """Return one comparison for each true difference."""
        return gather([self.compare(rng, one) for one in delta.tolist()])


def log_probabilities(items: int, deviation: float = 0.2) -> Items:
    """Return graded items that all move a little, as probabilities of answers do."""

    def draw(rng: Random, delta: float) -> tuple[Floats, None]:
        return delta + deviation * rng.standard_normal(items), None

    return Items("graded", f"{items} items, normal, deviation {deviation:g}", draw)


def skewed(items: int) -> Items:
    """Return graded items whose changes have a long tail on the risky side."""

    def draw(rng: Random, delta: float) -> tuple[Floats, None]:
        return delta + 0.1 * (rng.standard_exponential(items) - 1), None

    return Items("graded", f"{items} items, skewed", draw)


def judged(items: int, changing: float) -> Items:
    """Return graded items most of which do not change, like the few grades of a judge."""
    reach = changing * float(np.mean(STEPS))

    def draw(rng: Random, delta: float) -> tuple[Floats, None]:
        up = (1 + delta / reach) / 2
        step = rng.choice(STEPS, items) * np.where(rng.random(items) < up, 1, -1)
        return step * (rng.random(items) < changing), None

    return Items("graded", f"{items} items, {changing:.0%} change grade", draw, reach)


def clustered(clusters: int, *, is_equal: bool, is_binary: bool) -> Items:
    """Return items in clusters of five variants of one prompt on average; half of each item's movement is shared."""

    def draw(rng: Random, delta: float) -> tuple[Floats, NDArray[np.intp]]:
        sizes = np.full(clusters, 5) if is_equal else rng.geometric(0.2, clusters)
        cluster = np.repeat(np.arange(clusters), sizes)
        if is_binary:
            together = (rng.random(clusters) < ALIKE)[cluster]
            chance = np.where(together, rng.random(clusters)[cluster], rng.random(len(cluster)))
            return (chance < 0.15 + delta / 2).astype(np.float64) - (chance > 0.85 + delta / 2), cluster
        shared = ALIKE**0.5 * rng.standard_normal(clusters)[cluster]
        return delta + 0.2 * (shared + (1 - ALIKE) ** 0.5 * rng.standard_normal(len(cluster))), cluster

    kind, size = ("0/1, 30% flip" if is_binary else "graded"), ("5 each" if is_equal else "1 to 20 and more")
    return Items("clustered", f"{clusters} clusters, {size}, {kind}", draw, 0.3 if is_binary else 1.0)
