"""CSV for spreadsheets: a file a table, written by DuckDB; no cell is run as a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource

_STATEMENTS: Final = {
    "models": "export/models_csv",
    "edges": "export/edges_csv",
    "scores": "export/scores_csv",
    "drift": "export/drift_csv",
}


def write(source: ExportSource, place: Path) -> None:
    """Write the tables into the folder, or the only one into the file."""
    for table, path in source.files(place):
        source.database.run(_STATEMENTS[table], path=str(path))
