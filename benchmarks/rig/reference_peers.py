"""Other ways to the nearest scored ancestors: a spread for each slot, and recursion in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.references import References

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.graph.csr import Nodes
    from lineage.graph.graph import Graph
    from store.database import Database

_FAR: Final = np.iinfo(np.int64).max

CLIMB: Final = """
with recursive climb as (
    select
        standing.nid,
        standing.slot,
        links.parent as reached,
        links.relation,
        1 as distance,
        above.nid is not null as is_found
    from hub.standing
    inner join hub.links
        on links.child = standing.nid
    left join hub.standing as above
        on above.nid = links.parent
        and above.slot = standing.slot
    where links.parent <> links.child
    union
    select
        climb.nid,
        climb.slot,
        links.parent,
        climb.relation,
        climb.distance + 1,
        above.nid is not null
    from climb
    inner join hub.links
        on links.child = climb.reached
    left join hub.standing as above
        on above.nid = links.parent
        and above.slot = climb.slot
    where not climb.is_found
        and links.parent <> climb.nid
        and climb.distance < 64
)
select
    nid,
    slot,
    arg_min(reached, (distance, relation, reached)) filter (is_found) as ancestor,
    arg_min(relation, (distance, relation, reached)) filter (is_found) as relation,
    min(distance) filter (is_found) as distance
from climb
group by
    nid,
    slot
order by
    nid,
    slot
"""


def in_sql(database: Database, node: Nodes, slot: Nodes) -> References:
    """Return what SQL finds for scores sorted by node and slot; ways of 64 edges at most."""
    connection = database._connection  # noqa: SLF001 - a statement that is no part of the product
    columns = connection.execute(CLIMB).fetchnumpy()
    found = {name: np.ma.filled(of.astype(np.int64), -1) for name, of in columns.items()}
    keys = _keys(node, slot, slot)
    row = np.searchsorted(keys, _keys(found["nid"], found["slot"], slot))
    reference = np.searchsorted(keys, _keys(found["ancestor"], found["slot"], slot))
    return References(
        row=row.astype(np.int32),
        reference_row=np.where(found["ancestor"] < 0, -1, reference).astype(np.int32),
        distance=found["distance"].astype(np.int32),
        relation=found["relation"].astype(np.int8),
    )


def by_slot(graph: Graph, node: Nodes, slot: Nodes) -> References:
    """Return what a spread over all nodes for each slot finds for scores sorted by node and slot.

    A model that is its own nearest on a cycle has no reference here: that is the one difference.
    """
    rows = np.flatnonzero((graph.upwards.degrees() > 0)[node])
    best = np.full(len(rows), _FAR, np.int64)
    for number in np.unique(slot):
        marked = np.zeros(graph.size, dtype=bool)
        marked[node[slot == number]] = True
        source, steps = graph.nearest_marked(marked)
        of_slot = np.flatnonzero(slot[rows] == number)
        children = node[rows[of_slot]]
        edges, owners = graph.upwards.expand(children)
        above = graph.upwards.neighbours[edges]
        is_way = (steps[above] >= 0) & (source[above] != children[owners])
        edges, owners, above = edges[is_way], owners[is_way], above[is_way]
        far = steps[above].astype(np.int64) + 1
        rank = (far << 40) | (graph.upwards.relations[edges].astype(np.int64) << 32) | source[above]
        np.minimum.at(best, of_slot[owners], rank)
    is_found = best < _FAR
    keys = _keys(node, slot, slot)
    reference = np.searchsorted(keys, _keys(best & 0xFFFFFFFF, slot[rows], slot))
    return References(
        row=rows.astype(np.int32),
        reference_row=np.where(is_found, reference, -1).astype(np.int32),
        distance=np.where(is_found, best >> 40, -1).astype(np.int32),
        relation=np.where(is_found, (best >> 32) & 0xFF, -1).astype(np.int8),
    )


def _keys(node: NDArray[np.integer], slot: NDArray[np.integer], slots: Nodes) -> NDArray[np.int64]:
    return node.astype(np.int64) * (int(slots.max()) + 1) + slot
