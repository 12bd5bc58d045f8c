"""Exports: what a selector names, written in one of the formats of `lineage.exports.formats`.

A format that is text has a module with `render(graph) -> Iterator[str]`, pure; any other has one with
`write(source, place) -> None`, which makes the file `place`, or files in the folder `place`. They are imported where
they are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from lineage.exports.errors import ExportTooLarge
from lineage.exports.formats import TABLES
from store.connect import open_database
from store.errors import CannotWrite
from store.gc_pause import uncollected
from store.outputs.atomic_write import commit, place_in, staging
from store.outputs.export_source import chosen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lineage.exports.formats import ExportFormat
    from lineage.exports.graph_rows import GraphRows
    from store.database import Database
    from store.outputs.atomic_write import OutputTarget
    from store.outputs.export_source import ExportSource

RENDERERS: Final = {
    "cyjs": "lineage.exports.cytoscape",
    "dot": "lineage.exports.dot",
    "gexf": "lineage.exports.gexf",
    "graphml": "lineage.exports.graphml",
    "json": "lineage.exports.node_link",
    "jsonl": "lineage.exports.json_lines",
    "mermaid": "lineage.exports.mermaid",
    "newick": "lineage.exports.newick",
}
"""The modules of formats that are text, by the name of the format."""

WRITERS: Final = {
    "arrow": "store.outputs.formats.arrow",
    "csv": "store.outputs.formats.csv",
    "cyclonedx": "store.outputs.formats.cyclonedx",
    "html": "store.outputs.formats.html",
    "neo4j": "store.outputs.formats.neo4j",
    "parquet": "store.outputs.formats.parquet",
    "png": "store.outputs.formats.png",
    "prov": "store.outputs.formats.prov",
    "spdx3": "store.outputs.formats.spdx3",
    "svg": "store.outputs.formats.svg",
}
"""The modules of the other formats."""


class Renderer(Protocol):
    """A module that knows how a graph is written as text."""

    def render(self, graph: GraphRows) -> Iterator[str]:
        """Yield the text in pieces; lone surrogates never come out."""


class Writer(Protocol):
    """A module that writes a format with the database at hand."""

    def write(self, source: ExportSource, place: Path) -> None:
        """Make the file `place`, or files in the folder `place` where several are to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is to be written and where; `selector` is None for all models, `tables` count where a format has them."""

    form: ExportFormat
    target: OutputTarget
    selector: str | None = None
    inferred: bool = True
    tables: tuple[str, ...] = TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSummary:
    """What came of it: how many models and edges among them were chosen, and the files with their sizes together."""

    models: int
    edges: int
    files: tuple[str, ...]
    size_bytes: int


def export(path: Path, order: ExportRequest) -> ExportSummary:
    """Write what an order says of the database at a path.

    Raises what `open_database` and `select` raise, TargetRefused, TooLarge, MissingExtra, and CannotWrite where the
    disk is full. Nothing is left at the target then but what was there before.
    """
    with staging(order.target) as folder:
        database = open_database(path, "read", folder=folder)
        try:
            place = place_in(folder, order.target)
            written = _written(database, order, place)
        except OSError as error:
            raise CannotWrite(folder.parent, error.strerror or "cannot be written") from error
        finally:
            database.close()
        commit(place, order.target)
    return written


def _written(database: Database, order: ExportRequest, place: Path) -> ExportSummary:
    with chosen(database, order.form, order.selector, inferred=order.inferred, tables=order.tables) as source:
        _check_size(source)
        name = order.form.name
        if name in RENDERERS:
            _write_text(cast("Renderer", import_module(RENDERERS[name])), source, place)
        else:
            cast("Writer", import_module(WRITERS[name])).write(source, place)
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        return ExportSummary(
            models=source.model_count,
            edges=source.edge_count,
            files=tuple(one.name for one in files),
            size_bytes=sum(one.stat().st_size for one in files),
        )


def _write_text(renderer: Renderer, source: ExportSource, place: Path) -> None:
    with place.open("w", encoding="utf-8", newline="\n", buffering=1 << 20) as out, uncollected():
        out.writelines(renderer.render(source.graph()))


def _check_size(source: ExportSource) -> None:
    """Raise TooLarge where the format cannot hold what was chosen."""
    form = source.form
    for found, most, unit in (
        (source.model_count, form.most_models, "models"),
        (source.edge_count, form.most_edges, "edges"),
    ):
        if most is not None and found > most:
            raise ExportTooLarge(form.name, found, most, unit)
