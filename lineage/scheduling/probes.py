"""Instruments that could be run, and what the scores that there are say of every model on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.gaussian import value_of_information
from lineage.prediction.predict import LEAST_ERROR, Observations, fit_model
from lineage.scheduling.weighing import age

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.forest import Floats, Forest
    from lineage.prediction.gaussian import Posterior
    from lineage.prediction.predict import Model

    Nodes = NDArray[np.int32]

USUAL_ITEMS: Final = 1_000
"""Items of an instrument of which the catalogue knows none."""
USUAL_TOKENS: Final = 250.0
"""Tokens of an item with its choices, where nobody knows better; measured runs correct the seconds."""
LEAST_SHARE: Final = 0.02
"""A share is taken as at least this far from 0 and 1 when its error is foreseen."""


def _nobody() -> Nodes:
    return np.zeros(0, dtype=np.int32)


def _nothing() -> Observations:
    return Observations(node=_nobody(), value=np.zeros(0), stderr=np.zeros(0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """An instrument that could be run, and who has a score of it.

    `definition` is what the engine runs, `items` how many it has, null where unknown, `limit` how many are run at most,
    null for all. `observations` are the scores that count, of cards and leaderboards too; `current` the nodes measured
    at their present revision, `stale` those whose score is of earlier files.
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
class Knowledge:
    """What is known of every node on one instrument, in the order of the forest.

    `weights` is how much each node's variance matters, `errors` the variance that a measurement is expected to have:
    that of a share of the expected items, the largest that values of that mean within 0 and 1 can have.
    """

    model: Model
    weights: Floats
    errors: Floats

    def gains(self) -> Floats:
        """Return the weighted variance that measuring each node removes."""
        return value_of_information(self.model.forest, self.model.posterior, self.weights, self.errors)


def know(forest: Forest, probes: tuple[Probe, ...], weights: Floats, domains: NDArray[np.int64]) -> list[Knowledge]:
    """Return what is known on each instrument; `weights` and `domains` have an entry a node.

    Instruments without a score share one prior, which is solved once.
    """
    prior: Model | None = None
    found = []
    for probe in probes:
        if len(probe.observations.node):
            model = fit_model(forest, probe.observations, domains)
        else:
            prior = model = prior or fit_model(forest, probe.observations, domains)
        errors = expected_errors(model.posterior, probe.expected_items)
        found.append(Knowledge(model=model, weights=age(weights, probe.stale)[forest.order], errors=errors))
    return found


def expected_errors(posterior: Posterior, items: int) -> Floats:
    """Return the variance of a share of so many items at the expected values; at least what predictions take."""
    share = np.clip(posterior.mean, LEAST_SHARE, 1 - LEAST_SHARE)
    return np.maximum(share * (1 - share) / items, LEAST_ERROR**2)
