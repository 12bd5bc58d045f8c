"""Licence drift along edges: derivatives whose licence differs from their parent's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.licences import licence_classes
from store.lent_columns import as_columns
from store.queries.selected import selected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.output.result import Result
    from store.database import Database


def list_licences(
    database: Database, *, selector: str | None = None, drifts: Sequence[str] | None = None, limit: int = 0
) -> Result:
    """Return the edges, to children that a selector matches, whose licences differ or are unknown.

    `drift` is a `LicenceDrift`: `looser` if the child's class of licence is looser than its parent's, `other` for
    another licence of the same class. `limit` 0 returns all. Raises what `store.queries.select.select` raises.
    """
    rows = [(licence, group.name, group.rank) for group in licence_classes() for licence in sorted(group.ids)]
    with (
        database.columns("lent_licences", **as_columns(("license", "class", "rank"), rows)),
        selected(database, selector),
    ):
        return database.run(
            "licences/licences",
            drifts=list(drifts) if drifts else None,
            is_selected=selector is not None,
            limit=limit or None,
        )
