"""Where models without a known parent come from, as the database knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lineage.parents.origin import Origin
from store.derive.parents import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.database import Database


def read_origins(database: Database, models: Iterable[str]) -> dict[str, Origin]:
    """Return what is known of those of the models that have no parent, by id; models with a parent are left out."""
    with database.columns("lent_models", **as_columns(("model",), ((model,) for model in models))):
        rows = database.run("origins/list_origins").records()
    return {str(row["model"]): Origin(**cast("dict[str, Any]", row)) for row in rows}
