"""Runs the queue as Hugging Face Jobs: one job per family, up to a limit.

A job gets its slice of the queue in a variable, runs it with its own processes (evaluation.jobs.hf_jobs_slice), and
writes one table of items into a bucket, which `lineage scores import` reads. This was never run against the real
service.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

from crawler.errors import HubError
from crawler.hub.hf_jobs import RemoteJob, submit
from evaluation.jobs.hf_jobs_slice import SLICE_VARIABLE, encode_slice
from evaluation.jobs.own_jobs import own_keys, reach_of
from lineage.errors import LineageError
from lineage.output.result import Result
from lineage.scores.score import digest
from lineage.vocabulary import JobState
from store.jobs.queue import find_jobs, list_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.scheduling.job import Job
    from store.database import Database

MOUNT_PATH: Final = "/results"
LARGEST_SLICE: Final = 32
"""The most jobs of the queue in one of theirs, because they travel in its environment."""
NAME_DIGITS: Final = 12
COLUMNS: Final = (
    "jobs",
    "image",
    "command",
    "flavor",
    "timeout_seconds",
    "secrets",
    "labels",
    "bucket",
    "namespace",
    "job_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSettings:
    """What jobs run on. `image` has lineage with the extra `eval`; results go to `bucket`, OWNER/NAME.

    `namespace` is the user or organisation that runs and pays for the jobs, or None for the owner of the token.
    """

    image: str
    bucket: str
    flavor: str = "cpu-basic"
    timeout_seconds: int = 3600
    namespace: str | None = None


class SomeStarted(LineageError):
    """Some jobs were started before one could not be."""

    hint = "those that run cost what they cost: `hf jobs ps` lists them; to launch again starts all of the queue anew"

    def __init__(self, started: Sequence[str], wanted: int, error: HubError) -> None:
        """Say which were started, of how many, and why no more."""
        super().__init__(f"{len(started)} of {wanted} jobs were started ({', '.join(started)}), then: {error}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSlice:
    """Queued jobs of one family, and what would run them."""

    jobs: tuple[Job, ...]
    remote: RemoteJob


def prepare(jobs: Sequence[Job], offer: LaunchSettings) -> Iterator[QueueSlice]:
    """Yield what would be run, family by family."""
    for _, family in groupby(sorted(jobs, key=_order), key=lambda job: job.family):
        members = list(family)
        parts = math.ceil(len(members) / LARGEST_SLICE)
        for part in range(parts):
            yield _slice(tuple(members[part * LARGEST_SLICE : (part + 1) * LARGEST_SLICE]), offer)


def launch(database: Database, engine: str | None, offer: LaunchSettings, *, is_dry_run: bool) -> Result:
    """Start the queued jobs, or only show them; the queue stays. Raises HubError, or SomeStarted after the first.

    Nothing is claimed, because nobody here would notice the end: the scores arrive when their table is imported. Jobs
    that name code or servers and that this user did not queue are left out.
    """
    numbers = [cast("int", row["job"]) for row in list_jobs(database, [JobState.QUEUED]).records()]
    own = own_keys()
    jobs = [
        job
        for job in find_jobs(database, numbers)
        if (engine is None or job.spec.engine == engine) and (job.spec.key in own or not reach_of(job.spec))
    ]
    slices = tuple(prepare(jobs, offer))
    started: tuple[str | None, ...] = (None,) * len(slices) if is_dry_run else tuple(_start(slices))
    return Result(columns=COLUMNS, rows=tuple(map(shown, slices, started)))


def _start(slices: Sequence[QueueSlice]) -> list[str]:
    """Start jobs one after the other, and return their ids."""
    started: list[str] = []
    for one in slices:
        try:
            started.append(submit(one.remote))
        except HubError as error:
            if not started:
                raise
            raise SomeStarted(started, len(slices), error) from error
    return started


def _order(job: Job) -> tuple[str, int]:
    return job.family, job.number


def _slice(jobs: tuple[Job, ...], offer: LaunchSettings) -> QueueSlice:
    name = digest([job.spec.key for job in jobs])[:NAME_DIGITS]
    remote = RemoteJob(
        image=offer.image,
        command=("python", "-m", "evaluation.jobs.hf_jobs_slice", f"{MOUNT_PATH}/{name}.jsonl"),
        environment={SLICE_VARIABLE: encode_slice([job.spec for job in jobs])},
        flavor=offer.flavor,
        timeout_seconds=offer.timeout_seconds,
        bucket=offer.bucket,
        mount_path=MOUNT_PATH,
        labels={"made-by": "lineage", "slice": name},
        namespace=offer.namespace,
    )
    return QueueSlice(jobs=jobs, remote=remote)


def shown(prepared: QueueSlice, job_id: str | None) -> tuple[object, ...]:
    """Return the row that shows a slice, in the order of COLUMNS; `job_id` is None if it was not started."""
    remote = prepared.remote
    return (
        [job.number for job in prepared.jobs],
        remote.image,
        " ".join(remote.command),
        remote.flavor,
        remote.timeout_seconds,
        list(remote.secrets),
        json.dumps(dict(remote.labels)),
        remote.bucket,
        remote.namespace,
        job_id,
    )
