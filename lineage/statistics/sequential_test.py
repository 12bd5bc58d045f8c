"""When enough items were run to say on which side of a margin a derivative is: a paired test that looks at every item.

The items are drawn without replacement, in an order that chance gives and the answers do not, and the question is what
all N of them would show: the mean D of the paired differences, in -1 to 1, positive riskier. Wealth is bet against
"D is at most the margin", "at least", and the same at minus the margin: K = prod(1 + s * bet * (x - m)), where x =
(d + 1) / 2, s is the direction, and m is what the mean of the items not seen yet would have to be for the claim to be
just true. Under the claim K has no drift, so it ever reaches 1 / level with at most that probability (Ville 1939),
however often one looks: Waudby-Smith & Ramdas 2024, Estimating means of bounded random variables by betting, JRSS-B 86,
section 5 (without replacement). The wealth here is the mean over constant bets.

Alpha is split: half for "worse", half for "better", and all of it for each of the two claims that "within" must refute
(two one-sided tests). No more than alpha is wrong in total wherever D lies: the bets of one direction are equal at
both thresholds, so that who refutes "D is at least -margin" has refuted "D is at least margin" before. After item N the
answer is known without error. A run that stopped early has a decision and no score: which items it saw depends on what
they showed, so their mean is biased.
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
"""Share of the largest bet that cannot ruin: wealth stays above zero."""
TIE: Final = 1e-9
"""Sums of differences within this of a threshold are on it: rounding of exact ties."""
_MINUS, _PLUS = 0, 1
"""Places of the thresholds -margin and +margin."""


class SequentialVerdict(StrEnum):
    """What the test says of all items: the difference is above the margin, below minus it, within, or not known yet."""

    WORSE = "worse"
    BETTER = "better"
    WITHIN = "within"
    OPEN = "open"


_OUTCOMES: Final = (SequentialVerdict.OPEN, SequentialVerdict.WORSE, SequentialVerdict.BETTER, SequentialVerdict.WITHIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingRule:
    """What is to be decided: over so many items in all, with which margin (share of the range), how surely.

    Raises ValueError for less than one item, a margin outside 0 to 1, an alpha outside 0 to 1.
    """

    items: int
    margin: float = DEFAULT_MARGIN
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        """Refuse what is no rule."""
        if self.items < 1 or not 0 < self.margin < 1 or not 0 < self.alpha < 1:
            raise ValueError("a rule needs an item, and a margin and an alpha between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is known after so many of all items; there is no value in it, since a stopped run has no score."""

    outcome: SequentialVerdict
    seen: int
    items: int

    @property
    def is_decided(self) -> bool:
        """Whether no more items are needed."""
        return self.outcome is not SequentialVerdict.OPEN

    @property
    def is_stopped_early(self) -> bool:
        """Whether the items were not all run; then nothing may be published as a score."""
        return self.is_decided and self.seen < self.items


def hash_order(name: str) -> tuple[str, str]:
    """Return what sorts items into an order that answers do not know: names of items are hashes of what they ask.

    In a group of tasks they are TASK/HASH, and the hash counts first: in the order of the names all items of one task
    would come before any of the next, and an answer to these says nothing of the whole.
    """
    return name.rpartition("/")[2], name


