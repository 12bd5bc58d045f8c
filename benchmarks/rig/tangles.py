"""Small graphs full of merges, where the forest's approximation matters most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.scores.drawn_scores import DRIFTS, ROOT, draw_scores, draw_truth
from lineage.graph.graph import Graph
from lineage.prediction.belief_forest import plant
from lineage.prediction.belief_propagation import Normal, measure, solve
from lineage.prediction.empirical_bayes import learn_steps
from lineage.prediction.predict import Model
from lineage.vocabulary import Relation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.prediction.belief_forest import Floats

KINDS: Final = ("neither above nor below a merge", "above a merge", "a merge or below, once", "below merges of merges")
_ROOTS: Final = 8
_MERGED: Final = 1 / 3


def draw_tangle(size: int, random: np.random.Generator) -> tuple[Model, Floats]:
    """Return a solved model of a graph in which a third are merges, steps known, and the truth by position."""
    edges = [
        (node, int(parent))
        for node in range(_ROOTS, size)
        for parent in random.choice(node, 1 if random.random() > _MERGED else random.integers(2, 5), replace=False)
    ]
    several = np.bincount([child for child, _ in edges], minlength=size) > 1
    relation = [3 if several[child] else child % 3 for child, _ in edges]
    graph = Graph.from_edges(size, [child for child, _ in edges], [parent for _, parent in edges], relation)
    forest = plant(graph)
    truth = draw_truth(graph, forest, DRIFTS[1], random)
    scores = draw_scores(truth, size // 3, random)
    variance = np.array([DRIFTS[1].deviation[relation] for relation in Relation])[np.minimum(forest.relation, 3)] ** 2
    steps, root = Normal(mean=np.zeros(size), variance=variance), Normal.of(ROOT[0], ROOT[1] ** 2)
    own = measure(size, forest.position[scores.node], scores.value, scores.stderr**2)
    posterior = solve(forest, own, steps, root)
    table = learn_steps(forest, own, np.zeros(size, dtype=np.int64), 1)
    told = np.zeros(size, dtype=bool)
    model = Model(forest=forest, own=own, table=table, steps=steps, root=root, posterior=posterior, is_told=told)
    return model, truth[forest.order]


def kinds_of(model: Model) -> NDArray[np.int64]:
    """Return for each position the number of its kind in KINDS."""
    forest, merges = model.forest, model.forest.merges
    depth = np.zeros(forest.size, dtype=np.int64)
    above = np.zeros(forest.size, dtype=bool)
    for at in range(forest.size):
        merge = np.flatnonzero(merges.at == at)
        edges = slice(merges.starts[merge[0]], merges.starts[merge[0] + 1]) if len(merge) else slice(0)
        own = depth[forest.parent[at]] if forest.parent[at] >= 0 else 0
        depth[at] = 1 + depth[merges.parents[edges]].max() if len(merge) else own
    for at in reversed(range(forest.size)):
        merge = np.flatnonzero(merges.at == at)
        if len(merge):
            above[merges.parents[merges.starts[merge[0]] : merges.starts[merge[0] + 1]]] = True
        elif forest.parent[at] >= 0:
            above[forest.parent[at]] |= above[at]
    return np.where(depth > 0, np.minimum(depth, 2) + 1, above.astype(np.int64))
