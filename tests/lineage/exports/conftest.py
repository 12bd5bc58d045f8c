"""Graphs of a few models, and the texts that readers of exports stumble over."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS, GraphRows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HOSTILE: tuple[str, ...] = (
    "maple/<b>&amp;'\"</b>",
    "maple/]]><!--",
    "maple/=HYPERLINK(1)",
    "=1+1",
    'maple/quote"back\\slash\\',
    "maple/new\nline\r\ttab",
    "maple/control\x00\x01\x1b[31m\x7f\x85",
    "maple/same\x01",
    "maple/same\x02",
    "maple/half\ud800",
    "maple/not\ufffe\uffff",
    "maple/\ufffd",
    "maple/na\u202egnp.exe\u2066",
    "maple/zero\u200bwidth",
    "maple/(a,b):1;'[x]'_",
    'm0["] --> evil; %%{init}%%',
    "\U0001f468\u200d\U0001f469 \u4e2d\u6587",
    "maple/" + "l" * 3_000,
    " ",
    "-1",
    "id",
)
"""Ids that no Hub gives today and a database may hold all the same."""


def make_graph(
    models: Sequence[str | Mapping[str, object]], edges: Sequence[Sequence[str] | Mapping[str, object]] = ()
) -> GraphRows:
    """Return a graph of models, by id or by their columns, and of edges, by parent and child or by theirs."""
    known = [{"id": one} if isinstance(one, str) else dict(one) for one in models]
    rows = [tuple({"status": "present", **one}.get(column.name) for column in MODEL_COLUMNS) for one in known]
    usual = {"relation": "finetune", "evidence": "card", "confidence": 0.97, "inferred": False}
    joined = [dict(one) if hasattr(one, "keys") else {"parent": one[0], "child": one[1]} for one in edges]
    edge_rows = [tuple({**usual, **one}.get(column.name) for column in EDGE_COLUMNS) for one in joined]
    return GraphRows(
        title="maple/base+",
        model_count=len(rows),
        edge_count=len(edge_rows),
        models=lambda: iter(rows),
        edges=lambda: iter(edge_rows),
    )


@pytest.fixture(name="make_graph", scope="session")
def fixture_make_graph() -> Callable[..., GraphRows]:
    """Give what makes a graph."""
    return make_graph


@pytest.fixture(name="hostile", scope="session")
def fixture_hostile() -> GraphRows:
    """Give a graph of the hostile ids, each made from the one before, with hostile values too."""
    models = [{"id": one, "license": one, "domains": [one, one], "drift": one} for one in HOSTILE]
    pairs = pairwise(HOSTILE)
    edges = [{"parent": parent, "child": child, "declared_as": child, "relation": child} for parent, child in pairs]
    return make_graph(models, edges)


@pytest.fixture(name="hostile_ids", scope="session")
def fixture_hostile_ids() -> tuple[str, ...]:
    """Give the hostile ids in their order."""
    return HOSTILE
