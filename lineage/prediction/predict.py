"""Predict scores on one instrument from the scores of relatives, and estimate how good the predictions are.

A prediction is not a score: callers label it *predicted* and never store it among scores. The model is Gaussian and
knows no limits of the range, so means and intervals can fall outside 0 to 1; clip them for display, not before.
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
from lineage.prediction.weight_steps import learn_rule, scored_moves, tell_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.graph.csr import Nodes
    from lineage.graph.graph import Graph
    from lineage.prediction.weight_steps import WeightFeatures, WeightRule

MOST_DOMAINS: Final = 1_000
LEAST_ERROR: Final = 0.0005
"""The lower limit of standard errors: a rate of 0 or 1 is often reported with error 0, but no measurement is exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """Scores on one instrument, one entry each: node (int32), value and standard error (float64).

    Values are fractions of the instrument's range, 0 to 1, turned so that larger is riskier. Several scores of one node
    are combined by their precision as if independent; pass only one if they come from the same items. `features` is
    what weights tell of models, scored or not; None where none were read.
    """

    node: Nodes
    value: Floats
    stderr: Floats
    features: WeightFeatures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The fitted model and the posterior of every node; arrays in the order of `forest`.

    `own` is the evidence from measurements, `steps` and `root` the prior along the forest, `table` the steps by
    relation and domain; `weights` is what weights tell of steps, None if none were read, and `is_told` marks the steps
    that they told. `value_of_information` takes `forest` and `posterior`; `[forest.order]` turns values by node
    into values by position, and `[forest.position]` turns them back.
    """

    forest: BeliefForest
    own: NodeMessages
    table: StepTable
    steps: Normal
    root: Normal
    posterior: Posterior
    is_told: NDArray[np.bool_]
    weights: WeightRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Predicted true scores of the requested nodes, one entry each, in fractions of the range.

    `low` to `high` contains the true score with probability 1 - alpha: the mean plus or minus the normal quantile times
    `standard_deviation` times the inflation that `calibration` found for such nodes, informed or not. `is_informed` is
    False if no relative is scored, so that the prediction is only the prior; `is_by_weights` True if weights told the
    node's own step. `calibration` is None if nothing is scored.
    """

    node: Nodes
    mean: Floats
    standard_deviation: Floats
    low: Floats
    high: Floats
    is_informed: NDArray[np.bool_]
    is_by_weights: NDArray[np.bool_]
    calibration: PredictionCheck | None
    model: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedPrediction:
    """What all scores of an instrument teach: steps, root and accuracy. The rest follows from a component's own scores.

    `calibration` is None if nothing is scored, `weights` if no weights were read.
    """

    table: StepTable
    root: Normal
    calibration: PredictionCheck | None
    weights: WeightRule | None = None


def fit_prediction(
    graph: Graph,
    observations: Observations,
    *,
    groups: NDArray[np.integer] | None = None,
    alpha: float = 0.10,
    forest: BeliefForest | None = None,
) -> FittedPrediction:
    """Fit what `predict_part` takes; the arguments are those of `predict`, of the whole graph."""
    _check(graph, observations, groups, alpha)
    forest = forest or plant(graph)
    model = fit_model(forest, observations, groups)
    return FittedPrediction(
        table=model.table,
        root=model.root,
        calibration=_calibrate(graph, observations, model, alpha),
        weights=model.weights,
    )


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
    """Predict the true score of `nodes` (None: every node of the graph) from the available scores.

    `groups` is the domain of each node from 0, negative for none; None if domains are unknown. `weights` are passed to
    `plant`; `forest` is an earlier result of `plant` for the same graph and weights. A scored node is predicted too,
    from all scores including its own. Raises ValueError for nodes outside the graph, values outside 0 to 1, standard
    errors that are negative or not finite, arrays of different lengths, MOST_DOMAINS domains, an alpha outside 0 to 1.
    """
    _check(graph, observations, groups, alpha)
    model = fit_model(forest or plant(graph, weights), observations, groups)
    return _told(graph, model, _calibrate(graph, observations, model, alpha), alpha, nodes)


