"""One tree of the forest, solved again after each pick in it.

A merge is the head of a tree of its own, as in `lineage.prediction.belief_forest`. What a measurement tells about
merges below it counts in its gain, based on what was known about them when the plan began; that a pick leaves less to
learn about such a merge itself is only taken into account by the next plan. Within a tree everything is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.prediction.belief_forest import BeliefForest, Merges
from lineage.prediction.belief_propagation import NodeMessages, Normal, Posterior, solve, value_of_information

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import Floats
    from lineage.scheduling.instrument_posterior import InstrumentPosterior

    Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForestParts:
    """The positions of a forest by tree: those of part p are `positions[starts[p]:starts[p + 1]]`, rising.

    `part` is the part of each position.
    """

    forest: BeliefForest
    part: NDArray[np.int64]
    positions: Positions
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, forest: BeliefForest) -> ForestParts:
        """Sort a forest by tree."""
        _, part = np.unique(forest.tree, return_inverse=True)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(part))])
        return cls(forest=forest, part=part, positions=np.argsort(part, kind="stable"), starts=starts)

    def within(self, part: int) -> Positions:
        """Return the positions of a part."""
        return self.positions[self.starts[part] : self.starts[part + 1]]

    def cut_out(self, part: int) -> BeliefForest:
        """Return the forest of one part, the head first; `order` still has the node of each position."""
        forest, kept = self.forest, self.within(part)
        parent = forest.parent[kept]
        nothing = np.zeros(0, dtype=np.int32)
        return BeliefForest(
            order=forest.order[kept],
            position=nothing,
            parent=np.where(parent >= 0, np.searchsorted(kept, parent), -1).astype(np.int32),
            tree=np.zeros(len(kept), dtype=np.int32),
            relation=forest.relation[kept],
            bounds=np.unique(np.searchsorted(kept, forest.bounds)),
            merges=Merges(at=nothing, starts=np.zeros(1, dtype=np.int64), parents=nothing, weights=np.zeros(0)),
        )


class TreePosterior:
    """How sure one part is on one instrument, and how much surer with every pick."""

    def __init__(self, forest: BeliefForest, positions: Positions, knowledge: InstrumentPosterior) -> None:
        """Take what is known about these positions of the whole forest; `forest` is their own."""
        model = knowledge.model
        self._forest = forest
        self._steps = Normal(mean=np.zeros(forest.size), variance=model.steps.variance[positions])
        head = positions[0]
        pull = float(model.posterior.pull[head])
        variance = float(model.posterior.variance[head]) / pull if pull > 0 else float(model.root.variance)
        self._start = Normal.of(0.0, variance)
        self._precision = model.own.precision[positions].copy()
        self._errors = knowledge.errors(positions)
        self._weights, self._reaching = knowledge.weights[positions], knowledge.reaching[positions]
        self._posterior = self._solved()

    def take(self, at: int) -> float:
        """Treat a position as measured with the predicted error: its value is as expected, so that no mean moves.

        Returns the share of the weighted variance of the part that this removes, 0 if nothing in it matters.
        """
        before = float(self._weights @ self._posterior.variance)
        self._precision[at] += 1 / self._errors[at]
        self._posterior = self._solved()
        return 1 - float(self._weights @ self._posterior.variance) / before if before > 0 else 0.0

    def gains(self) -> Floats:
        """Return the weighted variance that measuring each position of the part removes, including merges below it."""
        return value_of_information(self._forest, self._posterior, self._reaching, self._errors)

    def _solved(self) -> Posterior:
        own = NodeMessages(precision=self._precision, information=np.zeros(self._forest.size))
        return solve(self._forest, own, self._steps, self._start)
