"""Instruments that could be run, and what the scores that there are say of every model on each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.belief_propagation import value_of_information
from lineage.prediction.predict import LEAST_ERROR, Observations, fit_model
from lineage.scheduling.tree_posterior import reach_merges
from lineage.scheduling.weights import age

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.prediction.predict import Model

    Nodes = NDArray[np.int32]

USUAL_ITEMS: Final = 1_000
"""Items of an instrument of which the catalogue knows none."""
USUAL_TOKENS: Final = 250.0
"""Tokens of an item with its choices, where neither runs nor the catalogue know better."""
LEAST_SHARE: Final = 0.02
"""A share is taken as at least this far from 0 and 1 when its error is foreseen."""


def _nobody() -> Nodes:
    return np.zeros(0, dtype=np.int32)


def _nothing() -> Observations:
    return Observations(node=_nobody(), value=np.zeros(0), stderr=np.zeros(0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunnableInstrument:
    """An instrument that could be run, and who has a score of it.

    `definition` is what the engine runs, `items` how many it has, or None where unknown, `limit` how many are run at
    most, None for all; `tokens_per_item` are those that a model runs. `observations` are the scores that count, of
    cards and leaderboards too; `current` the nodes measured at their present revision, `stale` those whose score is of
    earlier files.
    """

    name: str
    definition: str
    items: int | None = None
    limit: int | None = None
    tokens_per_item: float = USUAL_TOKENS
    observations: Observations = field(default_factory=_nothing)
    current: Nodes = field(default_factory=_nobody)
    stale: Nodes = field(default_factory=_nobody)

    @property
    def expected_items(self) -> int:
        """How many items a run is expected to have."""
        known = self.items or USUAL_ITEMS
        return known if self.limit is None else min(known, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InstrumentPosterior:
    """What is known of every node on one instrument; arrays are in the order of the forest.

    `weights` is how much each node's variance matters, `reaching` the same with merges below (`reach_merges`), `exact`
    what a measurement without error would gain at each; `items` is how many a run is expected to have.
    """

    model: Model
    weights: Floats
    reaching: Floats
    exact: Floats
    items: int

    def errors(self, at: NDArray[np.integer]) -> Floats:
        """Return the variance that a measurement of some positions is expected to have, as predictions take it.

        That of a share of the items at the value that is expected, the largest that values of that mean within 0 and 1
        can have.
        """
        share = np.clip(self.model.posterior.mean[at], LEAST_SHARE, 1 - LEAST_SHARE)
        return np.asarray(np.maximum(share * (1 - share) / self.items, LEAST_ERROR**2))

    def gains(self, at: NDArray[np.integer]) -> Floats:
        """Return the weighted variance that measuring each of some positions removes."""
        variance = self.model.posterior.variance[at]
        return np.asarray(self.exact[at] * variance / (variance + self.errors(at)))


def know(
    forest: BeliefForest, probes: tuple[RunnableInstrument, ...], weights: Floats, domains: NDArray[np.int64]
) -> list[InstrumentPosterior]:
    """Return what is known on each instrument; `weights` and `domains` have an entry a node.

    Instruments without a score share one prior, which is solved once.
    """
    prior: InstrumentPosterior | None = None
    found = []
    for probe in probes:
        if len(probe.observations.node) or len(probe.stale):
            found.append(_known(forest, probe, age(weights, probe.stale), domains))
        else:
            prior = prior or _known(forest, probe, weights, domains)
            found.append(replace(prior, items=probe.expected_items))
    return found


def _known(
    forest: BeliefForest, probe: RunnableInstrument, weights: Floats, domains: NDArray[np.int64]
) -> InstrumentPosterior:
    model = fit_model(forest, probe.observations, domains)
    placed = weights[forest.order]
    return InstrumentPosterior(
        model=model,
        weights=placed,
        reaching=reach_merges(forest, model.posterior, placed),
        exact=value_of_information(forest, model.posterior, placed, np.zeros(forest.size)),
        items=probe.expected_items,
    )
