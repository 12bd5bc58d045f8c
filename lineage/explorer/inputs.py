"""The input of a page, as read from a database: columns over numbered models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lineage.domains.lexicon import Domain
    from lineage.drift.current_scores import StoredIdentity
    from lineage.parents.origin import Origin

    Columns = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the page states about itself: the request, how fresh the records are, and what was left out.

    `domains` are the lexicon's domains; a model has one bit for each domain it belongs to. `is_drift_current` is
    false if scores arrived after drift was measured. `unpredicted` counts the unscored models that have predictions
    which the page does not include. With `is_declared_only` edges that nobody declared were left out. Times are
    texts in UTC, or None if there is none.
    """

    selector: str | None
    seen_at: str | None
    resolved_at: str | None
    version: str
    domains: tuple[Domain, ...] = ()
    is_drift_current: bool = True
    unpredicted: int = 0
    is_declared_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The models of a page and everything known about them; the columns of one mapping have equal length.

    `numbers` (int64, ascending) are the models' numbers in the database. `is_selected` marks the requested ones;
    the rest are ancestors that show where those come from. `models` is in the order of `numbers`. In the other
    mappings, the columns `model`, `child`, `parent` and `reference` hold database numbers, -1 for none;
    `instrument` and `reference_instrument` are indices into `measured`. `outside` names the parents and references
    that are not in `numbers`. `store/sql/explorer.sql` defines the columns; `predicted` has model, instrument, and
    mean, low and high as shares of the range. `repairs` has model, base (its id), the shares of a recipe, the half of
    the items, and drift and loss in points. `origins` has, by number, what is known of models without a parent, where
    it is more than that they declare nothing.
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
    repairs: Columns
    outside: Mapping[int, str]
    measured: Sequence[StoredIdentity]
    about: About
    origins: Mapping[int, Origin] = field(default_factory=dict)
