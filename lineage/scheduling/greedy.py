"""Chooses jobs greedily: the most information, tempered by its cost, with a family reassessed after each pick.

A pick changes only what is known about its tree, so each tree keeps its best job, and a heap holds the best of all.
Before a second pick in a family, its posterior is updated and what its members share counts as loaded: two jobs of one
family are never judged on the same knowledge. Jobs of one round are in different families.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

import numpy as np

from lineage.scheduling.instrument_posterior import know
from lineage.scheduling.job_costs import JobCosts
from lineage.scheduling.tree_posterior import ForestParts, TreePosterior
from lineage.vocabulary import SchedulingPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest
    from lineage.scheduling.candidates import Candidate, CandidatePool
    from lineage.scheduling.inputs import ScheduleInputs, SchedulePreferences
    from lineage.scheduling.job_costs import JobSeconds

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Rows = NDArray[np.int64]

LATER: Final = 1e6
"""How far a further job of a family ranks behind the first job of any other family under `breadth`."""
DIGITS: Final = 9
"""Decimals of the logarithm of a rank: a smaller difference is a tie, which the id decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A chosen job: the positions of model and instrument, its cost, and what it is expected to tell.

    `cost` is in the unit of the budget. `gain` is the weighted variance that the pick removes, `cut` its share of the
    variance of the tree; `round` counts the picks of the family.
    """

    model: int
    instrument: int
    round: int
    cost: float
    split: JobSeconds
    gain: float
    cut: float


class _Best(NamedTuple):
    """The best job of a part, ordered so that the better is smaller: negated rank, id, position of the instrument."""

    turned: float
    name: str
    instrument: int
    part: int
    row: int


class GreedySelection:
    """A selection in progress: the open jobs, what each is worth now, and what was picked."""

    def __init__(
        self,
        inputs: ScheduleInputs,
        models: Sequence[Candidate],
        pool: CandidatePool,
        is_open: Mask,
        preferences: SchedulePreferences,
    ) -> None:
        """Prepare to choose among models, sorted by id; `is_open` (model, instrument) tells which jobs may run."""
        self._inputs, self._preferences = inputs, preferences
        forest = inputs.forest
        self._parts = ForestParts.of(forest)
        nodes = np.array([model.node for model in models], dtype=np.int64)
        part = self._parts.part[forest.position[nodes]]
        self._order = np.argsort(part, kind="stable")
        self._models = [models[place] for place in self._order.tolist()]
        self._position, self._part = forest.position[nodes][self._order], part[self._order]
        self._family = np.array([model.family for model in self._models], dtype=np.int64)
        self._open = is_open[self._order]
        self._job_costs = JobCosts(self._models, pool, inputs)
        self._cost = self._job_costs.cost(slice(None), preferences.budget.unit)
        self._effort = self._job_costs.effort(slice(None), preferences.budget.unit)
        self._known = know(forest, inputs.instruments, inputs.weights, inputs.domains)
        self._gain = np.column_stack([one.gains(self._position) for one in self._known])
        self._weight = np.column_stack([one.weights[self._position] for one in self._known])
        self._luck = np.random.default_rng(preferences.seed).random(is_open.shape)[self._order]
        self._posteriors: dict[tuple[int, int], TreePosterior] = {}
        self._forests: dict[int, BeliefForest] = {}
        self._rounds: Counter[int] = Counter()
        self._rank = np.full(is_open.shape, -np.inf)
        self._value(slice(None), slice(None))

    def picks(self) -> Iterator[Pick]:
        """Yield the picks in order until the budget, the jobs or the number of picks is exhausted."""
        left = self._preferences.budget.amount
        parts, starts = np.unique(self._part, return_index=True)
        ends = np.r_[starts[1:], len(self._part)]
        spans = {part: slice(low, high) for part, low, high in zip(parts.tolist(), starts, ends, strict=True)}
        heap = [best for part, span in spans.items() if (best := self._best(part, span, left)) is not None]
        heapq.heapify(heap)
        for _ in range(self._preferences.most):
            found = self._first(heap, spans, left)
            if found is None:
                return
            pick, cheaper = self._take(found, spans[found.part])
            left -= pick.cost
            for part in cheaper:
                if (best := self._best(part, spans[part], left)) is not None:
                    heapq.heappush(heap, best)
            yield pick

    def _first(self, heap: list[_Best], spans: Mapping[int, slice], left: float) -> _Best | None:
        """Return the best job of all, or None.

        Every part has an entry that ranks at least as high as its best job: ranks and the rest of the budget only fall,
        except in the part that was picked from, whose entry is still the first, and in parts that became cheaper, which
        get a new entry. So the first entry that is up to date is the best.
        """
        while heap:
            entry = heap[0]
            best = self._best(entry.part, spans[entry.part], left)
            if best == entry:
                return entry
            if best is None:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, best)
        return None

    def _best(self, part: int, span: slice, left: float) -> _Best | None:
        """Return the best job of a part within the rest of the budget, or None. Ties go to the lowest id."""
        rank = np.where(self._cost[span] <= left, self._rank[span], -np.inf)
        place = int(rank.argmax())
        row, instrument = divmod(place, rank.shape[1])
        if rank[row, instrument] == -np.inf:
            return None
        row += span.start
        return _Best(float(-self._rank[row, instrument]), self._models[row].id, instrument, part, int(row))

    def _take(self, best: _Best, span: slice) -> tuple[Pick, list[int]]:
        """Pick a job, update its tree, and load what it loads; return it, and the other parts that became cheaper."""
        row, instrument, family = best.row, best.instrument, int(self._family[best.row])
        cost, gain = float(self._cost[row, instrument]), float(self._gain[row, instrument])
        split = self._job_costs.split(row, instrument)
        rows = np.arange(span.start, span.stop)
        cut = self._learn(best, rows)
        self._open[row, instrument] = False
        self._rounds[family] += 1
        changed = self._job_costs.load(row)
        cheaper = [part for part in np.unique(self._part[changed]).tolist() if part != best.part]
        self._cost[changed] = self._job_costs.cost(changed, self._preferences.budget.unit)
        self._effort[changed] = self._job_costs.effort(changed, self._preferences.budget.unit)
        if self._preferences.policy is SchedulingPolicy.BREADTH:
            changed = np.flatnonzero(self._family == family)
        self._value(changed, slice(None))
        self._value(rows, slice(instrument, instrument + 1))
        pick = Pick(
            model=int(self._order[row]),
            instrument=instrument,
            round=self._rounds[family],
            cost=cost,
            split=split,
            gain=gain,
            cut=cut,
        )
        return pick, cheaper

    def _learn(self, best: _Best, rows: Rows) -> float:
        """Treat a job as measured; return the share of the weighted variance of its tree that this removes."""
        within = self._parts.within(best.part)
        if best.part not in self._forests:
            self._forests[best.part] = self._parts.cut_out(best.part)
        key = (best.part, best.instrument)
        if key not in self._posteriors:
            self._posteriors[key] = TreePosterior(self._forests[best.part], within, self._known[best.instrument])
        posterior = self._posteriors[key]
        cut = posterior.take(int(np.searchsorted(within, self._position[best.row])))
        self._gain[rows, best.instrument] = posterior.gains()[np.searchsorted(within, self._position[rows])]
        return cut

    def _value(self, rows: Rows | slice, instruments: slice) -> None:
        """Set the ranks of some jobs: the highest is picked first, minus infinity never."""
        with np.errstate(divide="ignore"):
            match self._preferences.policy:
                case SchedulingPolicy.VOI:
                    gain, effort = self._gain[rows, instruments], self._effort[rows, instruments]
                    rank = np.log(np.maximum(gain, 0)) - self._preferences.cost_power * np.log(effort)
                case SchedulingPolicy.EXPOSURE:
                    rank = np.log(self._weight[rows, instruments])
                case SchedulingPolicy.BREADTH:
                    picked = np.array([self._rounds[family] for family in self._family[rows].tolist()])
                    rank = np.log(self._weight[rows, instruments]) - LATER * picked[:, None]
                case SchedulingPolicy.RANDOM:
                    rank = np.where(self._weight[rows, instruments] > 0, self._luck[rows, instruments], -np.inf)
                case _:
                    assert_never(self._preferences.policy)
        self._rank[rows, instruments] = np.where(self._open[rows, instruments], np.round(rank, DIGITS), -np.inf)
