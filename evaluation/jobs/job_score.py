"""The score of a job, from its kept items and from what its runner says that it ran."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evaluation.engines.interface import kept_reply
from evaluation.errors import CannotRun
from lineage.scores.score import ItemScores, Score
from lineage.scores.standard_error import mean_and_error
from lineage.vocabulary import QUEUE_SOURCE

if TYPE_CHECKING:
    from datetime import datetime

    from evaluation.engines.interface import Batch, RunSummary
    from lineage.scheduling.job import Job
    from lineage.scores.instruments import Instrument


def items_of(batch: Batch, instrument: Instrument) -> ItemScores:
    """Return the items of a batch in columns. Raises CannotRun for a value outside the range of the instrument."""
    for one in batch.items:
        if not instrument.holds(one.value):
            told = f"item {one.item} has {one.value:g}, outside of {instrument.low:g} to {instrument.high:g}"
            raise CannotRun(instrument.name, told)
    lengths = [-1 if one.reply_length is None else one.reply_length for one in batch.items]
    clusters = tuple(one.cluster or one.item for one in batch.items)
    return ItemScores(
        items=tuple(one.item for one in batch.items),
        values=np.array([one.value for one in batch.items], dtype=np.float64),
        clusters=clusters if any(one.cluster for one in batch.items) else None,
        reply_lengths=np.array(lengths, dtype=np.int32),
    )


def replies_of(batch: Batch) -> dict[str, str]:
    """Return the replies of a batch by item, as far as they are kept; a worker says what it likes."""
    return {one.item: kept_reply(one.reply) for one in batch.items if one.reply is not None}


def score_of(job: Job, finished: RunSummary, items: ItemScores, instrument: Instrument, measured_at: datetime) -> Score:
    """Return the score of a job that has all its items.

    `stderr` counts the items of one cluster together, as an import of the same items does. Raises CannotRun if the
    runner says that it ran other items than those that are kept, or another instrument, or names a judge without the
    hash of its prompt, which is part of the identity of the instrument.
    """
    identity = finished.identity
    if identity.name != instrument.name:
        raise CannotRun(instrument.name, f"the runner says that it ran {identity.name}")
    if identity.judge is not None and identity.judge_prompt_hash is None:
        raise CannotRun(instrument.name, f"the runner does not say what the judge {identity.judge} was asked")
    if identity.item_set_hash is not None and identity.item_set_hash != items.item_set_hash:
        raise CannotRun(instrument.name, f"the {len(items):,} items that are kept are not those that the runner names")
    value, stderr = mean_and_error(items.values, items.clusters)
    base = "" if job.spec.base is None else f" on {job.spec.base}"
    return Score(
        model=job.spec.model,
        revision=job.spec.revision,
        instrument=instrument,
        identity=replace(identity, item_set_hash=items.item_set_hash),
        value=value,
        stderr=stderr,
        items=len(items),
        source=QUEUE_SOURCE,
        origin=f"lineage evaluate, {finished.engine}{base}",
        measured_at=measured_at,
        run_name=job.spec.definition,
        item_scores=items,
    )
