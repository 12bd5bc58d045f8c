"""Graphs as JSON: JSON lines for pipelines, node-link JSON for networkx and D3, and elements for Cytoscape."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS
from lineage.exports.safe_names import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lineage.exports.graph_rows import ExportColumn, GraphRows, Row

_as_json: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False).encode
"""An encoder that writes ASCII, so that names cannot hide anything; raises ValueError for numbers that JSON lacks."""


def render_lines(graph: GraphRows) -> Iterator[str]:
    """Yield one line per model, then one per edge; `kind` tells them apart, and unknown values are omitted."""
    for row in graph.models():
        yield f"{_as_json({'kind': 'model', **_known(MODEL_COLUMNS, row)})}\n"
    for row in graph.edges():
        yield f"{_as_json({'kind': 'edge', **_known(EDGE_COLUMNS, row)})}\n"


def render_node_link(graph: GraphRows) -> Iterator[str]:
    """Yield the object with `nodes` and `edges` that `networkx.node_link_graph` and D3 read, one element per line."""
    about = _as_json({"name": graph.title, "made_by": "lineage"})
    yield f'{{"directed": true, "multigraph": false, "graph": {about},\n"nodes": [\n'
    yield from _comma_separated(_as_json(_known(MODEL_COLUMNS, row)) for row in graph.models())
    yield '],\n"edges": [\n'
    yield from _comma_separated(
        _as_json({"source": row[0], "target": row[1], **_known(EDGE_COLUMNS[2:], row[2:])}) for row in graph.edges()
    )
    yield "]}\n"


def render_cytoscape(graph: GraphRows) -> Iterator[str]:
    """Yield the document that Cytoscape, Cytoscape.js and `networkx.cytoscape_graph` read, one element per line.

    A node's `id` and `name` are the model's id: no other attribute has these names. `value`, by which networkx names
    nodes, is the id too.
    """
    about = _as_json({"name": graph.title})
    yield '{"format_version": "1.0", "generated_by": "lineage", "target_cytoscapejs_version": "~2.1",\n'
    yield f'"data": {about}, "directed": true, "multigraph": false,\n"elements": {{"nodes": [\n'
    yield from _comma_separated(_as_json({"data": _node(row)}) for row in graph.models())
    yield '],\n"edges": [\n'
    yield from _comma_separated(_as_json({"data": _edge(number, row)}) for number, row in enumerate(graph.edges()))
    yield "]}}\n"


def _node(row: Row) -> dict[str, object]:
    return {"id": row[0], "value": row[0], "name": visible(str(row[0])), **_known(MODEL_COLUMNS[1:], row[1:])}


def _edge(number: int, row: Row) -> dict[str, object]:
    return {"id": f"edge {number}", "source": row[0], "target": row[1], **_known(EDGE_COLUMNS[2:], row[2:])}


def _known(columns: tuple[ExportColumn, ...], row: Row) -> dict[str, object]:
    """Return the known values of a row by name: without None, and without numbers that JSON lacks."""
    return {
        column.name: value
        for column, value in zip(columns, row, strict=True)
        if value is not None and (value.__class__ is not float or math.isfinite(value))
    }


def _comma_separated(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts as the members of a JSON array, one per line."""
    before = ""
    for text in texts:
        yield f"{before}{text}"
        before = ",\n"
    yield "\n"
