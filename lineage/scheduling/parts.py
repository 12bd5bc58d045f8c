"""One connected part of the forest, solved again after each pick in it; the rest never changes by that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.prediction.forest import Forest, Merges
from lineage.prediction.gaussian import Evidence, Normal, solve, value_of_information

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.forest import Floats
    from lineage.prediction.gaussian import Posterior
    from lineage.scheduling.probes import Knowledge

    Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """The positions of a forest by connected part: those of part p are `positions[starts[p]:starts[p + 1]]`, rising.

    `part` is that of each position.
    """

    forest: Forest
    part: NDArray[np.int64]
    positions: Positions
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, forest: Forest, component: NDArray[np.int32]) -> Parts:
        """Sort a forest by the component of each node."""
        _, part = np.unique(component[forest.order], return_inverse=True)
        positions = np.argsort(part, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(part))]) if forest.size else np.zeros(1, dtype=np.int64)
        return cls(forest=forest, part=part, positions=positions, starts=starts)

    def within(self, part: int) -> Positions:
        """Return the positions of a part."""
        return self.positions[self.starts[part] : self.starts[part + 1]]

    def cut_out(self, part: int) -> Forest:
        """Return the forest of one part; `order` still has the node of each position."""
        forest, kept = self.forest, self.within(part)
        merges = forest.merges
        chosen = self.part[merges.at] == part
        counts = np.diff(merges.starts)
        parent = forest.parent[kept]
        return Forest(
            order=forest.order[kept],
            position=np.zeros(0, dtype=np.int32),
            parent=np.where(parent >= 0, np.searchsorted(kept, parent), -1).astype(np.int32),
            tree=np.searchsorted(kept, forest.tree[kept]).astype(np.int32),
            relation=forest.relation[kept],
            bounds=np.unique(np.searchsorted(kept, forest.bounds)),
            merges=Merges(
                at=np.searchsorted(kept, merges.at[chosen]).astype(np.int32),
                starts=np.concatenate([[0], np.cumsum(counts[chosen])]),
                parents=np.searchsorted(kept, merges.parents[np.repeat(chosen, counts)]).astype(np.int32),
                weights=merges.weights[np.repeat(chosen, counts)],
            ),
        )


class LivingPart:
    """What is known of one part on one instrument, and what becomes of it with every pick."""

    def __init__(self, forest: Forest, positions: Positions, knowledge: Knowledge) -> None:
        """Take what is known of these positions of the whole; `forest` is their own."""
        model = knowledge.model
        own, steps = model.own, model.steps
        self._forest, self._root = forest, model.root
        self._steps = Normal(mean=steps.mean[positions], variance=steps.variance[positions])
        self._own = Evidence(precision=own.precision[positions], information=own.information[positions])
        self._expected = model.posterior.mean[positions]
        self._errors = knowledge.errors[positions]
        self.weights = knowledge.weights[positions]
        self.posterior: Posterior = solve(forest, self._own, self._steps, self._root)

    def take(self, at: int) -> None:
        """Treat a position as measured: its value as expected, its error as foreseen. Means stay, variances fall."""
        precision, information = self._own.precision.copy(), self._own.information.copy()
        precision[at] += 1 / self._errors[at]
        information[at] += self._expected[at] / self._errors[at]
        self._own = Evidence(precision=precision, information=information)
        self.posterior = solve(self._forest, self._own, self._steps, self._root)

    def gains(self) -> Floats:
        """Return the weighted variance that measuring each position of the part removes."""
        return value_of_information(self._forest, self.posterior, self.weights, self._errors)
