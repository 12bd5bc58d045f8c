"""Predicted scores on one instrument: what relatives' scores say about models that nobody scored, and how well.

A prediction is no score: callers label it *predicted* and never store it among scores. The model is Gaussian and knows
no limits of the range, so means and intervals may pass 0 or 1; clip them where they are shown, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.belief_forest import BeliefForest, Floats, plant
from lineage.prediction.belief_propagation import NodeMessages, Normal, Posterior, gather, informed, measure, spread
from lineage.prediction.empirical_bayes import learn_steps
from lineage.prediction.leave_one_out import PredictionCheck, calibrate, leave_each_out, normal_reach
from lineage.prediction.variances import StepTable, estimate_root

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.graph.csr import Nodes
    from lineage.graph.graph import Graph

MOST_DOMAINS: Final = 1_000
LEAST_ERROR: Final = 0.0005
"""Standard errors are taken as at least this: that of a share of 0 or 1 is often given as 0, and nothing is exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """Scores on one instrument, an entry each: node (int32), value and standard error (float64).

    Values are fractions of the instrument's range turned so that larger is riskier, 0 to 1. Several of one node are
    combined by their precision, as independent: give one where they were taken on the same items.
    """

    node: Nodes
    value: Floats
    stderr: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What was estimated, and what follows for every node; arrays in the order of `forest`.

    `own` is what was measured, `steps` and `root` the prior along the forest, `table` the steps by relation and domain.
    `value_of_information` takes `forest` and `posterior`; figures by node become figures by position with
    `[forest.order]`, and come back with `[forest.position]`.
    """

    forest: BeliefForest
    own: NodeMessages
    table: StepTable
    steps: Normal
    root: Normal
    posterior: Posterior


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Predicted true scores of the nodes asked for, an entry each, in fractions of the range.

    `low` to `high` holds the true score with probability 1 - alpha: mean and normal quantile times
    `standard_deviation` times the inflation that `calibration` found for such nodes, informed or not. `is_informed` is
    False where no relative is scored and the answer is the prior's. `calibration` is None where nothing is scored.
    """

    node: Nodes
    mean: Floats
    standard_deviation: Floats
    low: Floats
    high: Floats
    is_informed: NDArray[np.bool_]
    calibration: PredictionCheck | None
    model: Model


def predict(
    graph: Graph,
    observations: Observations,
    *,
    groups: NDArray[np.integer] | None = None,
    alpha: float = 0.10,
    weights: Floats | None = None,
    nodes: Nodes | None = None,
    forest: BeliefForest | None = None,
) -> Predictions:
    """Predict the true score of `nodes` (None for all of the graph) from the scores that there are.

    `groups` is the domain of each node from 0, negative for none; None where domains are unknown. `weights` go to
    `plant`; `forest` is what `plant` made of the same graph and weights earlier. A scored node is answered too, by all
    there is, its own score included. Raises ValueError for nodes outside the graph, values outside 0 to 1, standard
    errors that are negative or not finite, arrays of different lengths, MOST_DOMAINS domains, an alpha outside 0 to 1.
    """
    _check(graph, observations, groups, alpha)
    forest = forest or plant(graph, weights)
    model = fit_model(forest, observations, groups)
    with_own, without_own = informed(forest, model.own)
    calibration = None
    if len(observations.node):
        calibration = calibrate(graph, leave_each_out(forest, model.own, model.posterior, without_own), alpha)
    asked = np.arange(graph.size, dtype=np.int32) if nodes is None else np.asarray(nodes, dtype=np.int32)
    at = forest.position[asked]
    deviation = np.sqrt(model.posterior.variance[at])
    is_informed = with_own[at]
    reach = deviation * normal_reach(alpha)
    if calibration:
        reach *= np.where(is_informed, calibration.informed.inflation, calibration.uninformed.inflation)
    mean = model.posterior.mean[at]
    return Predictions(
        node=asked,
        mean=mean,
        standard_deviation=deviation,
        low=mean - reach,
        high=mean + reach,
        is_informed=is_informed,
        calibration=calibration,
        model=model,
    )


def fit_model(forest: BeliefForest, observations: Observations, groups: NDArray[np.integer] | None = None) -> Model:
    """Estimate steps and root from the scores and solve the forest; arguments as in `predict`, unchecked."""
    errors = np.maximum(observations.stderr, LEAST_ERROR)
    own = measure(forest.size, forest.position[observations.node], observations.value, errors**2)
    domain, domains = _domains(forest, groups)
    table = learn_steps(forest, own, domain, domains)
    steps = table.along(forest, domain)
    below = gather(forest, own, steps)
    root = estimate_root(forest, below)
    posterior = spread(forest, below, steps, root)
    return Model(forest=forest, own=own, table=table, steps=steps, root=root, posterior=posterior)


def _domains(forest: BeliefForest, groups: NDArray[np.integer] | None) -> tuple[NDArray[np.int64], int]:
    """Return the domain at each position with the last number for none, and how many there are with that."""
    if groups is None:
        return np.zeros(forest.size, dtype=np.int64), 1
    last = int(groups.max(initial=-1)) + 1
    return np.where(groups < 0, last, groups)[forest.order].astype(np.int64), last + 1


def _check(graph: Graph, observations: Observations, groups: NDArray[np.integer] | None, alpha: float) -> None:
    node, value, stderr = observations.node, observations.value, observations.stderr
    if not len(node) == len(value) == len(stderr):
        raise ValueError("node, value and stderr must be of one length")
    if len(node) and not 0 <= node.min() <= node.max() < graph.size:
        raise ValueError(f"a scored node is not within 0 <= node < {graph.size}")
    if not ((value >= 0) & (value <= 1)).all():
        raise ValueError("a value is not a fraction of the range, 0 to 1")
    if not (np.isfinite(stderr) & (stderr >= 0)).all():
        raise ValueError("a standard error is negative or not finite")
    if groups is not None and len(groups) != graph.size:
        raise ValueError(f"there are {len(groups)} groups for {graph.size} nodes")
    if groups is not None and groups.max(initial=0) >= MOST_DOMAINS:
        raise ValueError(f"there are more than {MOST_DOMAINS} groups")
    if not 0 < alpha < 1:
        raise ValueError("alpha is not between 0 and 1")
