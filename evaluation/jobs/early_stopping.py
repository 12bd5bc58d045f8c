"""Early stopping: once the kept items decide how a derivative compares with its reference, the rest is not run.

The reference is the nearest ancestor that the queue measured completely with the same task. Items are run in the order
of their hashes, over all tasks of a group together: the order does not depend on the answers, and the test has to see
the items in it (lineage.statistics.sequential_test). Items that were run in another order, such as by a run that was
not to be stopped, do not count until all items before them are there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.sequential_test import SequentialTest, SequentialVerdict, StoppingRule, hash_order
from store.jobs.results import kept_items, reference_items

if TYPE_CHECKING:
    from lineage.scheduling.job import Job
    from lineage.scores.instruments import Instrument
    from store.database import Database


@dataclass(slots=True, kw_only=True)
class EarlyStopping:
    """Decides jobs by the items that are kept of them; `margin` is a share of the range, `alpha` the error rate."""

    database: Database
    margin: float = DEFAULT_MARGIN
    alpha: float = ALPHA
    _references: dict[int, dict[str, float]] = field(default_factory=dict)

    def decide(self, job: Job, instrument: Instrument) -> SequentialVerdict:
        """Return what the kept items of a job say about all; OPEN also if there is no reference.

        A reference has the same number of items, and the kept items are the first ones in its order. If all items are
        kept there is nothing left to stop: they are a score.
        """
        reference = self._reference(job)
        if job.items_total != len(reference):
            return SequentialVerdict.OPEN
        items = kept_items(self.database, job)
        first = sorted(reference, key=hash_order)[: len(items)]
        if len(first) == len(reference) or set(first) != set(items.items):
            return SequentialVerdict.OPEN
        kept = dict(zip(items.items, items.values.tolist(), strict=True))
        ours, theirs = (np.array([values[item] for item in first]) for values in (kept, reference))
        test = SequentialTest(StoppingRule(items=len(reference), margin=self.margin, alpha=self.alpha))
        decision = test.take(instrument.risks(ours) - instrument.risks(theirs))
        return decision.outcome if decision.is_stopped_early else SequentialVerdict.OPEN

    def _reference(self, job: Job) -> dict[str, float]:
        if job.number not in self._references:
            self._references = {job.number: reference_items(self.database, job)}
        return self._references[job.number]
