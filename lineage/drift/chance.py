"""How many of the models in a list chance alone would call worse."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineage.vocabulary import Correction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.drift.drift_row import DriftRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedByChance:
    """What to expect of `models` that were compared if none of them had changed.

    `worse` is the expected number of models with at least one verdict of worse, at most: every family of tests calls
    something worse with a probability of at most alpha / 2. None if the verdicts are corrected over all that was asked.
    """

    models: int
    worse: float | None

    @property
    def words(self) -> str:
        """The sentence for people."""
        if self.worse is None:
            return f"verdicts are corrected over everything that was asked, {self.models:,} models, not over each pair"
        return f"of {self.models:,} models compared, {about(self.worse)} would be called worse by chance alone"


def about(expected: float) -> str:
    """Return an expected number of models for people."""
    return "fewer than 1" if expected < 1 else f"about {expected:,.0f}"


def by_chance(rows: Iterable[DriftRow]) -> ExpectedByChance:
    """Return what chance alone makes of the models of these rows that were tested."""
    families = {(row.model, row.reference, row.construct): row for row in rows if row.q_value is not None}
    of_model = Counter(model for model, _, _ in families)
    if any(row.correction is not Correction.PAIR for row in families.values()):
        return ExpectedByChance(models=len(of_model), worse=None)
    alpha = max((row.alpha for row in families.values()), default=0.0)
    return ExpectedByChance(
        models=len(of_model), worse=sum(1 - (1 - alpha / 2) ** count for count in of_model.values())
    )
