"""What kept parts of weights tell of models: how far each leans from the safest towards the riskiest child of its base.

The two references are children of one base that were measured on the instrument itself; where a base has none that lie
clearly apart, nothing is told of its children. They tell nothing of themselves either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.predicted_row import observe
from lineage.prediction.weight_steps import WeightFeatures
from lineage.weights.module_sketch import lean_of
from store.drift.study import read_study_facts
from store.weights.modules import find_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores
    from lineage.graph.graph import Graph
    from lineage.prediction.predict import Observations
    from store.database import Database

    Nodes = NDArray[np.int32]
    Floats = NDArray[np.float64]

LEAST_APART: Final = 0.2
"""The two references differ by this share of the range at least: a judgement."""
BATCH: Final = 500
"""Children of a base whose parts are in memory at a time."""
_UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The children of a base that were measured as the safest and the riskiest, and how far each drifted from it."""

    base: int
    safe: int
    risky: int
    safe_drift: float
    risky_drift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFamilies:
    """The models of a graph of which parts are kept, as a mask, and the only parent of each node; -1 without one.

    `name_of` gives the id of a node.
    """

    database: Database
    is_read: NDArray[np.bool_]
    parent: Nodes
    name_of: Callable[[int], str]

    def features(self, seen: Observations, asked: Nodes | None = None) -> WeightFeatures | None:
        """Return what weights tell of the models with a base that has references among scores; None if of no model.

        Told are the scored ones, each with its method, from which a rule is learnt, and those that are asked for; None
        asks for all.
        """
        score = np.full(len(self.parent), np.nan)
        score[seen.node] = seen.value
        is_wanted = self.is_read & (np.isfinite(score) | (asked is None))
        if asked is not None:
            is_wanted[asked] = self.is_read[asked]
        told: dict[int, tuple[float, float]] = {}
        for one in self._references(score):
            children = np.flatnonzero((self.parent == one.base) & is_wanted)
            told |= self._lean(one, [node for node in children.tolist() if node not in {one.safe, one.risky}])
        if not told:
            return None
        nodes = sorted(told)
        return WeightFeatures(
            node=np.array(nodes, dtype=np.int32),
            values=np.array([told[node] for node in nodes], dtype=np.float64),
            method=self._methods([node if np.isfinite(score[node]) else _UNKNOWN for node in nodes]),
        )

    def _references(self, score: Floats) -> Iterator[References]:
        """Yield the references of each measured base that has two children measured clearly apart."""
        has_parent = (self.parent >= 0) & self.is_read & np.isfinite(score)
        children = np.flatnonzero(has_parent)
        base = self.parent[children]
        children = children[self.is_read[base] & np.isfinite(score[base])]
        children = children[np.lexsort((children, score[children], self.parent[children]))]
        bases, first = np.unique(self.parent[children], return_index=True)
        last = np.append(first[1:], len(children)) - 1
        for one, low, high in zip(bases.tolist(), children[first].tolist(), children[last].tolist(), strict=True):
            if score[high] - score[low] >= LEAST_APART:
                yield References(
                    base=one,
                    safe=low,
                    risky=high,
                    safe_drift=float(score[low] - score[one]),
                    risky_drift=float(score[high] - score[one]),
                )

    def _lean(self, one: References, children: Sequence[int]) -> dict[int, tuple[float, float]]:
        names = [self.name_of(node) for node in (one.base, one.safe, one.risky)]
        kept = find_modules(self.database, names)
        base, safe, risky = (kept[name] for name in names)
        leans: dict[int, float | None] = {}
        for start in range(0, len(children), BATCH):
            batch = {node: self.name_of(node) for node in children[start : start + BATCH]}
            read = find_modules(self.database, batch.values())
            leans |= {node: lean_of(base, read[name], safe, risky) for node, name in batch.items()}
        return {
            node: (max(lean, 0.0) * one.risky_drift, max(-lean, 0.0) * one.safe_drift)
            for node, lean in leans.items()
            if lean is not None
        }

    def _methods(self, nodes: Sequence[int]) -> NDArray[np.intp]:
        """Return a number for how each model was made, by relation and declared method; unknown nodes are alike."""
        names = [self.name_of(node) if node != _UNKNOWN else None for node in nodes]
        facts = read_study_facts(self.database, {name for name in names if name is not None})
        made = [None if name is None else facts.get(name) for name in names]
        told = [f"{one.relation} {one.training.method}" if one else "" for one in made]
        return np.unique(np.array(told, dtype=object), return_inverse=True)[1].astype(np.intp)


def open_read_families(
    database: Database, graph: Graph, members: Nodes | None, name_of: Callable[[int], str]
) -> ReadFamilies | None:
    """Return the models of a graph of which parts are kept; None if there is none.

    `members` are the numbers of its nodes in the whole graph, ascending; None if it is the whole graph. `name_of` gives
    the id of a node of the graph.
    """
    read = database.arrays("weight_modules/read_nodes")["nid"]
    if members is not None:
        places = np.minimum(np.searchsorted(members, read), max(len(members) - 1, 0))
        read = places[members[places] == read] if len(members) else places[:0]
    if not len(read):
        return None
    is_read = np.zeros(graph.size, dtype=bool)
    is_read[read] = True
    parent = np.full(graph.size, _UNKNOWN, dtype=np.int32)
    single = graph.upwards.degrees() == 1
    parent[single] = graph.upwards.neighbours[graph.upwards.starts[:-1][single]]
    return ReadFamilies(database=database, is_read=is_read, parent=parent, name_of=name_of)


def observe_read(
    current: CurrentScores, slot: int, read: ReadFamilies | None, asked: Nodes | None = None
) -> Observations:
    """Return the usable scores of a slot with what weights tell of models, as in `ReadFamilies.features`."""
    observed = observe(current, slot)
    return observed if read is None else replace(observed, features=read.features(observed, asked))
