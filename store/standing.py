"""The scores that speak for models, in arrays: one a model and slot, as shares of the range; more is riskier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from lineage.adjacency import Mask, Nodes
    from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Standing scores, rising by node, then slot; arrays of one length.

    `node` numbers the model, `slot` what scores must share to be compared, `instrument` and `score` the rows they come
    from (int32). `risk` is the value and `stderr` its error as a share of the range (float64); `stderr` is NaN and
    `items` (float64) 0 where not known. Of capability, more risk is less ability.
    """

    node: Nodes
    slot: Nodes
    instrument: Nodes
    score: Nodes
    risk: NDArray[np.float64]
    stderr: NDArray[np.float64]
    items: NDArray[np.float64]
    is_rate: Mask
    is_capability: Mask
    is_stale: Mask
    is_reported: Mask
    has_items: Mask

    def __len__(self) -> int:
        return len(self.node)


def load_standing(database: Database, nodes: Nodes | None = None) -> Standing:
    """Return the standing scores of some nodes, null for all.

    To find what the scores of a family are compared with, ask for its ancestors too (`Graph.reach`).
    """
    if nodes is None:
        return _as_standing(database.arrays("drift/standing"))
    with database.columns("lent_nodes", nid=nodes):
        return _as_standing(database.arrays("drift/standing_of"))


def _as_standing(arrays: Mapping[str, np.ndarray]) -> Standing:
    columns = dict(arrays)
    return Standing(node=columns.pop("nid"), **columns)
