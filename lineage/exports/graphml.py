"""GraphML, for Gephi, yEd, igraph and networkx (graphml.graphdrawing.org)."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS, Kind
from lineage.exports.safe_names import SafeNames
from lineage.exports.xml_text import escaped, possible, xml_label, xml_text
from lineage.exports.xml_values import ValueWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.exports.graph_rows import ExportColumn, GraphRows

_TYPES: Final = {Kind.WHOLE: "long", Kind.NUMBER: "double", Kind.FLAG: "boolean"}
_OPENING: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
    'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)


def render(graph: GraphRows) -> Iterator[str]:
    """Yield the document in pieces: the keys, then one element per line."""
    yield _OPENING
    yield '<key id="label" for="node" attr.name="label" attr.type="string"/>\n'
    yield from (_key(column, "node") for column in MODEL_COLUMNS[1:])
    yield from (_key(column, "edge") for column in EDGE_COLUMNS[2:])
    yield f'<graph id="lineage" edgedefault="directed"><desc>{xml_text(graph.title)}</desc>\n'
    names = SafeNames(possible, escaped)
    yield from _nodes(graph, names)
    yield from _edges(graph, names)
    yield "</graph>\n</graphml>\n"


def _nodes(graph: GraphRows, names: SafeNames) -> Iterator[str]:
    places = count()
    for batch in ValueWriter(MODEL_COLUMNS, _data, "</data>", first=1).written(graph.models()):
        yield "".join(
            [
                f'<node id="{names.name(str(row[0]), place)}">'
                f'<data key="label">{xml_label(str(row[0]))}</data>{values}</node>\n'
                for (row, values), place in zip(batch, places, strict=False)
            ]
        )


def _edges(graph: GraphRows, names: SafeNames) -> Iterator[str]:
    of = names.of
    for batch in ValueWriter(EDGE_COLUMNS, _data, "</data>", first=2).written(graph.edges()):
        yield "".join([f'<edge source="{of(row[0])}" target="{of(row[1])}">{values}</edge>\n' for row, values in batch])


def _key(column: ExportColumn, where: str) -> str:
    kind = _TYPES.get(column.kind, "string")
    return (
        f'<key id="{column.name}" for="{where}" attr.name="{column.name}" attr.type="{kind}">'
        f"<desc>{xml_text(column.about)}</desc></key>\n"
    )


def _data(column: ExportColumn) -> str:
    return f'<data key="{column.name}">'
