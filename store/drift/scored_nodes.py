"""The graph with a node below its repository for every file that has scores of its own: `org/name:Q2_K`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lineage.drift.pairs import denied_pairs, find_pairs, in_order, join_pairs
from lineage.scores.variant import split_variant
from lineage.vocabulary import Relation
from store.derive.model_names import NoSuchFile, number_of
from store.scores.current import load_current_scores, load_scored_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores, StoredIdentity
    from lineage.drift.nearest_scored import ScorePairs
    from lineage.graph.graph import Graph
    from lineage.vocabulary import Against
    from store.database import Database
    from store.derive.graph_cache import StoredGraph
    from store.queries.select import SelectedScores


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredNodes:
    """The current scores, and the graph of their nodes.

    `files` are the nodes from `len(stored.index)` on: each the node of its repository, and its variant. `denied` (2, n)
    are the nodes of models and of what their weights contradict that they were made from.
    """

    stored: StoredGraph
    graph: Graph
    current: CurrentScores
    denied: NDArray[np.int32]
    files: tuple[tuple[int, str], ...] = ()

    def find_pairs(
        self, identities: Sequence[StoredIdentity], against: Sequence[Against], wanted: NDArray[np.bool_]
    ) -> ScorePairs:
        """Return what the scores of the wanted nodes are compared with, each kind of ancestor after the other.

        Models whose weights contradict all their known parents have pairs that say so.
        """
        parts = [find_pairs(self.graph, self.current, identities, one, wanted) for one in against]
        if self.denied.size:
            others = [denied_pairs(self.graph, self.current, self.denied, one, wanted) for one in against]
            parts = [in_order(join_pairs(both)) for both in zip(parts, others, strict=True)]
        return join_pairs(parts)

    def with_files(self, graph: Graph) -> Graph:
        """Return a graph of the same models with the files as further nodes."""
        parents = np.array([repository for repository, _ in self.files], dtype=np.int32)
        return graph.with_leaves(parents, Relation.QUANTIZED.order)

    def id_of(self, node: int) -> str:
        """Return what a node is called: the model's id, with the variant of a file."""
        first = self.stored.graph.size
        if node < first:
            return self.stored.index.id(node)
        repository, variant = self.files[node - first]
        return f"{self.stored.index.id(repository)}{variant}"

    def repositories(self, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the node of the repository of each node."""
        every = np.arange(self.graph.size, dtype=np.int32)
        every[self.stored.graph.size :] = [repository for repository, _ in self.files]
        return every[nodes]

    def wanted(self, selected: SelectedScores) -> NDArray[np.bool_]:
        """Return the mask of the nodes whose scores are asked for. Raises NoSuchFile."""
        mask = np.zeros(self.graph.size, dtype=bool)
        mask[selected.numbers] = True
        mask[list(selected.only)] = False
        for place, (repository, variant) in enumerate(self.files, start=self.stored.graph.size):
            of_it = selected.only.get(repository)
            mask[place] = mask[repository] if of_it is None else variant in of_it
        for repository, variants in selected.only.items():
            for variant in variants:
                self.file(repository, variant)
        return mask

    def file(self, repository: int, variant: str) -> int:
        """Return the node of a file; the repository's own for an empty variant. Raises NoSuchFile."""
        if not variant:
            return repository
        if (repository, variant) in self.files:
            return self.stored.graph.size + self.files.index((repository, variant))
        known = (one for at, one in self.files if at == repository)
        raise NoSuchFile(self.stored.index.id(repository), variant, known)

    def told(self, pairs: ScorePairs) -> ScorePairs:
        """Return pairs as they are told: a file is no generation of its own, and a folder may be related in any way."""
        is_file = self.current.node[pairs.row] >= self.stored.graph.size
        if not is_file.any():
            return pairs
        folders = [variant.startswith("#") for _, variant in self.files]
        is_folder = np.append(np.zeros(self.stored.graph.size, dtype=bool), folders)[self.current.node[pairs.row]]
        return replace(
            pairs,
            distance=np.where(is_file & (pairs.distance > 0), pairs.distance - 1, pairs.distance).astype(np.int32),
            relation=np.where(is_folder, -1, pairs.relation).astype(np.int32),
        )


def open_scored_nodes(
    database: Database, stored: StoredGraph, nodes: NDArray[np.int32] | None, *, with_files: bool
) -> ScoredNodes:
    """Return the current scores of some nodes, or None for all, with or without the files of their repositories."""
    found = database.arrays("drift/denied")
    denied = np.stack([found["child"], found["parent"]]).astype(np.int32)
    if not with_files:
        current = load_current_scores(database, nodes)
        return ScoredNodes(stored=stored, graph=stored.graph, current=current, denied=denied)
    current, files = load_scored_files(database, stored.graph.size, nodes)
    bare = ScoredNodes(stored=stored, graph=stored.graph, current=current, denied=denied, files=files)
    return replace(bare, graph=bare.with_files(stored.graph))


def named_node(database: Database, stored: StoredGraph, name: str) -> tuple[int, str]:
    """Return the node of the repository that a name leads to, and the variant. Raises what `number_of` raises."""
    part = split_variant(name)
    return number_of(database, stored, part.repository), part.variant
