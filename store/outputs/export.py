"""Exports: the models that a selector matches, written in one of the formats of `lineage.exports.formats`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineage.exports.errors import ExportTooLarge
from lineage.exports.formats import TABLES
from store.connect import open_database
from store.errors import CannotWrite
from store.gc_pause import uncollected
from store.outputs.atomic_write import commit, place_in, staging
from store.outputs.export_source import chosen
from store.outputs.writers import WRITERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lineage.exports.formats import ExportFormat
    from store.database import Database
    from store.outputs.atomic_write import OutputTarget
    from store.outputs.export_source import ExportSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What to write and where; `selector` is None for all models; `tables` applies to formats with tables."""

    form: ExportFormat
    target: OutputTarget
    selector: str | None = None
    inferred: bool = True
    tables: tuple[str, ...] = TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSummary:
    """The result: the number of selected models and of edges among them, and the files with their total size."""

    models: int
    edges: int
    files: tuple[str, ...]
    size_bytes: int


def export(path: Path, request: ExportRequest) -> ExportSummary:
    """Write the requested export of the database at `path`.

    Raises what `open_database` and `select` raise, TargetRefused, ExportTooLarge, MissingExtra, and CannotWrite if the
    disk is full. The target is then left as it was.
    """
    with staging(request.target) as folder:
        database = open_database(path, "read", folder=folder)
        try:
            place = place_in(folder, request.target)
            written = _written(database, request, place)
        except OSError as error:
            raise CannotWrite(folder.parent, error.strerror or "cannot be written") from error
        finally:
            database.close()
        commit(place, request.target)
    return written


def _written(database: Database, request: ExportRequest, place: Path) -> ExportSummary:
    with chosen(database, request.form, request.selector, inferred=request.inferred, tables=request.tables) as source:
        _check_size(source)
        if request.form.render is None:
            WRITERS[request.form.name](source, place)
        else:
            _write_text(request.form.render(source.graph()), place)
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        return ExportSummary(
            models=source.model_count,
            edges=source.edge_count,
            files=tuple(one.name for one in files),
            size_bytes=sum(one.stat().st_size for one in files),
        )


def _write_text(parts: Iterator[str], place: Path) -> None:
    with place.open("w", encoding="utf-8", newline="\n", buffering=1 << 20) as out, uncollected():
        out.writelines(parts)


def _check_size(source: ExportSource) -> None:
    """Raise ExportTooLarge if the format cannot hold the selection."""
    form = source.form
    for found, most, unit in (
        (source.model_count, form.most_models, "models"),
        (source.edge_count, form.most_edges, "edges"),
    ):
        if most is not None and found > most:
            raise ExportTooLarge(form.name, found, most, unit)
