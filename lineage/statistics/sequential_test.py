"""Decide on which side of a margin a derivative is as soon as enough items were run: a sequential paired test.

The test looks at every item. Items are drawn without replacement, in an order that is random and independent of the
answers, and the question is what all N of them would show: the mean D of the paired differences, in -1 to 1, positive
riskier. Wealth is bet against "D is at most the margin", "at least", and the same at minus the margin: K = prod(1 + s *
bet * (x - m)), where x = (d + 1) / 2, s is the direction, and m is what the mean of the unseen items would have to be
for the claim to be just true. Under the claim K has no drift, so it ever reaches 1 / level with at most that
probability (Ville 1939), however often one looks: Waudby-Smith & Ramdas 2024, Estimating means of bounded random
variables by betting, JRSS-B 86, section 5 (without replacement). The wealth here is the mean over constant bets.

What relatives answered can predict the differences. Their predictions for all N items are known before the first, so
the claim about D is one about the mean of what the predictions leave over, d - prediction, which varies less where they
are good. Half of the wealth is then bet on the leftovers, in the same order of items, and half on the differences: a
mean of two wealths that have no drift has none, and predictions that are wrong cost at most a factor of two in wealth.

Alpha is split: half for "worse", half for "better", and all of it for each of the two claims that "within" must refute
(two one-sided tests). The total error is at most alpha wherever D lies: the bets of one direction are equal at both
thresholds, so a test that refutes "D is at least -margin" has already refuted "D is at least margin". After item N the
answer is known without error. A run that stopped early has a decision but no score: which items it saw depends on their
results, so their mean is biased.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BETS: Final = np.geomspace(0.03, 1.9, 14)
"""The bets that wealth is averaged over: small ones for small differences, large ones for large."""
SAFE: Final = 0.95
"""The largest bet, as a share of the largest that cannot ruin; wealth stays above zero."""
TIE: Final = 1e-9
"""A sum of differences this close to a threshold counts as on it: exact ties, up to rounding."""
_MINUS, _PLUS = 0, 1
"""The indices of the thresholds -margin and +margin."""


class SequentialVerdict(StrEnum):
    """The verdict over all items: the difference is above the margin, below minus it, within, or not known yet."""

    WORSE = "worse"
    BETTER = "better"
    WITHIN = "within"
    OPEN = "open"


_OUTCOMES: Final = (SequentialVerdict.OPEN, SequentialVerdict.WORSE, SequentialVerdict.BETTER, SequentialVerdict.WITHIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingRule:
    """The question to decide: the total number of items, the margin (fraction of the range), and the error rate alpha.

    Raises ValueError for less than one item, a margin outside 0 to 1, an alpha outside 0 to 1.
    """

    items: int
    margin: float = DEFAULT_MARGIN
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        """Reject invalid values."""
        if self.items < 1 or not 0 < self.margin < 1 or not 0 < self.alpha < 1:
            raise ValueError("a rule needs an item, and a margin and an alpha between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The state of the test after some items; it holds no value, since a stopped run has no score."""

    outcome: SequentialVerdict
    seen: int
    items: int

    @property
    def is_decided(self) -> bool:
        """Whether no more items are needed."""
        return self.outcome is not SequentialVerdict.OPEN

    @property
    def is_stopped_early(self) -> bool:
        """Whether some items were not run; then nothing may be published as a score."""
        return self.is_decided and self.seen < self.items


def hash_order(name: str) -> tuple[str, str]:
    """Return a sort key that puts items in an order independent of the answers: names are hashes of the items' content.

    In a group of tasks the names are TASK/HASH, and the hash comes first in the key: sorted by name, all items of one
    task would precede the next task's, and answers to them would not represent the whole.
    """
    return name.rpartition("/")[2], name


