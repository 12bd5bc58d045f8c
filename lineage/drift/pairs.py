"""Which scores are compared: with those of parents, of the nearest scored ancestor, or of the root.

If the ancestor has no comparable score, a score of the same instrument is named instead, so that the result can say
what differs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from lineage.drift.nearest_scored import (
    AGAINST,
    NONE,
    ScorePairs,
    find_keys,
    nearest_scored,
    parents_scored,
    roots_scored,
)
from lineage.vocabulary import Against, Relation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores, StoredIdentity
    from lineage.graph.csr import Mask
    from lineage.graph.graph import Graph

    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]


def find_pairs(
    graph: Graph,
    current: CurrentScores,
    identities: Sequence[StoredIdentity],
    against: Against,
    wanted: Mask | None = None,
) -> ScorePairs:
    """Return what the scores of the wanted nodes (a mask, or None for all) are compared with, in the order of the rows.

    A model without parents has no pair. With `Against.PARENT` there is one pair for each parent, and with
    `Against.SCORED_ANCESTOR` one for each scored parent of a merge: none of them is its base more than the others.
    """
    find = {
        Against.PARENT: parents_scored,
        Against.SCORED_ANCESTOR: nearest_scored,
        Against.ROOT: roots_scored,
    }[against]
    found = find(graph, current.node, current.slot, wanted)
    if against is Against.SCORED_ANCESTOR:
        if len({one.instrument.name for one in identities}) != len({one.slot for one in identities}):
            named = _first_of_names(current, identities)
            others = nearest_scored(graph, current.node[named.rows], named.names, wanted)
            found = _filled(found, others, current, named)
        return _with_merged(found, parents_scored(graph, current.node, current.slot, wanted))
    named = _first_of_names(current, identities)
    theirs = named.find(found.reference, named.name_of[found.row])
    return replace(found, reference_row=np.where(found.reference_row < 0, theirs, found.reference_row))


def denied_pairs(
    graph: Graph, current: CurrentScores, denied: Ints, against: Against, wanted: Mask | None = None
) -> ScorePairs:
    """Return a pair for every score of a model whose only known parents are contradicted by its weights.

    `denied` (2, n) are the nodes of such models and of these parents. The pairs have no reference row: they say why
    nothing is compared.
    """
    child, parent = denied
    is_open = graph.upwards.degrees()[child] == 0
    if wanted is not None:
        is_open &= wanted[child]
    child, parent = child[is_open], parent[is_open]
    order = np.argsort(current.node, kind="stable")
    first, end = (np.searchsorted(current.node[order], child, side) for side in ("left", "right"))
    counts = end - first
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    nothing = np.full(len(place), NONE, dtype=np.int32)
    return ScorePairs(
        row=order[place].astype(np.int32),
        reference_row=nothing,
        reference=np.repeat(parent, counts).astype(np.int32),
        against=np.full(len(place), AGAINST.index(against), dtype=np.int32),
        distance=nothing,
        relation=nothing,
    )


def _with_merged(found: ScorePairs, parents: ScorePairs) -> ScorePairs:
    """Return the pairs with those of the other scored parents of merges, which follow that of the nearest."""
    is_other = (parents.relation == Relation.MERGE.order) & (parents.reference_row >= 0)
    if not is_other.any():
        return found
    nearest = np.full(int(parents.row.max()) + 1, NONE, dtype=np.int32)
    is_parent = (found.distance == 1) & (found.row < len(nearest))
    nearest[found.row[is_parent]] = found.reference[is_parent]
    of_row = nearest[parents.row]
    place = np.flatnonzero(is_other & (of_row >= 0) & (of_row != parents.reference))
    columns = {one.name: getattr(parents, one.name)[place] for one in fields(ScorePairs)}
    columns["against"] = np.full(len(place), AGAINST.index(Against.SCORED_ANCESTOR), dtype=np.int32)
    return in_order(join_pairs([found, ScorePairs(**columns)]))


def pairs_with(
    current: CurrentScores, identities: Sequence[StoredIdentity], reference: int, wanted: Mask
) -> ScorePairs:
    """Return the pairs of the scores of the wanted nodes with those of one node, whatever leads from it to them.

    They are against none of `AGAINST`, and have neither a distance nor a relation: all three are -1.
    """
    rows = np.flatnonzero(wanted[current.node] & (current.node != reference)).astype(np.int32)
    theirs = np.flatnonzero(current.node == reference)
    by_slot = np.full(int(current.slot.max(initial=0)) + 1, NONE, dtype=np.int32)
    by_slot[current.slot[theirs]] = theirs
    found, named = by_slot[current.slot[rows]], _first_of_names(current, identities)
    node, nothing = np.full(len(rows), reference, dtype=np.int32), np.full(len(rows), NONE, dtype=np.int32)
    others = named.find(node, named.name_of[rows])
    return ScorePairs(
        row=rows,
        reference_row=np.where(found < 0, others, found).astype(np.int32),
        reference=node,
        against=nothing,
        distance=nothing,
        relation=nothing,
    )


def shared_slots(current: CurrentScores, node: Longs, other: Longs) -> tuple[Longs, Longs, Longs]:
    """Return the scores in every slot that two nodes share: the place of the two in the arguments, and both rows."""
    slots = np.int64(current.slot.max(initial=0)) + 1
    first, end = (np.searchsorted(current.node, node, side) for side in ("left", "right"))
    owners = np.repeat(np.arange(len(node)), end - first)
    mine = np.arange(len(owners)) - np.repeat(np.cumsum(end - first) - end, end - first)
    theirs = find_keys(current.node * slots + current.slot, other[owners] * slots + current.slot[mine])
    is_shared = theirs >= 0
    return owners[is_shared], mine[is_shared], theirs[is_shared]


def join_pairs(parts: Sequence[ScorePairs]) -> ScorePairs:
    """Return several sets of pairs as one, in order."""
    names = ("row", "reference_row", "reference", "against", "distance", "relation")
    return ScorePairs(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def in_order(pairs: ScorePairs) -> ScorePairs:
    """Return pairs in the order of the rows; those of one row stay in theirs."""
    order = np.argsort(pairs.row, kind="stable")
    return ScorePairs(**{one.name: getattr(pairs, one.name)[order] for one in fields(ScorePairs)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The first row of each node and instrument name: `rows` with `names` (codes), and the code of every row."""

    rows: Ints
    names: Ints
    name_of: Ints
    keys: NDArray[np.int64]
    count: int

    def find(self, node: NDArray[np.integer], name: NDArray[np.integer]) -> Ints:
        """Return the row of each node and name, -1 if there is none."""
        if not len(self.keys):
            return np.full(len(node), NONE, dtype=np.int32)
        wanted = node.astype(np.int64) * self.count + name
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[places] == wanted, self.rows[places], NONE).astype(np.int32)


