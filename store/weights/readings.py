"""What was read of the weights of models: kept, and given back as it was read."""

from __future__ import annotations

from itertools import groupby
from math import isqrt
from operator import itemgetter
from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.crawl_records import WantedWeights
from lineage.weights.adapter import AdaptedModule, AdapterContent, AdapterSettings
from lineage.weights.number_formats import DTYPES, pack
from lineage.weights.sketch import draw_sketch
from lineage.weights.weight_rows import MatrixRows, WeightRows
from store.lent_columns import as_columns
from store.weights.shape_runs import fold_shapes, unfold_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from lineage.crawl_records import NamedModels, UnreadWeights
    from store.database import Database, Row

FILE_COLUMNS = (
    "model", "sha", "file", "file_bytes", "file_sha256", "header_sha256", "tensors", "parameters", "unread",
    "refused", "needed_bytes", "bytes_read", "requests", "shapes", "modules",
)  # fmt: skip
MATRIX_COLUMNS = (
    "model", "number", "name", "dtype", "matrix_rows", "columns", "kept_columns", "kept_as", "content", "products",
    "sketch", "sketch_rows",
)  # fmt: skip


def list_wanted(
    database: Database, models: NamedModels, *, most_bytes: int, granted: bool = False
) -> tuple[WantedWeights, ...]:
    """Return those of some stored models, and of all above them, whose weights were not read at their commit.

    What was not read because more than was allowed is needed is wanted again where `most_bytes` suffices, and with
    `granted` that to which we had no access.
    """
    collect_above(database, models)
    rows = database.run("weights/wanted", most_bytes=most_bytes, granted=granted).rows
    return tuple(
        WantedWeights(
            model=str(model),
            sha=cast("str | None", sha),
            is_gguf=_is_gguf(cast("list[str]", tags)),
            is_adapter=bool(is_adapter),
        )
        for model, sha, tags, is_adapter in rows
    )


def _is_gguf(tags: Sequence[str]) -> bool:
    """Return whether a model has GGUF files and no others that are read, as its tags tell."""
    return "gguf" in tags and "safetensors" not in tags


def collect_above(database: Database, models: NamedModels) -> None:
    """Collect some stored models and all above them, for the statements that ask of these."""
    with database.columns("lent_asked_names", **as_columns(("model",), ((name,) for name in models.stored))):
        database.run("weights/collect_above")


def keep_readings(
    database: Database, read: Sequence[WeightRows], unread: Sequence[UnreadWeights], *, crawl: int, now: datetime
) -> None:
    """Keep what was read of some models in place of what was kept of them; the caller holds the transaction."""
    with database.columns(
        "lent_weight_files", **as_columns(FILE_COLUMNS, [*map(_file_row, read), *map(_unread_row, unread)])
    ):
        for name in (
            "note_read",
            "drop_changes",
            "drop_findings",
            "drop_mixtures",
            "drop_pairs",
            "drop_matrices",
            "drop_files",
        ):
            database.run(f"weights/{name}")
        database.run("weights/add_files", now=now, crawl=crawl)
    matrices = [row for one in read for row in _matrix_rows(one)]
    if matrices:
        with database.columns("lent_matrices", **as_columns(MATRIX_COLUMNS, matrices)):
            database.run("weights/add_matrices")


def find_readings(database: Database, models: Iterable[str]) -> dict[str, WeightRows]:
    """Return what is kept of the weights of some models, by id; those of which nothing is kept are left out."""
    with database.columns("lent_asked_names", **as_columns(("model",), ((name,) for name in sorted(set(models))))):
        rows = database.run("weights/rows").rows
    return {str(model): _reading(list(matrices)) for model, matrices in groupby(rows, key=itemgetter(0))}


def _file_row(read: WeightRows) -> Row:
    return (
        read.model,
        read.revision,
        read.file,
        read.file_bytes,
        read.file_sha256,
        read.header_sha256,
        read.tensors,
        read.parameters,
        None,
        False,
        None,
        read.bytes_read,
        read.requests,
        fold_shapes(read.shapes),
        None if read.adapter is None else fold_shapes({one.name: one.sizes for one in read.adapter.modules}),
    )


def _unread_row(unread: UnreadWeights) -> Row:
    return (unread.model, unread.sha, *(None,) * 6, unread.reason, unread.is_refused, unread.needed_bytes, *(None,) * 4)


def _matrix_rows(read: WeightRows) -> Iterable[Row]:
    for number, matrix in enumerate(read.matrices):
        kept = matrix.kept()
        kept_as, content = pack(kept.rows, kept.dtype)
        sketch = draw_sketch(matrix.rows) if matrix.is_embedding else None
        yield (
            read.model,
            number,
            kept.name,
            kept.dtype,
            kept.matrix_rows,
            kept.columns,
            kept.rows.shape[1],
            kept_as,
            content,
            kept.products.astype("<f4").tobytes(),
            sketch and sketch.bits,
            sketch and sketch.rows,
        )


def _reading(rows: Sequence[Row]) -> WeightRows:
    (model, sha, file, file_bytes, file_sha256, header_sha256, tensors, parameters, bytes_read, requests) = rows[0][:10]
    shapes, modules = cast("tuple[str | None, str | None]", rows[0][10:12])
    return WeightRows(
        model=str(model),
        revision=str(sha),
        file=str(file),
        file_bytes=cast("int", file_bytes),
        file_sha256=cast("str | None", file_sha256),
        header_sha256=str(header_sha256),
        tensors=cast("int", tensors),
        parameters=cast("int", parameters),
        matrices=tuple(_matrix(row[12:]) for row in rows if row[12] is not None),
        bytes_read=cast("int", bytes_read),
        requests=cast("int", requests),
        shapes=unfold_shapes(shapes),
        adapter=None if modules is None else AdapterContent(modules=_modules(modules), settings=AdapterSettings()),
    )


def _modules(folded: str) -> tuple[AdaptedModule, ...]:
    sizes = unfold_shapes(folded).items()
    return tuple(AdaptedModule(name=name, rank=rank, inputs=ins, outputs=outs) for name, (rank, ins, outs) in sizes)


def _matrix(row: Row) -> MatrixRows:
    name, dtype, matrix_rows, columns, kept_columns, kept_as, content, products = row
    numbers = np.frombuffer(cast("bytes", products), dtype="<f4").astype(np.float32)
    return MatrixRows(
        name=str(name),
        dtype=str(dtype),
        matrix_rows=cast("int", matrix_rows),
        columns=cast("int", columns),
        rows=DTYPES[str(kept_as)](cast("bytes", content)).reshape(-1, cast("int", kept_columns)),
        kept_products=numbers.reshape(isqrt(len(numbers)), -1),
    )
