"""Where models without a known parent come from, as the database knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lineage.parents.origin import Origin
from lineage.vocabulary import RELATED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.database import Database


def read_origins(database: Database, models: Iterable[str], *, is_notable: bool = False) -> dict[str, Origin]:
    """Return what is known of those of the models that have no parent, by id; models with a parent are left out.

    With `is_notable` models are left out too that declare nothing, of which nothing was inferred or read.
    """
    is_derived = database.value("refresh/freshness") is not None
    rows = database.run(
        "origins/list_origins",
        models=list(models),
        is_notable=is_notable,
        is_derived=is_derived,
        related=sorted(RELATED),
    ).records()
    return {str(row["model"]): _origin(cast("dict[str, Any]", row)) for row in rows}


def _origin(row: dict[str, Any]) -> Origin:
    contradicted, relatives = (tuple(row.pop(name) or ()) for name in ("contradicted", "relatives"))
    return Origin(**row, contradicted=contradicted, relatives=relatives)
