"""JSON lines: a line a model, then a line an edge; `kind` says which it is, and null is left out."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.exports.graph_rows import ExportColumn, GraphRows, Row

as_json: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False).encode
"""ASCII, so that nothing of a name can hide in it; raises ValueError for what JSON has no number for."""


def render(graph: GraphRows) -> Iterator[str]:
    """Yield a line each, models first."""
    for row in graph.models():
        yield f"{as_json({'kind': 'model', **known(MODEL_COLUMNS, row)})}\n"
    for row in graph.edges():
        yield f"{as_json({'kind': 'edge', **known(EDGE_COLUMNS, row)})}\n"


def known(columns: tuple[ExportColumn, ...], row: Row) -> dict[str, object]:
    """Return what is known of a row by name: without null, and without numbers that JSON does not have."""
    return {
        column.name: value
        for column, value in zip(columns, row, strict=True)
        if value is not None and (value.__class__ is not float or math.isfinite(value))
    }
