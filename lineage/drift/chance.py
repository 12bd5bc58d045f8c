"""How many of the models in a list chance alone would call worse."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.text.counts import number_of
from lineage.vocabulary import Correction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lineage.drift.drift_row import DriftRow

    Models = Mapping[str, Counter[frozenset[str]]]

SHARED: Final = 1 / 2
"""The share of a difference's variance that is the reference's: half, because both sides have as many items."""
DRAWS: Final = 2_000
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
    """Return what chance alone makes of families of tests: model, reference and construct of each, once."""
    of_model, level = Counter(model for model, _, _ in families), alpha / 2
    return ExpectedByChance(
        models=len(of_model),
        worse=sum(1 - (1 - level) ** count for count in of_model.values()),
        most=most_by_chance(_by_reference(families), level),
    )


def most_by_chance(models: Models, level: float) -> int:
    """Return the number of false changes for the worse that 19 of 20 lists do not exceed, by simulation.

    `models` has for each reference how many unchanged models are tested on which constructs, `level` is the probability
    that one family of tests calls one of them worse. Each construct is drawn as one test whose error is half the
    reference's own: with several tests in a construct, the errors are less alike and the number varies less.
    """
    from scipy.special import ndtr, ndtri

    rng, found = np.random.default_rng(SEED), np.zeros(DRAWS, dtype=np.int64)
    for kinds in models.values():
        error = {name: rng.standard_normal(DRAWS) for name in sorted(frozenset().union(*kinds))}
        chance = {name: ndtr((SHARED**0.5 * one + ndtri(level)) / (1 - SHARED) ** 0.5) for name, one in error.items()}
        for names, count in kinds.items():
            none = np.prod([1 - chance[name] for name in sorted(names)], axis=0)
            found += rng.binomial(count, 1 - none)
    return int(np.quantile(found, 0.95, method="higher"))


def _by_reference(families: Iterable[tuple[str, str | None, str]]) -> Models:
    """Return how many models are tested against each reference, by the constructs of the tests."""
    constructs: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for model, reference, construct in families:
        constructs[reference or "", model].add(construct)
    found: defaultdict[str, Counter[frozenset[str]]] = defaultdict(Counter)
    for (reference, _), names in constructs.items():
        found[reference][frozenset(names)] += 1
    return found
