"""The writers of the formats that need the database: each makes the file `place`, or files in the folder `place`.

A text-only format has its `render` in `lineage.exports.formats` and no entry here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from lineage.errors import MissingExtra
from lineage.exports.cyclonedx import cyclonedx_json
from lineage.exports.prov import prov_json
from lineage.exports.spdx import spdx_json
from lineage.figures.family import draw_family
from lineage.figures.png import as_png

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lineage.figures.svg import Figure
    from store.outputs.export_source import ExportSource

_CSV: Final = {
    "models": "export/models_csv",
    "edges": "export/edges_csv",
    "scores": "export/scores_csv",
    "drift": "export/drift_csv",
}
_PARQUET: Final = {
    "models": "export/models_parquet",
    "edges": "export/edges_parquet",
    "scores": "export/scores_parquet",
    "drift": "export/drift_parquet",
}
_ROWS: Final = {
    "models": "export/models_rows",
    "edges": "export/edges_rows",
    "scores": "export/scores_rows",
    "drift": "export/drift_rows",
}


def _write_arrow(source: ExportSource, place: Path) -> None:
    """Write the tables as Arrow IPC, one batch in memory at a time; raises MissingExtra without pyarrow."""
    try:
        from pyarrow import ipc
    except ImportError as error:
        raise MissingExtra("arrow", "the format arrow") from error
    for table, path in source.files(place):
        with source.database.batches(_ROWS[table]) as batches, ipc.new_file(str(path), batches.schema) as out:
            for batch in batches:
                out.write_batch(batch)


def _write_csv(source: ExportSource, place: Path) -> None:
    """Have DuckDB write the tables for spreadsheets, with no cell that runs as a formula."""
    for table, path in source.files(place):
        source.database.run(_CSV[table], path=str(path))


def _write_parquet(source: ExportSource, place: Path) -> None:
    for table, path in source.files(place):
        source.database.run(_PARQUET[table], path=str(path))


def _write_neo4j(source: ExportSource, place: Path) -> None:
    """Write nodes and relationships with the headers that `neo4j-admin database import` expects."""
    source.make("models")
    source.database.run("export/models_neo4j", path=str(place / "models.csv"))
    source.database.run("export/edges_neo4j", path=str(place / "edges.csv"))


def _write_html(source: ExportSource, place: Path) -> None:
    """Write the explorer: a family as a tree with its drift, in one page that makes no requests."""
    from lineage.explorer.page import render_page
    from lineage.explorer.payload import encode
    from store.outputs.explorer import find_explorer

    found = find_explorer(source.database, source.selector, inferred=source.inferred)
    with place.open("w", encoding="utf-8", newline="\n", errors="replace") as out:
        out.write(render_page(encode(found)))


def _write_svg(source: ExportSource, place: Path) -> None:
    place.write_text(_drawn(source).svg, encoding="utf-8")


def _write_png(source: ExportSource, place: Path) -> None:
    place.write_bytes(as_png(_drawn(source)))


def _drawn(source: ExportSource) -> Figure:
    return draw_family(source.profiles(), title=source.selector or "All models")


def _write_cyclonedx(source: ExportSource, place: Path) -> None:
    place.write_text(cyclonedx_json(source.profiles(), datetime.now(UTC)), encoding="utf-8")


def _write_spdx(source: ExportSource, place: Path) -> None:
    place.write_text(spdx_json(source.profiles(), datetime.now(UTC)), encoding="utf-8")


def _write_prov(source: ExportSource, place: Path) -> None:
    place.write_text(prov_json(source.profiles()), encoding="utf-8")


WRITERS: Final[Mapping[str, Callable[[ExportSource, Path], None]]] = {
    "arrow": _write_arrow,
    "csv": _write_csv,
    "cyclonedx": _write_cyclonedx,
    "html": _write_html,
    "neo4j": _write_neo4j,
    "parquet": _write_parquet,
    "png": _write_png,
    "prov": _write_prov,
    "spdx3": _write_spdx,
    "svg": _write_svg,
}
"""The writer of each format, by name. Writers raise TooManyModels and MissingExtra as their format states."""
