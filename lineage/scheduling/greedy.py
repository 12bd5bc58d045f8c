"""Which model next on which instrument: greedily, what is learnt for its cost, with a family seen anew after each pick.

A pick changes only what is known of its tree, so each tree keeps its best job, and the best of all is found in a heap.
Before a family is picked from again its posterior is that after its last pick, and what its members share is loaded:
two jobs of one family are never judged on the same knowledge. Jobs of one round are in different families.
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
"""How far a further job of a family stands behind the first of any other under `breadth`."""
DIGITS: Final = 9
"""Decimals of the logarithm of a rank: what differs less is a tie, which the id decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A chosen job: places of model and instrument, what it costs, and what it is expected to tell.

    `cost` is in the budget's unit. `gain` is the weighted variance that the pick removes, `cut` the share of its
    tree's; `round` counts the picks of the family.
    """

    model: int
    probe: int
    round: int
    cost: float
    split: JobSeconds
    gain: float
    cut: float


class _Best(NamedTuple):
    """The best job of a part, the better first: its rank turned around, then the id and the place of the instrument."""

    turned: float
    name: str
    probe: int
    part: int
    row: int


class GreedySelection:
    """A choice in progress: which jobs are open, what each is worth now, and what was picked."""

    def __init__(
        self,
        situation: ScheduleInputs,
        models: Sequence[Candidate],
        roster: CandidatePool,
        is_open: Mask,
        wish: SchedulePreferences,
    ) -> None:
        """Prepare to choose among some models, sorted by id; `is_open` (model, instrument) says what may be run."""
        self._situation, self._wish = situation, wish
        forest = situation.forest
        self._parts = ForestParts.of(forest)
        nodes = np.array([model.node for model in models], dtype=np.int64)
        part = self._parts.part[forest.position[nodes]]
        self._order = np.argsort(part, kind="stable")
        self._models = [models[place] for place in self._order.tolist()]
        self._position, self._part = forest.position[nodes][self._order], part[self._order]
        self._family = np.array([model.family for model in self._models], dtype=np.int64)
        self._open = is_open[self._order]
        self._expenses = JobCosts(self._models, roster, situation)
        self._cost = self._expenses.cost(slice(None), wish.budget.unit)
        self._effort = self._expenses.effort(slice(None), wish.budget.unit)
        self._known = know(forest, situation.probes, situation.weights, situation.domains)
        self._gain = np.column_stack([one.gains(self._position) for one in self._known])
        self._weight = np.column_stack([one.weights[self._position] for one in self._known])
        self._luck = np.random.default_rng(wish.seed).random(is_open.shape)[self._order]
        self._living: dict[tuple[int, int], TreePosterior] = {}
        self._forests: dict[int, BeliefForest] = {}
        self._rounds: Counter[int] = Counter()
        self._rank = np.full(is_open.shape, -np.inf)
        self._value(slice(None), slice(None))

    def picks(self) -> Iterator[Pick]:
        """Yield the picks in order until the budget, the jobs or the number of picks is spent."""
        left = self._wish.budget.amount
        parts, starts = np.unique(self._part, return_index=True)
        ends = np.r_[starts[1:], len(self._part)]
        spans = {part: slice(low, high) for part, low, high in zip(parts.tolist(), starts, ends, strict=True)}
        heap = [best for part, span in spans.items() if (best := self._best(part, span, left)) is not None]
        heapq.heapify(heap)
        for _ in range(self._wish.most):
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
        """Return the best job of all, or None for none.

        Every part has an entry that is no lower than its best job: ranks and what is left only fall, but in the part
        that was picked from, whose entry stands first still, and in those that became cheaper, which have a new one. So
        the first entry that is true is the best.
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
        """Return the best job of a part that what is left pays; None where there is none. Ties go to the lowest id."""
        rank = np.where(self._cost[span] <= left, self._rank[span], -np.inf)
        place = int(rank.argmax())
        row, probe = divmod(place, rank.shape[1])
        if rank[row, probe] == -np.inf:
            return None
        row += span.start
        return _Best(float(-self._rank[row, probe]), self._models[row].id, probe, part, int(row))

    def _take(self, best: _Best, span: slice) -> tuple[Pick, list[int]]:
        """Pick a job, see its tree anew, load what it loads; return it, and other parts that cost less by that."""
        row, probe, family = best.row, best.probe, int(self._family[best.row])
        cost, gain = float(self._cost[row, probe]), float(self._gain[row, probe])
        split = self._expenses.split(row, probe)
        rows = np.arange(span.start, span.stop)
        cut = self._learn(best, rows)
        self._open[row, probe] = False
        self._rounds[family] += 1
        changed = self._expenses.load(row)
        cheaper = [part for part in np.unique(self._part[changed]).tolist() if part != best.part]
        self._cost[changed] = self._expenses.cost(changed, self._wish.budget.unit)
        self._effort[changed] = self._expenses.effort(changed, self._wish.budget.unit)
        if self._wish.policy is SchedulingPolicy.BREADTH:
            changed = np.flatnonzero(self._family == family)
        self._value(changed, slice(None))
        self._value(rows, slice(probe, probe + 1))
        pick = Pick(
            model=int(self._order[row]),
            probe=probe,
            round=self._rounds[family],
            cost=cost,
            split=split,
            gain=gain,
            cut=cut,
        )
        return pick, cheaper

    def _learn(self, best: _Best, rows: Rows) -> float:
        """Treat a job as measured; return the share of its tree's weighted variance that this removes."""
        within = self._parts.within(best.part)
        if best.part not in self._forests:
            self._forests[best.part] = self._parts.cut_out(best.part)
        key = (best.part, best.probe)
        if key not in self._living:
            self._living[key] = TreePosterior(self._forests[best.part], within, self._known[best.probe])
        living = self._living[key]
        cut = living.take(int(np.searchsorted(within, self._position[best.row])))
        self._gain[rows, best.probe] = living.gains()[np.searchsorted(within, self._position[rows])]
        return cut

    def _value(self, rows: Rows | slice, probes: slice) -> None:
        """Set the ranks of some jobs: the higher is picked first, minus infinity never."""
        with np.errstate(divide="ignore"):
            match self._wish.policy:
                case SchedulingPolicy.VOI:
                    rank = np.log(np.maximum(self._gain[rows, probes], 0)) - np.log(self._effort[rows, probes])
                case SchedulingPolicy.EXPOSURE:
                    rank = np.log(self._weight[rows, probes])
                case SchedulingPolicy.BREADTH:
                    picked = np.array([self._rounds[family] for family in self._family[rows].tolist()])
                    rank = np.log(self._weight[rows, probes]) - LATER * picked[:, None]
                case SchedulingPolicy.RANDOM:
                    rank = np.where(self._weight[rows, probes] > 0, self._luck[rows, probes], -np.inf)
                case _:
                    assert_never(self._wish.policy)
        self._rank[rows, probes] = np.where(self._open[rows, probes], np.round(rank, DIGITS), -np.inf)
