"""What the scores say about every model on each instrument that could be run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.belief_propagation import value_of_information
from lineage.prediction.predict import LEAST_ERROR, fit_model
from lineage.scheduling.weights import age

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.prediction.belief_propagation import Posterior
    from lineage.prediction.predict import Model
    from lineage.scheduling.inputs import RunnableInstrument

LEAST_SHARE: Final = 0.02
"""A share is assumed to be at least this far from 0 and 1 when its error is predicted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InstrumentPosterior:
    """What is known about every node on one instrument; arrays are in the order of the forest.

    `weights` is how much the variance of each node matters, `reaching` the same including merges below
    (`reach_merges`), `exact` what a measurement without error would gain at each; `items` is the number of items that a
    run is expected to have.
    """

    model: Model
    weights: Floats
    reaching: Floats
    exact: Floats
    items: int

    def errors(self, at: NDArray[np.integer]) -> Floats:
        """Return the variance that a measurement of some positions is expected to have, as predictions assume it.

        That is the variance of a share of the items at the expected value: the largest that values between 0 and 1 with
        that mean can have.
        """
        share = np.clip(self.model.posterior.mean[at], LEAST_SHARE, 1 - LEAST_SHARE)
        return np.asarray(np.maximum(share * (1 - share) / self.items, LEAST_ERROR**2))

    def gains(self, at: NDArray[np.integer]) -> Floats:
        """Return the weighted variance that measuring each of some positions removes."""
        variance = self.model.posterior.variance[at]
        return np.asarray(self.exact[at] * variance / (variance + self.errors(at)))


def know(
    forest: BeliefForest, instruments: tuple[RunnableInstrument, ...], weights: Floats, domains: NDArray[np.int64]
) -> list[InstrumentPosterior]:
    """Return what is known on each instrument; `weights` and `domains` have one entry per node.

    Instruments without a score share one prior, which is solved once.
    """
    prior: InstrumentPosterior | None = None
    found = []
    for instrument in instruments:
        if len(instrument.observations.node) or len(instrument.stale):
            found.append(_known(forest, instrument, age(weights, instrument.stale), domains))
        else:
            prior = prior or _known(forest, instrument, weights, domains)
            found.append(replace(prior, items=instrument.expected_items))
    return found


def _known(
    forest: BeliefForest, instrument: RunnableInstrument, weights: Floats, domains: NDArray[np.int64]
) -> InstrumentPosterior:
    model = fit_model(forest, instrument.observations, domains)
    placed = weights[forest.order]
    return InstrumentPosterior(
        model=model,
        weights=placed,
        reaching=reach_merges(forest, model.posterior, placed),
        exact=value_of_information(forest, model.posterior, placed, np.zeros(forest.size)),
        items=instrument.expected_items,
    )


def reach_merges(forest: BeliefForest, posterior: Posterior, weights: Floats) -> Floats:
    """Return the weights of positions with those of the merges below added, by the share that each merge inherits.

    This is the first pass of `value_of_information`, of which only what merges pass to their parents is kept.
    """
    squared, merges = posterior.pull**2, forest.merges
    below, handed = weights.copy(), weights.copy()
    for level in reversed(list(forest.levels())[1:]):
        which = forest.merges_within(level)
        edges = slice(merges.starts[which.start], merges.starts[which.stop])
        at = np.repeat(merges.at[which], np.diff(merges.starts[which.start : which.stop + 1]))
        part = merges.weights[edges] ** 2 * squared[at] * below[at]
        np.add.at(below, merges.parents[edges], part)
        np.add.at(handed, merges.parents[edges], part)
        hanging = np.flatnonzero(forest.parent[level] >= 0) + level.start
        np.add.at(below, forest.parent[hanging], squared[hanging] * below[hanging])
    return handed
