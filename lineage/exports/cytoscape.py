"""Cytoscape JSON (.cyjs), for Cytoscape, Cytoscape.js and `networkx.cytoscape_graph`.

`id` and `name` of a node are the model's own: no attribute is called so, and `value`, by which networkx names nodes, is
the id too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS
from lineage.exports.json_lines import as_json, known
from lineage.exports.node_link import comma_separated
from lineage.exports.safe_names import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.exports.graph_rows import GraphRows, Row


def render(graph: GraphRows) -> Iterator[str]:
    """Yield the document in pieces, an element a line."""
    about = as_json({"name": graph.title})
    yield '{"format_version": "1.0", "generated_by": "lineage", "target_cytoscapejs_version": "~2.1",\n'
    yield f'"data": {about}, "directed": true, "multigraph": false,\n"elements": {{"nodes": [\n'
    yield from comma_separated(as_json({"data": _node(row)}) for row in graph.models())
    yield '],\n"edges": [\n'
    yield from comma_separated(as_json({"data": _edge(number, row)}) for number, row in enumerate(graph.edges()))
    yield "]}}\n"


def _node(row: Row) -> dict[str, object]:
    return {"id": row[0], "value": row[0], "name": visible(str(row[0])), **known(MODEL_COLUMNS[1:], row[1:])}


def _edge(number: int, row: Row) -> dict[str, object]:
    return {"id": f"edge {number}", "source": row[0], "target": row[1], **known(EDGE_COLUMNS[2:], row[2:])}
