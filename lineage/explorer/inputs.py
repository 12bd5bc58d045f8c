"""What a page is made of, as it comes from a database: columns over numbered models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lineage.domains.lexicon import Domain
    from lineage.drift.current_scores import StoredIdentity

    Columns = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the page says of itself: what was asked for, how fresh the records are, and what was left out.

    `domains` are those of the lexicon; a model has a bit for each of its own. `is_drift_current` is false where scores
    came since drift was measured. `unpredicted` counts the unscored models for which predictions exist and are not in
    the page. Times are texts in UTC, or None where there is none.
    """

    selector: str | None
    seen_at: str | None
    resolved_at: str | None
    version: str
    domains: tuple[Domain, ...] = ()
    is_drift_current: bool = True
    unpredicted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The models of a page and all that is known of them, in columns of equal length within each mapping.

    `numbers` (int64, rising) are the models' numbers in the database, `is_selected` says which of them were asked for:
    the others are ancestors that show where those come from. `models` is in the order of `numbers`; the columns
    `model`, `child`, `parent` and `reference` of the others hold numbers of the database, -1 for none; `instrument` and
    `reference_instrument` are places in `measured`. `outside` names the parents and references that are not in
    `numbers`. The columns are those of `store/sql/explorer.sql`; of `predicted`: model, instrument, and mean, low and
    high as shares of the range.
    """

    numbers: NDArray[np.int64]
    is_selected: NDArray[np.bool_]
    models: Columns
    edges: Columns
    proofs: Columns
    scores: Columns
    drift: Columns
    jobs: Columns
    predicted: Columns
    outside: Mapping[int, str]
    measured: Sequence[StoredIdentity]
    about: About