class SequentialTest:
    """A test that takes paired differences one at a time, for one derivative or for many side by side.

    Differences are fractions of the range, derivative minus reference, turned so that positive is riskier.
    """

    def __init__(self, rule: StoppingRule, runs: int = 1, predicted_means: Floats | None = None) -> None:
        """Start without items; `runs` tests with the same rule run side by side, each with its own items.

        `predicted_means` are the means of the differences that are predicted for all items, one for each run; None
        where none are predicted. The predictions must not depend on the differences that are taken.
        """
        self.rule = rule
        self.seen = 0
        thresholds = np.array([-rule.margin, rule.margin])
        self._means = (thresholds + 1) / 2
        self._sum = np.zeros(runs)
        self._predicted_means, self._sum_left = predicted_means, np.zeros(runs)
        kinds = 1 if predicted_means is None else 2
        self._wealth = np.zeros((2, 2, runs, kinds * len(BETS)))
        """Log wealth, by direction (falling, rising), threshold, run and bet: on differences, then on leftovers."""
        self._best = np.full((2, 2, runs), -np.inf)
        self._outcome = np.zeros(runs, dtype=np.int8)
        self._stopped = np.full(runs, rule.items)

    def take(self, differences: Floats | Sequence[float], predicted: Floats | None = None) -> Decision:
        """Take the next items of the first test and return its state; after the decision nothing changes it.

        `predicted` are the differences that were predicted for these items, None in a test without predictions. Raises
        ValueError for a difference outside -1 to 1, and for more items than the rule has.
        """
        for place, difference in enumerate(np.asarray(differences, dtype=np.float64).reshape(-1)):
            if self._outcome[0]:
                break
            self.step(np.array([difference]), None if predicted is None else predicted[place : place + 1])
        return self.decision()

    def decision(self, run: int = 0) -> Decision:
        """Return the state of a run; `seen` counts the items up to its decision."""
        outcome = _OUTCOMES[int(self._outcome[run])]
        seen = int(self._stopped[run]) if self._outcome[run] else self.seen
        return Decision(outcome=outcome, seen=seen, items=self.rule.items)

    def is_no_worse(self, run: int = 0) -> bool:
        """Whether it is refuted at alpha that the difference over all items of a run is above the margin.

        This claim alone needs fewer items than WITHIN, which refutes a difference below minus the margin too. That it
        and WORSE are decided in one run does not add up: only one of the two can be false.
        """
        if self._outcome[run]:
            return bool(self._outcome[run] != _OUTCOMES.index(SequentialVerdict.WORSE))
        return bool(self._best[0, _PLUS, run] >= np.log(1 / self.rule.alpha))

    def outcomes(self) -> NDArray[np.int8]:
        """Return the outcome of every run as its index in OPEN, WORSE, BETTER, WITHIN."""
        return self._outcome

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        """Continue with only some of the runs."""
        self._sum, self._outcome, self._stopped = self._sum[chosen], self._outcome[chosen], self._stopped[chosen]
        self._wealth, self._best = self._wealth[:, :, chosen], self._best[:, :, chosen]
        self._sum_left = self._sum_left[chosen]
        self._predicted_means = None if self._predicted_means is None else self._predicted_means[chosen]

    def step(self, differences: Floats, predicted: Floats | None = None) -> None:
        """Take one item of each run. Raises ValueError as `take` does."""
        if self.seen >= self.rule.items:
            raise ValueError(f"the rule is over {self.rule.items} items, and all were taken")
        if not (np.abs(differences) <= 1).all():
            raise ValueError("a difference is not within -1 to 1")
        value = (differences + 1) / 2
        rest = (self.rule.items * self._means[:, None] - self._sum) / (self.rule.items - self.seen)
        if self._predicted_means is not None and predicted is not None:
            self._bet_on_leftovers(differences - predicted, self._predicted_means)
        self._bet(self._wealth[..., : len(BETS)], value, np.clip(rest, 0, 1))
        self._sum += value
        self.seen += 1
        self._refute(rest)
        self._decide()

    def _bet_on_leftovers(self, left: Floats, predicted_means: Floats) -> None:
        """Bet on what predictions leave of differences, whose mean over all items the claims state too."""
        if not (np.abs(left) <= 1 + TIE).all():
            raise ValueError("a difference without its prediction is not within -1 to 1")
        value = np.clip((left + 1) / 2, 0, 1)
        means = self._means[:, None] - predicted_means / 2
        rest = (self.rule.items * means - self._sum_left) / (self.rule.items - self.seen)
        self._bet(self._wealth[..., len(BETS) :], value, np.clip(rest, 0, 1))
        self._sum_left += value

    @staticmethod
    def _bet(wealth: Floats, value: Floats, mean: Floats) -> None:
        """Multiply the wealth: rising bets win if values are high. A bet is the same at both thresholds."""
        for direction, sign in enumerate((-1.0, 1.0)):
            strictest = 1 - mean[_MINUS] if sign < 0 else mean[_PLUS]
            bets = np.minimum(BETS, SAFE / np.maximum(strictest, TIE)[:, None])
            wealth[direction] += np.log1p(sign * bets * (value - mean)[:, :, None])

    def _refute(self, rest: Floats) -> None:
        """Record the greatest wealth so far; it is infinite if the remaining items cannot make the claim true."""
        top = self._wealth.max(axis=-1)
        mean = top + np.log(np.exp(self._wealth - top[..., None]).mean(axis=-1))
        mean[0][rest > 1 + TIE] = np.inf
        mean[1][rest < -TIE] = np.inf
        self._best = np.maximum(self._best, mean)

    def _decide(self) -> None:
        half, whole = np.log(2 / self.rule.alpha), np.log(1 / self.rule.alpha)
        falling, rising = self._best
        found = np.zeros(len(self._outcome), dtype=np.int8)
        found[(falling[_PLUS] >= whole) & (rising[_MINUS] >= whole)] = _OUTCOMES.index(SequentialVerdict.WITHIN)
        found[rising[_PLUS] >= half] = _OUTCOMES.index(SequentialVerdict.WORSE)
        found[falling[_MINUS] >= half] = _OUTCOMES.index(SequentialVerdict.BETTER)
        if self.seen == self.rule.items:
            found = self._truth()
        fresh = (self._outcome == 0) & (found > 0)
        self._outcome[fresh] = found[fresh]
        self._stopped[fresh] = self.seen

    def _truth(self) -> NDArray[np.int8]:
        """Return the outcome over all items; a mean exactly on the margin is within."""
        total = 2 * self._sum - self.rule.items
        reach = self.rule.margin * self.rule.items + TIE
        found = np.full(len(total), _OUTCOMES.index(SequentialVerdict.WITHIN), dtype=np.int8)
        found[total > reach] = _OUTCOMES.index(SequentialVerdict.WORSE)
        found[total < -reach] = _OUTCOMES.index(SequentialVerdict.BETTER)
        return found


def run_all(
    rule: StoppingRule, differences: Floats, predicted: Floats | None = None
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Run many tests side by side, for simulation: `differences` is (runs, items), in the order of running.

    `predicted` are the differences that were predicted, in the same form, or None.

    Returns each run's outcome, as its index in OPEN, WORSE, BETTER, WITHIN, and the number of items that it needed.
    """
    outcomes, needed = np.zeros(len(differences), dtype=np.int8), np.full(len(differences), rule.items)
    means = None if predicted is None else predicted.mean(axis=1)
    test, active = SequentialTest(rule, len(differences), means), np.arange(len(differences))
    for place in range(rule.items):
        test.step(differences[active, place], None if predicted is None else predicted[active, place])
        done = test.outcomes() > 0
        if done.any():
            outcomes[active[done]], needed[active[done]] = test.outcomes()[done], test.seen
            active = active[~done]
            test.keep(~done)
        if not len(active):
            break
    return outcomes, needed
