"""Rows of Python as the columns that `Database.columns` lends to SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable


def as_columns(names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> dict[str, object]:
    """Turn rows into numpy columns of objects under `names`, empty ones included."""
    table = list(rows)
    return {
        name: np.fromiter((row[index] for row in table), dtype=object, count=len(table))
        for index, name in enumerate(names)
    }
