"""Early stopping: once the kept items decide how a derivative compares with its reference, the rest is not run.

The reference is the nearest ancestor that the queue measured completely with the same task. Items are run in the order
of their hashes, over all tasks of a group together: the order does not depend on the answers, and the test has to see
the items in it (lineage.statistics.sequential_test). Items that were run in another order, such as by a run that was
not to be stopped, do not count until all items before them are there.

Where two relatives or more were measured with the task before, what they answered predicts each answer
(lineage.statistics.item_response), and the test bets on what the predictions leave too. A guard is never stopped: its
score is what other verdicts stand beside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN
from lineage.statistics.item_response import predict_answers
from lineage.statistics.sequential_test import SequentialTest, SequentialVerdict, StoppingRule, hash_order
from store.jobs.results import kept_items, reference_items, relative_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.scheduling.job import Job
    from lineage.scores.instruments import Instrument
    from store.database import Database

    Floats = NDArray[np.float64]

FEWEST_RELATIVES: Final = 2
"""Models, the reference among them, whose answers predict those of another."""


@dataclass(slots=True, kw_only=True)
class EarlyStopping:
    """Decides jobs by the items that are kept of them; `margin` is a share of the range, `alpha` the error rate."""

    database: Database
    margin: float = DEFAULT_MARGIN
    alpha: float = ALPHA
    _references: dict[int, dict[str, float]] = field(default_factory=dict)
    _predictions: dict[int, Floats | None] = field(default_factory=dict)

    def decide(self, job: Job, instrument: Instrument) -> SequentialVerdict:
        """Return what the kept items of a job say about all; OPEN also if there is no reference.

        A reference has the same number of items, and the kept items are the first ones in its order. If all items are
        kept there is nothing left to stop: they are a score.
        """
        if instrument.is_guard:
            return SequentialVerdict.OPEN
        reference = self._reference(job)
        if job.items_total != len(reference):
            return SequentialVerdict.OPEN
        items = kept_items(self.database, job)
        first = sorted(reference, key=hash_order)[: len(items)]
        if len(first) == len(reference) or set(first) != set(items.items):
            return SequentialVerdict.OPEN
        kept = dict(zip(items.items, items.values.tolist(), strict=True))
        ours, theirs = (np.array([values[item] for item in first]) for values in (kept, reference))
        rule = StoppingRule(items=len(reference), margin=self.margin, alpha=self.alpha)
        differences = instrument.risks(ours) - instrument.risks(theirs)
        predicted = self._predicted(job, instrument, reference)
        if predicted is None:
            decision = SequentialTest(rule).take(differences)
        else:
            test = SequentialTest(rule, predicted_means=predicted.mean(keepdims=True))
            decision = test.take(differences, predicted[: len(differences)])
        return decision.outcome if decision.is_stopped_early else SequentialVerdict.OPEN

    def _predicted(self, job: Job, instrument: Instrument, reference: dict[str, float]) -> Floats | None:
        """Return the difference that relatives suggest for each item, in the order of running; None for too few."""
        if job.number not in self._predictions:
            names = sorted(reference, key=hash_order)
            theirs = np.array([reference[name] for name in names])
            alike = [
                [relative[name] for name in names]
                for relative in relative_items(self.database, job)
                if relative.keys() == reference.keys()
            ]
            found = None
            if len(alike) >= FEWEST_RELATIVES:
                before = instrument.risks(theirs)
                # The reference is the nearest of them: it counts once more.
                found = predict_answers(np.vstack([before, instrument.risks(np.array(alike))])) - before
            self._predictions = {job.number: found}
        return self._predictions[job.number]

    def _reference(self, job: Job) -> dict[str, float]:
        if job.number not in self._references:
            self._references = {job.number: reference_items(self.database, job)}
        return self._references[job.number]
