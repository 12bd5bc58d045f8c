"""Where models without a known parent come from, as the database knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lineage.parents.origin import Origin
from store.derive.parents import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.database import Database


def read_origins(database: Database, models: Iterable[str], *, is_notable: bool = False) -> dict[str, Origin]:
    """Return what is known of those of the models that have no parent, by id; models with a parent are left out.

    With `is_notable` models are left out too that declare nothing, of which nothing was inferred or read.
    """
    with database.columns("lent_models", **as_columns(("model",), ((model,) for model in models))):
        rows = database.run("origins/list_origins", is_notable=is_notable).records()
    return {str(row["model"]): Origin(**cast("dict[str, Any]", row)) for row in rows}
