"""Mermaid, which code hosts draw in a README. A diagram has at most 500 edges and 50,000 characters.

Both limits are Mermaid's own (`maxEdges`, `maxTextSize`); only the page that draws a diagram can raise them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lineage.exports.errors import ExportTooLarge
from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS, place_of
from lineage.exports.safe_names import visible
from lineage.figures.palette import DRIFT_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.exports.graph_rows import GraphRows, Row

MOST_CHARACTERS: Final = 50_000
_MEANINGFUL: Final = re.compile(r"[!-,:-@\[-^`{-~]|[-.](?=\s)")
_DRIFT: Final = place_of(MODEL_COLUMNS, "drift")
_RELATION: Final = place_of(EDGE_COLUMNS, "relation")
_INFERRED: Final = place_of(EDGE_COLUMNS, "inferred")


def render(graph: GraphRows) -> Iterator[str]:
    """Yield the diagram; raises ExportTooLarge if it has more characters than Mermaid takes."""
    text = "".join(_lines(graph))
    if len(text) > MOST_CHARACTERS:
        raise ExportTooLarge("mermaid", len(text), MOST_CHARACTERS, "characters")
    yield text


def _lines(graph: GraphRows) -> Iterator[str]:
    yield "flowchart LR\n"
    numbers: dict[object, int] = {}
    classes: dict[str, list[str]] = {}
    for number, row in enumerate(graph.models()):
        numbers[row[0]] = number
        yield f'  m{number}["{harmless(str(row[0]))}"]\n'
        if isinstance(row[_DRIFT], str):
            classes.setdefault(str(row[_DRIFT]), []).append(f"m{number}")
    for row in graph.edges():
        yield f"  m{numbers[row[0]]} {_arrow(row)} m{numbers[row[1]]}\n"
    for drift, members in classes.items():
        if drift in DRIFT_COLOURS:
            yield f"  classDef {drift} fill:{DRIFT_COLOURS[drift]},color:#ffffff\n"
            yield f"  class {','.join(members)} {drift}\n"


def harmless(text: str) -> str:
    """Return a text for a quoted label: characters that end it or start markup become Mermaid's `#number;`."""
    return _MEANINGFUL.sub(lambda found: f"#{ord(found[0])};", visible(text))


def _arrow(row: Row) -> str:
    relation = harmless(str(row[_RELATION]))
    return f'-. "{relation}" .->' if row[_INFERRED] else f'-- "{relation}" -->'
