"""Parquet: the tables as they are, a file each, written by DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource

_STATEMENTS: Final = {
    "models": "export/models_parquet",
    "edges": "export/edges_parquet",
    "scores": "export/scores_parquet",
    "drift": "export/drift_parquet",
}


def write(source: ExportSource, place: Path) -> None:
    """Write the tables into the folder, or the only one into the file."""
    for table, path in source.files(place):
        source.database.run(_STATEMENTS[table], path=str(path))
