"""The answers behind comparisons, item by item: what keeps the correlations of instruments under no change."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.no_change import PairedItems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lineage.drift_rows import DriftRow
    from store.database import Database

NAMED: Final = 5
"""Columns that name a comparison: model, reference, instrument, the instrument's name and judge."""


def read_paired_items(database: Database, rows: Iterable[DriftRow]) -> dict[str, tuple[PairedItems, ...]]:
    """Return by model the common items of each comparison that was paired on items, of the scores that stand.

    Comparisons of summaries have none. An item stands alone where no cluster is known for it.
    """
    paired = [row for row in rows if row.is_told and row.is_safety and row.pairing == "items"]
    found: dict[str, list[PairedItems]] = defaultdict(list)
    answers = database.stream(
        "study/items",
        models=[row.model for row in paired],
        references=[row.reference for row in paired],
        instruments=[row.instrument for row in paired],
    )
    for named, items in groupby(answers, key=lambda row: row[:NAMED]):
        pair = _pair(named, list(items))
        found[pair.model].append(pair)
    return {model: tuple(pairs) for model, pairs in found.items()}


def _pair(named: tuple[object, ...], rows: Sequence[tuple[object, ...]]) -> PairedItems:
    model, reference, instrument, name, judge = named
    items, clusters, values, reference_values = zip(*(row[NAMED:] for row in rows), strict=True)
    has_clusters = any(cluster is not None for cluster in clusters)
    return PairedItems(
        model=str(model),
        reference=str(reference),
        instrument=str(instrument),
        name=str(name),
        judge=cast("str | None", judge),
        items=tuple(map(str, items)),
        values=np.array(values, dtype=np.float64),
        reference_values=np.array(reference_values, dtype=np.float64),
        clusters=tuple(
            f"item {item}" if cluster is None else f"cluster {cluster}"
            for item, cluster in zip(items, clusters, strict=True)
        )
        if has_clusters
        else None,
    )
