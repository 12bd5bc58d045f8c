"""How models are built, out of the files that were read: one row for each model whose files say anything of it."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Final

from lineage.crawl_records import GGUF_FACTS
from lineage.parents.model_config import ModelShape, read_config, read_gguf_facts
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.database import Database

SHAPE_COLUMNS: Final = ("model", "evidence", *(field.name for field in fields(ModelShape)))


def write_shapes(database: Database) -> None:
    """Write `hub.shapes` from the fetched files."""
    database.run("shapes/clear_shapes")
    with database.columns("lent_shapes", **as_columns(SHAPE_COLUMNS, _shapes(database))):
        database.run("shapes/insert_shapes")


def _shapes(database: Database) -> Iterator[tuple[object, ...]]:
    for model, path, content in database.run("shapes/list_files", gguf_facts=GGUF_FACTS).rows:
        shape = read_gguf_facts(str(content)) if path == GGUF_FACTS else read_config(str(content))
        if shape != ModelShape():
            yield model, "gguf" if path == GGUF_FACTS else "config.json", *asdict(shape).values()
