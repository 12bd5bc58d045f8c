"""True scores simulated along a graph, with drift of several kinds, and a sample of them measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.hub_graph import EDGES, FAMILY, MODELS, generate
from lineage.graph.graph import Graph
from lineage.prediction.predict import Observations
from lineage.vocabulary import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import BeliefForest

    Floats = NDArray[np.float64]

ROOT: Final = (0.5, 0.08)
ITEMS: Final = 817
BY_RELATION: Final = {
    Relation.FINETUNE: 0.05,
    Relation.ADAPTER: 0.04,
    Relation.QUANTIZED: 0.01,
    Relation.MERGE: 0.03,
}
_RARE, _JUMP = 0.05, 10.0
EQUAL: Final = dict.fromkeys(Relation, 0.04)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How scores move: the deviation by relation, noise of variance 1, and how much families differ.

    Each family's deviation is multiplied by exp(N(0, `family`)), which the model does not know.
    """

    name: str
    deviation: Mapping[Relation, float]
    noise: Callable[[Generator, int], Floats]
    family: float = 0.0


def normal(random: Generator, size: int) -> Floats:
    """Draw from the normal distribution."""
    return random.normal(size=size)


def student(random: Generator, size: int) -> Floats:
    """Draw from Student's t with 3 degrees of freedom, scaled to variance 1."""
    return np.asarray(random.standard_t(3, size) / np.sqrt(3))


def rare_jumps(random: Generator, size: int) -> Floats:
    """Draw small steps, one in twenty of them ten times as large, scaled to variance 1."""
    scale = np.where(random.random(size) < _RARE, _JUMP, 1.0)
    return np.asarray(random.normal(size=size) * scale / np.sqrt(1 - _RARE + _RARE * _JUMP**2))


DRIFTS: Final = (
    Drift(name="Gaussian, one size", deviation=EQUAL, noise=normal),
    Drift(name="Gaussian, by relation", deviation=BY_RELATION, noise=normal),
    Drift(name="Student t, 3 degrees", deviation=BY_RELATION, noise=student),
    Drift(name="one step in 20 ten times larger", deviation=BY_RELATION, noise=rare_jumps),
    Drift(name="families differ (unknown to us)", deviation=BY_RELATION, noise=normal, family=0.7),
)


def draw_graph(models: int, random: Generator) -> Graph:
    """Return a graph of the Hub's shape with relations: several parents make a merge, a single parent any other."""
    share = models / MODELS
    drawn = generate(models, int(EDGES * share), int(FAMILY * share))
    single = random.integers(0, Relation.MERGE.order, models)
    parents = np.bincount(drawn.child, minlength=models)[drawn.child]
    relation = np.where(parents > 1, Relation.MERGE.order, single[drawn.child])
    return Graph.from_edges(models, drawn.child, drawn.parent, relation)


def draw_truth(graph: Graph, forest: BeliefForest, drift: Drift, random: Generator) -> Floats:
    """Return the true score of every node, from 0 to 1: a merge is the mean of its parents, plus a step."""
    by_order = np.array([drift.deviation[relation] for relation in Relation])
    scale = np.exp(random.normal(0, drift.family, graph.size))[graph.labels.root][forest.order]
    hangs = forest.relation < len(by_order)
    step = np.where(hangs, by_order[np.where(hangs, forest.relation, 0)], 0) * scale
    truth = step * drift.noise(random, forest.size)
    truth[~hangs] = random.normal(*ROOT, int((~hangs).sum()))
    merges = forest.merges
    for level in list(forest.levels())[1:]:
        hanging = np.flatnonzero(forest.parent[level] >= 0) + level.start
        truth[hanging] += truth[forest.parent[hanging]]
        for merge in range(*forest.merges_within(level).indices(len(merges.at))):
            edges = slice(merges.starts[merge], merges.starts[merge + 1])
            truth[merges.at[merge]] += merges.weights[edges] @ truth[merges.parents[edges]]
    return np.clip(truth, 0, 1)[forest.position]


def draw_scores(truth: Floats, count: int, random: Generator) -> Observations:
    """Measure some nodes with ITEMS items each; the standard error is that of the measured score."""
    node = np.sort(random.choice(len(truth), count, replace=False)).astype(np.int32)
    value = random.binomial(ITEMS, truth[node]) / ITEMS
    return Observations(node=node, value=value, stderr=np.sqrt(np.maximum(value * (1 - value), 1 / ITEMS) / ITEMS))
