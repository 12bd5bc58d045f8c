"""DOT, for Graphviz (graphviz.org): every name in quotes, boxes filled by verdict, inferred edges dashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS, place_of
from lineage.exports.safe_names import SafeNames, visible
from lineage.figures.palette import DRIFT_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.exports.graph_rows import GraphRows, Row

_DRIFT: Final = place_of(MODEL_COLUMNS, "drift")
_RELATION: Final = place_of(EDGE_COLUMNS, "relation")
_EVIDENCE: Final = place_of(EDGE_COLUMNS, "evidence")
_CONFIDENCE: Final = place_of(EDGE_COLUMNS, "confidence")
_INFERRED: Final = place_of(EDGE_COLUMNS, "inferred")


def render(graph: GraphRows) -> Iterator[str]:
    """Yield the document in pieces, one statement per line."""
    yield f"digraph {quoted(graph.title)} {{\nrankdir=LR;\nnode [shape=box, fontname=sans];\nedge [fontname=sans];\n"
    names = SafeNames(visible, _without_escapes)
    for place, row in enumerate(graph.models()):
        yield f'"{names.name(str(row[0]), place)}"{_node_look(row)};\n'
    for row in graph.edges():
        yield f'"{names.of(row[0])}" -> "{names.of(row[1])}"{_edge_look(row)};\n'
    yield "}\n"


def quoted(text: str) -> str:
    r"""Return a text in quotes, on one line; `\` is doubled, because labels have escapes such as `\N`."""
    return f'"{_without_escapes(visible(text))}"'


def _without_escapes(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _node_look(row: Row) -> str:
    drift = row[_DRIFT]
    if not isinstance(drift, str) or drift not in DRIFT_COLOURS:
        return ""
    fill = DRIFT_COLOURS[drift]
    return f' [drift="{drift}", style=filled, fillcolor="{fill}", fontcolor="#ffffff"]'


def _edge_look(row: Row) -> str:
    relation, evidence = quoted(str(row[_RELATION])), quoted(str(row[_EVIDENCE]))
    dashed = ", style=dashed, inferred=true" if row[_INFERRED] else ""
    return f" [label={relation}, evidence={evidence}, confidence={row[_CONFIDENCE]}{dashed}]"
