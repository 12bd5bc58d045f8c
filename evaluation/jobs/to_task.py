"""What a worker is told of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.engines.interface import Task, Weights

if TYPE_CHECKING:
    from lineage.scheduling.queue_records import Job


def as_task(job: Job, trusted: frozenset[str]) -> Task:
    """Return what a worker is told of a job."""
    work = job.work
    base = None
    if work.base is not None:
        is_trusted = work.base in trusted
        base = Weights(
            model=work.base, revision=work.base_revision, folder=work.base_folder, trusts_remote_code=is_trusted
        )
    weights = Weights(
        model=work.model,
        revision=work.revision,
        folder=work.folder,
        base=base,
        trusts_remote_code=work.model in trusted,
    )
    return Task(
        job=job.number,
        weights=weights,
        instrument=str(work.instrument),
        definition=str(work.definition),
        engine=work.engine,
        limit=work.limit,
        options=dict(work.options),
    )
