"""How many of the models in a list chance alone would call worse."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.text.counts import number_of
from lineage.vocabulary import Construct, Correction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

CONSTRUCTS: Final = tuple(Construct)
SHARED: Final = 1 / 2
"""The share of a difference's variance that is the reference's: half, because both sides have as many items."""
DRAWS: Final = 2_000
FEW: Final = 20
"""How many references alike are drawn one by one."""
SEED: Final = 20_261_201


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedByChance:
    """What to expect of `models` that were compared if none of them had changed.

    `worse` is the expected number of models with at least one verdict of worse, at most: every family of tests calls
    something worse with a probability of at most alpha / 2. `most` is the number that 19 of 20 such lists do not
    exceed; it is far above `worse` where many models share a reference, because they share the error of its score.
    Both are None if the verdicts are corrected over all that was asked.
    """

    models: int
    worse: float | None
    most: int | None

    @property
    def words(self) -> str:
        """The sentence for people."""
        if self.worse is None or self.most is None:
            models = number_of(self.models, "model")
            return f"verdicts are corrected over everything that was asked, {models}, not over each pair"
        return f"of {number_of(self.models, 'model')} compared, chance alone would call {self.figures}"

    @property
    def figures(self) -> str:
        """How many models chance alone would call worse, on average and in most lists, in words; '' if unknown."""
        if self.worse is None or self.most is None:
            return ""
        average = "fewer than 1" if self.worse < 1 else f"about {self.worse:,.0f}"
        return (
            f"{average} worse on average, and {f'up to {self.most:,}' if self.most else 'none'} in 19 of 20 such lists"
        )


def by_chance(rows: Iterable[DriftRow]) -> ExpectedByChance:
    """Return what chance alone makes of the models of these rows that were tested."""
    families = {(row.model, row.reference, row.construct): row for row in rows if row.q_value is not None}
    if any(row.correction is not Correction.PAIR for row in families.values()):
        return ExpectedByChance(models=len({model for model, _, _ in families}), worse=None, most=None)
    return by_chance_of(families, max((row.alpha for row in families.values()), default=0.0))


def told_by_chance(rows: Iterable[DriftRow]) -> str:
    """Return the sentence on what chance alone makes of rows about safety; empty for fewer than two models."""
    chance = by_chance(row for row in rows if row.is_safety)
    return chance.words if chance.models > 1 else ""


def by_chance_of(families: Collection[tuple[str, str | None, str]], alpha: float) -> ExpectedByChance:
    """Return what chance alone makes of families of tests: model, reference and construct of each."""
    return chance_of(
        _coded(model for model, _, _ in families),
        _coded(reference or "" for _, reference, _ in families),
        np.array([CONSTRUCTS.index(Construct(construct)) for _, _, construct in families], dtype=np.int64),
        alpha,
    )


def chance_of(model: Longs, reference: Longs, construct: Longs, alpha: float) -> ExpectedByChance:
    """Return what chance alone makes of the models that were tested at `alpha`.

    The arrays have one entry per test: the numbers of the model and of its reference, from 0 without gaps, and the
    place of the construct in CONSTRUCTS. Verdicts are corrected over a pair's tests of one construct.
    """
    size = int(reference.max(initial=0)) + 1
    families = np.unique((model * size + reference) * len(CONSTRUCTS) + construct)
    pairs, kind = np.divmod(families, len(CONSTRUCTS))
    of_model = np.bincount(pairs // size)
    of_model, level = of_model[of_model > 0], alpha / 2
    ends, starts = np.unique(pairs, return_index=True)
    kinds = np.bitwise_or.reduceat(np.int64(1) << kind, starts) if len(starts) else starts
    patterns: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    found, count = np.unique((ends % size) << len(CONSTRUCTS) | kinds, return_counts=True)
    for key, models in zip(found.tolist(), count.tolist(), strict=True):
        patterns[key >> len(CONSTRUCTS)].append((key & ((1 << len(CONSTRUCTS)) - 1), models))
    return ExpectedByChance(
        models=len(of_model),
        worse=float((1 - (1 - level) ** of_model).sum()),
        most=most_by_chance(Counter(map(tuple, patterns.values())), level),
    )


def most_by_chance(references: Mapping[tuple[tuple[int, int], ...], int], level: float) -> int:
    """Return the number of false changes for the worse that 19 of 20 lists do not exceed, by simulation.

    `references` counts references by their models, none of which changed: how many are tested on which constructs, the
    bits of a number. `level` is the probability that one family of tests calls one of them worse. Each construct is
    drawn as one test whose error is half the reference's own: with several tests in a construct, the errors are less
    alike and the number varies less.
    """
    rng, found = np.random.default_rng(SEED), np.zeros(DRAWS)
    for models, count in references.items():
        drawn = [_drawn(rng, models, level) for _ in range(min(count, FEW))]
        if count > FEW:  # the sum over many references alike is as good as normal
            spread = np.concatenate(drawn)
            found += rng.normal(count * spread.mean(), count**0.5 * spread.std(), DRAWS)
        else:
            found += np.sum(drawn, axis=0)
    return round(float(np.quantile(found, 0.95, method="higher")))


def _drawn(rng: np.random.Generator, models: Iterable[tuple[int, int]], level: float) -> Longs:
    """Return how many models of one reference are called worse in each draw."""
    from scipy.special import ndtr, ndtri

    found = np.zeros(DRAWS, dtype=np.int64)
    chance: dict[int, Floats] = {}
    for constructs, count in models:
        none = np.ones(DRAWS)
        for bit in (bit for bit in range(constructs.bit_length()) if constructs >> bit & 1):
            if bit not in chance:
                error = SHARED**0.5 * rng.standard_normal(DRAWS)
                chance[bit] = ndtr((error + ndtri(level)) / (1 - SHARED) ** 0.5)
            none *= 1 - chance[bit]
        found += rng.binomial(count, 1 - none)
    return found


def _coded(names: Iterable[str]) -> Longs:
    """Return names as numbers from 0, in the order in which they first occur."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