def predict_part(
    graph: Graph,
    observations: Observations,
    fitted: FittedPrediction,
    *,
    groups: NDArray[np.integer] | None = None,
    alpha: float = 0.10,
    nodes: Nodes | None = None,
    forest: BeliefForest | None = None,
) -> Predictions:
    """Predict as `predict` does, from what was fitted to all scores and the scores of some whole components.

    `graph` has these components and `observations` their scores; `fitted` is from `fit_prediction` with the same alpha.
    Raises as `predict`.
    """
    _check(graph, observations, groups, alpha)
    model = fit_model(forest or plant(graph), observations, groups, fitted)
    return _told(graph, model, fitted.calibration, alpha, nodes)


def _told(
    graph: Graph, model: Model, calibration: PredictionCheck | None, alpha: float, nodes: Nodes | None
) -> Predictions:
    forest = model.forest
    asked = np.arange(graph.size, dtype=np.int32) if nodes is None else np.asarray(nodes, dtype=np.int32)
    at = forest.position[asked]
    deviation = np.sqrt(model.posterior.variance[at])
    is_informed = informed(forest, model.own)[0][at]
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
        is_by_weights=model.is_told[at],
        calibration=calibration,
        model=model,
    )


def _calibrate(graph: Graph, observations: Observations, model: Model, alpha: float) -> PredictionCheck | None:
    """Leave each score out; None if nothing is scored."""
    if not len(observations.node):
        return None
    without_own = informed(model.forest, model.own)[1]
    return calibrate(graph, leave_each_out(model.forest, model.own, model.posterior, without_own), alpha)


def fit_model(
    forest: BeliefForest,
    observations: Observations,
    groups: NDArray[np.integer] | None = None,
    fitted: FittedPrediction | None = None,
) -> Model:
    """Estimate steps and root from the scores, or take the fitted ones, and solve the forest.

    The arguments are those of `predict`, unchecked. What weights tell of steps replaces the table's, where it may be
    used; each scored model's step is told as without its family while learning, so that leaving it out is fair.
    """
    errors = np.maximum(observations.stderr, LEAST_ERROR)
    own = measure(forest.size, forest.position[observations.node], observations.value, errors**2)
    domain, domains = _domains(forest, groups, fitted)
    table = fitted.table if fitted else learn_steps(forest, own, domain, domains)
    steps, rule, is_told = _with_weights(forest, own, table.along(forest, domain), observations.features, fitted)
    below = gather(forest, own, steps)
    root = fitted.root if fitted else estimate_root(forest, below)
    posterior = spread(forest, below, steps, root)
    return Model(
        forest=forest,
        own=own,
        table=table,
        steps=steps,
        root=root,
        posterior=posterior,
        is_told=is_told,
        weights=rule,
    )


def _with_weights(
    forest: BeliefForest,
    own: NodeMessages,
    steps: Normal,
    features: WeightFeatures | None,
    fitted: FittedPrediction | None,
) -> tuple[Normal, WeightRule | None, NDArray[np.bool_]]:
    """Return the steps as weights tell them where they may be used, the rule that tells, and which steps it told."""
    is_told = np.zeros(forest.size, dtype=bool)
    rule = fitted.weights if fitted else None
    if features is None:
        return steps, rule, is_told
    moves = None if fitted else scored_moves(forest, own, features)
    unseen = np.zeros(0)
    if moves is not None:
        rule, unseen = learn_rule(features, moves)
    if rule is None or not rule.check.is_better:
        return steps, rule, is_told
    told = tell_steps(forest, steps, features, rule)
    if moves is not None:
        told.mean[forest.position[features.node[moves.place]]] = unseen
    is_told[forest.position[features.node]] = True
    return told, rule, is_told


def _domains(
    forest: BeliefForest, groups: NDArray[np.integer] | None, fitted: FittedPrediction | None
) -> tuple[NDArray[np.int64], int]:
    """Return the domain at each position (the last number means none) and the number of domains, that one included."""
    if groups is None:
        return np.zeros(forest.size, dtype=np.int64), 1
    last = fitted.table.mean.shape[1] - 1 if fitted else int(groups.max(initial=-1)) + 1
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
