"""Which scores are compared: those of parents, of the nearest scored ancestor, or of the root.

Where the ancestor has no score that can be compared, one of the same instrument that cannot is named instead, so that
the answer can say what differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.references import nearest_scored, parents_scored, roots_scored
from lineage.vocabulary import Against

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores, StoredIdentity
    from lineage.drift.references import References
    from lineage.graph.csr import Mask
    from lineage.graph.graph import Graph

    Ints = NDArray[np.int32]

_NONE: Final = -1


AGAINST: Final = tuple(Against)
"""The ancestor of each code: `AGAINST[code]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePairs:
    """What is compared: arrays of one length (int32).

    `row` and `reference_row` are places in the current scores, the second -1 where the reference has no score of this
    instrument; `reference` is the reference's node, -1 where no ancestor is scored; `against` is a place in `AGAINST`;
    `distance` counts generations and `relation` is the order of that of the derivative's own edge on the way; both -1
    where there is no reference.
    """

    row: Ints
    reference_row: Ints
    reference: Ints
    against: Ints
    distance: Ints
    relation: Ints

    def __len__(self) -> int:
        return len(self.row)


def find_pairs(
    graph: Graph,
    current: CurrentScores,
    identities: Sequence[StoredIdentity],
    against: Against,
    wanted: Mask | None = None,
) -> ScorePairs:
    """Return what the scores of the wanted nodes (a mask, or None for all) are compared with, in the order of the rows.

    A model without parents has no pair. With `Against.PARENT` there is one pair for each parent.
    """
    find = {
        Against.PARENT: parents_scored,
        Against.SCORED_ANCESTOR: nearest_scored,
        Against.ROOT: roots_scored,
    }[against]
    found = find(graph, current.node, current.slot, wanted)
    reference_row: NDArray[np.integer] = found.reference_row
    distance: NDArray[np.integer] = found.distance
    relation: NDArray[np.integer] = found.relation
    if against is Against.SCORED_ANCESTOR:
        if len({one.instrument.name for one in identities}) < len({one.slot for one in identities}):
            named = _first_of_names(current, identities)
            others = nearest_scored(graph, current.node[named.rows], named.names, wanted)
            reference_row, distance, relation = _filled(found, others, current, named)
        reference = np.where(reference_row < 0, _NONE, current.node[reference_row])
    else:
        reference = _parents(graph, current, found) if against is Against.PARENT else _roots(graph, current, found)
        named = _first_of_names(current, identities)
        theirs = named.find(reference, named.name_of[found.row])
        reference_row = np.where(reference_row < 0, theirs, reference_row)
    return ScorePairs(
        row=found.row,
        reference_row=reference_row.astype(np.int32),
        reference=reference.astype(np.int32),
        against=np.full(len(found), AGAINST.index(against), dtype=np.int32),
        distance=distance.astype(np.int32),
        relation=relation.astype(np.int32),
    )


def join_pairs(parts: Sequence[ScorePairs]) -> ScorePairs:
    """Return several sets of pairs as one, in their order."""
    names = ("row", "reference_row", "reference", "against", "distance", "relation")
    return ScorePairs(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The first row of each node and instrument name: `rows` with `names` (codes), and the code of every row."""

    rows: Ints
    names: Ints
    name_of: Ints
    keys: NDArray[np.int64]
    count: int

    def find(self, node: NDArray[np.integer], name: NDArray[np.integer]) -> Ints:
        """Return the row of each node and name, -1 where there is none."""
        if not len(self.keys):
            return np.full(len(node), _NONE, dtype=np.int32)
        wanted = node.astype(np.int64) * self.count + name
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[places] == wanted, self.rows[places], _NONE).astype(np.int32)


def _first_of_names(current: CurrentScores, identities: Sequence[StoredIdentity]) -> _Names:
    codes: dict[str, int] = {}
    by_instrument = np.array([codes.setdefault(one.instrument.name, len(codes)) for one in identities], dtype=np.int32)
    name_of = by_instrument[current.instrument] if len(identities) else np.zeros(0, dtype=np.int32)
    count = max(len(codes), 1)
    keys, rows = np.unique(current.node.astype(np.int64) * count + name_of, return_index=True)
    return _Names(rows=rows.astype(np.int32), names=name_of[rows], name_of=name_of, keys=keys, count=count)


def _filled(
    found: References, others: References, current: CurrentScores, named: _Names
) -> tuple[Ints, NDArray[np.integer], NDArray[np.integer]]:
    """Return reference rows, distances and relations, with those of the same name where none can be compared."""
    missing = np.flatnonzero(found.reference_row < 0)
    reference_row = found.reference_row.copy()
    distance, relation = found.distance.copy(), found.relation.copy()
    if not len(missing):
        return reference_row, distance, relation
    by_key = np.full(len(named.rows), _NONE, dtype=np.int64)
    by_key[others.row] = np.arange(len(others))
    rows = found.row[missing]
    wanted = current.node[rows].astype(np.int64) * named.count + named.name_of[rows]
    at = by_key[np.searchsorted(named.keys, wanted)]
    is_there = at >= 0
    is_there[is_there] = others.reference_row[at[is_there]] >= 0
    places, at = missing[is_there], at[is_there]
    reference_row[places] = named.rows[others.reference_row[at]]
    distance[places], relation[places] = others.distance[at], others.relation[at]
    return reference_row, distance, relation


def _parents(graph: Graph, current: CurrentScores, found: References) -> Ints:
    """Return the parent of each entry of `parents_scored`: every score has one for each parent, in rising order."""
    first = np.flatnonzero(np.diff(found.row, prepend=_NONE))
    edges, _ = graph.upwards.expand(current.node[found.row[first]])
    return graph.upwards.neighbours[edges]


def _roots(graph: Graph, current: CurrentScores, found: References) -> Ints:
    roots: Ints = graph.labels.root[current.node[found.row]]
    return roots
