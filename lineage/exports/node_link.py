"""Node-link JSON, as `networkx.node_link_graph` and D3 read it: an object with `nodes` and `edges`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS
from lineage.exports.json_lines import as_json, known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lineage.exports.graph_rows import GraphRows


def render(graph: GraphRows) -> Iterator[str]:
    """Yield the document in pieces, a node or edge a line."""
    about = as_json({"name": graph.title, "made_by": "lineage"})
    yield f'{{"directed": true, "multigraph": false, "graph": {about},\n"nodes": [\n'
    yield from comma_separated(as_json(known(MODEL_COLUMNS, row)) for row in graph.models())
    yield '],\n"edges": [\n'
    yield from comma_separated(
        as_json({"source": row[0], "target": row[1], **known(EDGE_COLUMNS[2:], row[2:])}) for row in graph.edges()
    )
    yield "]}\n"


def comma_separated(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts as the members of a JSON array, a line each."""
    before = ""
    for text in texts:
        yield f"{before}{text}"
        before = ",\n"
    yield "\n"