class SequentialTest:
    """A test that takes paired differences one after the other, for one derivative or for many side by side.

    Differences are shares of the range, derivative minus reference, turned so that positive is riskier.
    """

    def __init__(self, rule: StoppingRule, runs: int = 1) -> None:
        """Start without items; `runs` tests of one rule go on side by side, each with items of its own."""
        self.rule = rule
        self.seen = 0
        thresholds = np.array([-rule.margin, rule.margin])
        self._means = (thresholds + 1) / 2
        self._sum = np.zeros(runs)
        self._wealth = np.zeros((2, 2, runs, len(BETS)))
        """Logarithms, by direction (falling, rising), threshold, run and bet."""
        self._best = np.full((2, 2, runs), -np.inf)
        self._outcome = np.zeros(runs, dtype=np.int8)
        self._stopped = np.full(runs, rule.items)

    def take(self, differences: Floats | Sequence[float]) -> Decision:
        """Take the next items of the first test and say what is known; after the decision nothing changes it.

        Raises ValueError for a difference outside -1 to 1, and for more items than the rule has.
        """
        for difference in np.asarray(differences, dtype=np.float64).reshape(-1):
            if self._outcome[0]:
                break
            self.step(np.array([difference]))
        return self.decision()

    def decision(self, run: int = 0) -> Decision:
        """Return what is known of a run; `seen` counts the items up to its decision."""
        outcome = _OUTCOMES[int(self._outcome[run])]
        seen = int(self._stopped[run]) if self._outcome[run] else self.seen
        return Decision(outcome=outcome, seen=seen, items=self.rule.items)

    def outcomes(self) -> NDArray[np.int8]:
        """Return the outcome of every run, by its place in OPEN, WORSE, BETTER, WITHIN."""
        return self._outcome

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        """Go on with some of the runs alone."""
        self._sum, self._outcome, self._stopped = self._sum[chosen], self._outcome[chosen], self._stopped[chosen]
        self._wealth, self._best = self._wealth[:, :, chosen], self._best[:, :, chosen]

    def step(self, differences: Floats) -> None:
        """Take one item of each run. Raises ValueError as `take` does."""
        if self.seen >= self.rule.items:
            raise ValueError(f"the rule is over {self.rule.items} items, and all were taken")
        if not (np.abs(differences) <= 1).all():
            raise ValueError("a difference is not within -1 to 1")
        value = (differences + 1) / 2
        rest = (self.rule.items * self._means[:, None] - self._sum) / (self.rule.items - self.seen)
        mean = np.clip(rest, 0, 1)
        self._bet(value, mean)
        self._sum += value
        self.seen += 1
        self._refute(rest)
        self._decide()

    def _bet(self, value: Floats, mean: Floats) -> None:
        """Multiply the wealth: rising bets win where values are high. A bet is the same at both thresholds."""
        for direction, sign in enumerate((-1.0, 1.0)):
            strictest = 1 - mean[_MINUS] if sign < 0 else mean[_PLUS]
            bets = np.minimum(BETS, SAFE / np.maximum(strictest, TIE)[:, None])
            self._wealth[direction] += np.log1p(sign * bets * (value - mean)[:, :, None])

    def _refute(self, rest: Floats) -> None:
        """Note the greatest wealth so far; without bound where the items left could not make the claim true."""
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
        """Return what all items show; exactly on the margin is within."""
        total = 2 * self._sum - self.rule.items
        reach = self.rule.margin * self.rule.items + TIE
        found = np.full(len(total), _OUTCOMES.index(SequentialVerdict.WITHIN), dtype=np.int8)
        found[total > reach] = _OUTCOMES.index(SequentialVerdict.WORSE)
        found[total < -reach] = _OUTCOMES.index(SequentialVerdict.BETTER)
        return found


def run_all(rule: StoppingRule, differences: Floats) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Run many tests side by side, for simulation: `differences` is (runs, items), in the order of running.

    Returns each run's outcome, by its place in OPEN, WORSE, BETTER, WITHIN, and the items that it needed.
    """
    outcomes, needed = np.zeros(len(differences), dtype=np.int8), np.full(len(differences), rule.items)
    test, active = SequentialTest(rule, len(differences)), np.arange(len(differences))
    for place in range(rule.items):
        test.step(differences[active, place])
        done = test.outcomes() > 0
        if done.any():
            outcomes[active[done]], needed[active[done]] = test.outcomes()[done], test.seen
            active = active[~done]
            test.keep(~done)
        if not len(active):
            break
    return outcomes, needed