def _first_of_names(current: CurrentScores, identities: Sequence[StoredIdentity]) -> _Names:
    codes: dict[str, int] = {}
    by_instrument = np.array([codes.setdefault(one.instrument.name, len(codes)) for one in identities], dtype=np.int32)
    name_of = by_instrument[current.instrument] if len(identities) else np.zeros(0, dtype=np.int32)
    count = max(len(codes), 1)
    keys, rows = np.unique(current.node.astype(np.int64) * count + name_of, return_index=True)
    return _Names(rows=rows.astype(np.int32), names=name_of[rows], name_of=name_of, keys=keys, count=count)


def _filled(found: ScorePairs, others: ScorePairs, current: CurrentScores, named: _Names) -> ScorePairs:
    """Return pairs in which a score of the same name replaces a missing one; `others` are the pairs by name."""
    missing = np.flatnonzero(found.reference_row < 0)
    if not len(missing):
        return found
    by_key = np.full(len(named.rows), NONE, dtype=np.int64)
    by_key[others.row] = np.arange(len(others))
    rows = found.row[missing]
    wanted = current.node[rows].astype(np.int64) * named.count + named.name_of[rows]
    at = by_key[np.searchsorted(named.keys, wanted)]
    is_there = at >= 0
    is_there[is_there] = others.reference_row[at[is_there]] >= 0
    places, at = missing[is_there], at[is_there]
    columns = {name: getattr(found, name).copy() for name in ("reference_row", "reference", "distance", "relation")}
    columns["reference_row"][places] = named.rows[others.reference_row[at]]
    for name in ("reference", "distance", "relation"):
        columns[name][places] = getattr(others, name)[at]
    return replace(found, **columns)
