"""How sure the lineage of compared models is, and which references were probably made from other models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.drift.inferred_references import doubtful_ways
from lineage.parents.origin import Origin
from store.derive.graph_tables import load_declared_graph, load_doubts
from store.drift.verdicts import lent_nodes
from store.queries.origins import read_origins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lineage.drift.nearest_scored import ScorePairs
    from lineage.graph.graph import Graph
    from store.database import Database
    from store.drift.scored_nodes import ScoredNodes


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageFacts:
    """The lineages of pairs: `doubts` is the confidence of those that are only inferred, by the pair's place.

    `origins` has by id the references that declare no parent, but were probably made from another model.
    """

    doubts: Mapping[int, float]
    origins: Mapping[str, Origin]


class LineageReader:
    """Finds the lineages of pairs from the graph and the evidence; what all pairs need is read once."""

    def __init__(self, database: Database) -> None:
        """Read from this database."""
        self._database = database

    def find(self, nodes: ScoredNodes, pairs: ScorePairs) -> LineageFacts:
        """Return the lineages of some pairs."""
        declared = cache(lambda: nodes.with_files(self._declared))
        references = {nodes.id_of(one) for one in np.unique(pairs.reference[pairs.reference >= 0]).tolist()}
        origins = read_origins(self._database, sorted(references), is_notable=True)
        return LineageFacts(
            doubts=doubtful_ways(nodes.graph, nodes.current, pairs, self._doubts, declared),
            origins={model: origin for model, origin in origins.items() if origin.is_likely_derivative},
        )

    @cached_property
    def _doubts(self) -> dict[tuple[int, int], float]:
        return load_doubts(self._database)

    @cached_property
    def _declared(self) -> Graph:
        return load_declared_graph(self._database)


def stored_lineages(
    database: Database, nodes: ScoredNodes, pairs: ScorePairs, chosen: NDArray[np.int32] | None
) -> LineageFacts:
    """Return the lineages of pairs as they are stored with the verdicts on the chosen models, None for all.

    The verdicts are current, and the pairs are among theirs.
    """
    with lent_nodes(database, chosen) as is_all:
        rows = database.run("drift/lineages", is_all=is_all).rows
    told = cast("list[tuple[str, str, float | None, str | None, float | None]]", rows)
    sure = {(model, reference): confidence for model, reference, confidence, *_ in told if confidence is not None}
    ends = nodes.current.node[pairs.row].astype(np.int64) * nodes.graph.size + pairs.reference
    distinct, one = np.unique(np.where(pairs.reference < 0, -1, ends), return_inverse=True)
    named = (divmod(end, nodes.graph.size) for end in distinct.tolist())
    known = [None if end[0] < 0 else sure.get((nodes.id_of(end[0]), nodes.id_of(end[1]))) for end in named]
    found = [(place, known[at]) for place, at in enumerate(one.tolist())]
    return LineageFacts(
        doubts={place: confidence for place, confidence in found if confidence is not None},
        origins={
            reference: Origin(model=reference, likely_parent=parent, confidence=confidence)
            for _, reference, _, parent, confidence in told
            if parent is not None
        },
    )
