"""CSV for `neo4j-admin database import`: nodes and relationships with the headers that it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource


def write(source: ExportSource, place: Path) -> None:
    """Write models.csv and edges.csv into the folder."""
    source.make("models")
    source.database.run("export/models_neo4j", path=str(place / "models.csv"))
    source.database.run("export/edges_neo4j", path=str(place / "edges.csv"))
