"""Stopping early: when the items that are kept decide how a derivative stands to its reference, the rest is not run.

The reference is the nearest ancestor that the queue measured in full with the same task. Items are run in the order of
their names, which are hashes: an order that the answers do not know, and in which the test has to see them
(lineage.sequential).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.sequential import Outcome, Rule, SequentialTest
from store.job_results import kept_items, reference_items

if TYPE_CHECKING:
    from lineage.instruments import Instrument
    from lineage.jobs import Job
    from store.database import Database

IN_ORDER: Final = "random_order"
"""The option that lets the engine `transformers` run items in the order of their names."""
STOPPABLE_ENGINE: Final = "transformers"


@dataclass(slots=True, kw_only=True)
class Stopping:
    """Decides jobs by the items that are kept of them; `margin` is a share of the range, `alpha` the rate of errors."""

    database: Database
    margin: float = 0.03
    alpha: float = 0.05
    _references: dict[int, dict[str, float]] = field(default_factory=dict)

    def decide(self, job: Job, instrument: Instrument) -> Outcome:
        """Return what the items kept of a job say of all; OPEN too where there is no reference to compare with.

        A reference has the same number of items, and all those that are kept.
        """
        reference = self._reference(job)
        if job.items_total != len(reference):
            return Outcome.OPEN
        items = kept_items(self.database, job)
        if not all(item in reference for item in items.items):
            return Outcome.OPEN
        theirs = np.array([reference[item] for item in items.items])
        test = SequentialTest(Rule(items=len(reference), margin=self.margin, alpha=self.alpha))
        decision = test.take(instrument.risks(items.values) - instrument.risks(theirs))
        return decision.outcome if decision.is_stopped_early else Outcome.OPEN

    def _reference(self, job: Job) -> dict[str, float]:
        if job.number not in self._references:
            self._references = {job.number: reference_items(self.database, job)}
        return self._references[job.number]
