"""The progress of a run of the queue, as its process reports it to others, which cannot look into its database."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from lineage.output.crawl_progress import clock
from lineage.output.result import Result
from lineage.vocabulary import JobState

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = 1
FRESH: Final = timedelta(minutes=1)
"""How long a report is valid: the process that runs the queue reports every second."""
SETTLING: Final = timedelta(hours=1)
"""The same once all jobs are run: nothing more is reported while drift is measured."""
LONGEST_TEXT: Final = 1000
COLUMNS: Final = ("job", "model", "instrument", "state", "items_done", "items_total", "as_of")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob:
    """A job that a worker is running; `instrument` and `items_total` are None while unknown."""

    number: int
    model: str
    instrument: str | None
    items_done: int
    items_total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueProgress:
    """What was known at `told_at`. `process` has run the queue since `started_at`; `jobs` are counts by state.

    `new_items` are those of this run. `items_per_second` and `seconds_left` are None while they are unknown. With
    `is_settling` all jobs are run, and what follows from their scores is computed.
    """

    process: int
    started_at: datetime
    told_at: datetime
    jobs: Mapping[JobState, int] = field(default_factory=dict)
    running: tuple[RunningJob, ...] = ()
    new_items: int = 0
    items_per_second: float | None = None
    seconds_left: float | None = None
    is_settling: bool = False

    def is_of(self, holder: int | None, now: datetime) -> bool:
        """Return whether the process that holds the database now reported this; `holder` is None if it is unknown.

        A report that a killed process left behind is of another process, or old.
        """
        is_recent = now - self.told_at <= (SETTLING if self.is_settling else FRESH)
        return is_recent and holder in {None, self.process}

    def answer(self) -> Result:
        """Return the running jobs, with the column names of the view `jobs`, and the time of the report."""
        state = JobState.LEASED.value
        rows = tuple(
            (one.number, one.model, one.instrument, state, one.items_done, one.items_total, self.told_at)
            for one in self.running
        )
        return Result(columns=COLUMNS, rows=rows)

    def sentence(self) -> str:
        """Return the rest in one line: the time of the report, jobs by state, items, their rate and the time left."""
        counts = ", ".join(f"{self.jobs[one]:,} {one.value}" for one in JobState if one in self.jobs)
        parts = [counts or "no jobs", f"{self.new_items:,} items in this run"]
        if self.items_per_second is not None:
            parts.append(f"{self.items_per_second:,.1f}/s")
        if self.is_settling:
            parts.append("all have run, measuring drift")
        elif self.seconds_left is not None:
            parts.append(f"{clock(self.seconds_left)} left")
        return f"as of {self.told_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC: {', '.join(parts)}"


def encode(progress: QueueProgress) -> str:
    """Return it as JSON, in the form that docs/evaluating.md describes."""
    body = {"version": VERSION} | asdict(progress)
    for name in ("started_at", "told_at"):
        body[name] = getattr(progress, name).isoformat()
    body["running"] = [{"job": one.pop("number")} | one for one in body["running"]]
    return json.dumps(body, allow_nan=False)


def decode(text: str) -> QueueProgress | None:
    """Return what `encode` wrote; None for anything else, such as the output of a later version."""
    try:
        body = json.loads(text)
        return _read(body) if body["version"] == VERSION else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return None


def _read(body: Mapping[str, Any]) -> QueueProgress:
    """Return the record in a body; raises ValueError, TypeError, KeyError or AttributeError if there is none."""
    return QueueProgress(
        process=_count(body["process"]),
        started_at=_time(body["started_at"]),
        told_at=_time(body["told_at"]),
        jobs={JobState(state): _count(count) for state, count in body["jobs"].items()},
        running=tuple(_running(one) for one in body["running"]),
        new_items=_count(body["new_items"]),
        items_per_second=_number(body["items_per_second"]),
        seconds_left=_number(body["seconds_left"]),
        is_settling=body["is_settling"] is True,
    )


def _running(body: Mapping[str, Any]) -> RunningJob:
    total = body["items_total"]
    return RunningJob(
        number=_count(body["job"]),
        model=str(body["model"])[:LONGEST_TEXT],
        instrument=None if body["instrument"] is None else str(body["instrument"])[:LONGEST_TEXT],
        items_done=_count(body["items_done"]),
        items_total=None if total is None else _count(total),
    )


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _number(value: object) -> float | None:
    """Return a finite number of at least zero, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ValueError(f"{value!r} is no amount")
    return float(value)


def _time(value: object) -> datetime:
    found = datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError(f"{value!r} has no zone")
    return found
