"""GEXF 1.3, for Gephi and Gephi Lite (gexf.net): colours by verdict and relation, sizes by number of derivatives.

Colours are written as r, g and b, which every reader knows. Attributes are our columns under their own names: none is
called `id`, `label`, `type`, `kind` or `weight`, because readers give these a meaning.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Final

from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS, Kind, place_of
from lineage.exports.safe_names import SafeNames
from lineage.exports.xml_text import escaped, possible, xml_label, xml_text
from lineage.exports.xml_values import ValueWriter
from lineage.figures.palette import DRIFT_COLOURS, RELATION_COLOURS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.exports.graph_rows import ExportColumn, GraphRows

_TYPES: Final = {Kind.WHOLE: "long", Kind.NUMBER: "double", Kind.FLAG: "boolean"}
_OPENING: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">\n'
)
_SMALLEST: Final = 4.0
_GROWTH: Final = 6.0
_MANY: Final = 10_000
_DRIFT: Final = place_of(MODEL_COLUMNS, "drift")
_DERIVATIVES: Final = place_of(MODEL_COLUMNS, "derivatives")
_RELATION: Final = place_of(EDGE_COLUMNS, "relation")
_INFERRED: Final = place_of(EDGE_COLUMNS, "inferred")


def render(graph: GraphRows) -> Iterator[str]:
    """Yield the document in pieces, one element per line."""
    yield f"{_OPENING}<meta><creator>lineage</creator><description>{xml_text(graph.title)}</description></meta>\n"
    yield '<graph defaultedgetype="directed" mode="static">\n'
    yield from _attributes("node", MODEL_COLUMNS[1:])
    yield from _attributes("edge", EDGE_COLUMNS[2:])
    names = SafeNames(possible, escaped)
    yield f'<nodes count="{graph.model_count}">\n'
    yield from _nodes(graph, names)
    yield f'</nodes>\n<edges count="{graph.edge_count}">\n'
    yield from _edges(graph, names)
    yield "</edges>\n</graph>\n</gexf>\n"


def _attributes(where: str, columns: tuple[ExportColumn, ...]) -> Iterator[str]:
    yield f'<attributes class="{where}" mode="static">\n'
    for column in columns:
        kind = _TYPES.get(column.kind, "string")
        yield f'<attribute id="{column.name}" title="{column.name}" type="{kind}"/>\n'
    yield "</attributes>\n"


def _nodes(graph: GraphRows, names: SafeNames) -> Iterator[str]:
    places = count()
    for batch in ValueWriter(MODEL_COLUMNS, _opening, '"/>', first=1).written(graph.models()):
        yield "".join(
            [
                f'<node id="{names.name(str(row[0]), place)}" label="{xml_label(str(row[0]))}">'
                f"<attvalues>{values}</attvalues>{_colour(row[_DRIFT])}{_size(row[_DERIVATIVES])}</node>\n"
                for (row, values), place in zip(batch, places, strict=False)
            ]
        )


def _edges(graph: GraphRows, names: SafeNames) -> Iterator[str]:
    numbers, of = count(), names.of
    for batch in ValueWriter(EDGE_COLUMNS, _opening, '"/>', first=2).written(graph.edges()):
        yield "".join(
            [
                f'<edge id="{number}" source="{of(row[0])}" target="{of(row[1])}">'
                f"<attvalues>{values}</attvalues>{_line(row[_RELATION], row[_INFERRED])}</edge>\n"
                for (row, values), number in zip(batch, numbers, strict=False)
            ]
        )


def _opening(column: ExportColumn) -> str:
    return f'<attvalue for="{column.name}" value="'


@lru_cache(maxsize=_MANY)
def _colour(drift: object) -> str:
    return _viz_colour(DRIFT_COLOURS.get(str(drift), UNKNOWN))


@lru_cache(maxsize=_MANY)
def _line(relation: object, inferred: object) -> str:
    """Return the look of an edge: the colour of its relation, dashed if it is inferred."""
    shape = '<viz:shape value="dashed"/>' if inferred else ""
    return _viz_colour(RELATION_COLOURS.get(str(relation), UNKNOWN)) + shape


def _viz_colour(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f'<viz:color r="{red}" g="{green}" b="{blue}"/>'


@lru_cache(maxsize=_MANY)
def _size(derivatives: object) -> str:
    """Return the size of a model: it grows by one step for every tenfold number of derivatives."""
    count = derivatives if isinstance(derivatives, int) else 0
    return f'<viz:size value="{_SMALLEST + _GROWTH * math.log10(1 + count):.2f}"/>'
