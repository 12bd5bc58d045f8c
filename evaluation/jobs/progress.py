"""The progress of the queue, counted from its events: a line for a terminal, and the lines that stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, assert_never

from evaluation.jobs.events import ItemsKept, JobBegan, JobDone, JobFailed, JobGivenBack, QueueOpened, Settling
from lineage.output.crawl_progress import SURE_AFTER_SECONDS, clock
from lineage.text.plain import plain

if TYPE_CHECKING:
    from evaluation.jobs.events import Event
    from lineage.scheduling.job import Job

BAR: Final = 20
LONGEST_REASON: Final = 300


@dataclass(slots=True, kw_only=True)
class QueueCounts:
    """Counts of one run of the queue. Times are monotonic seconds.

    `usual_items` is the assumed number of items of a job that nobody has counted yet: that of the last one counted.
    """

    started: float
    jobs: int = 0
    ended: dict[int, str] = field(default_factory=dict)
    kept: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    new_items: int = 0
    usual_items: int | None = None
    current: Job | None = None
    running: dict[int, Job] = field(default_factory=dict)
    is_settling: bool = False

    def take(self, event: Event) -> str | None:
        """Count an event, and return the line to print for it, if any."""
        match event:
            case QueueOpened():
                self.jobs = event.jobs
                again = f"; {event.reclaimed:,} were left by a process that ended" if event.reclaimed else ""
                unserved = f"; {event.unserved:,} more need a server: name it with --endpoint-url"
                return f"{event.jobs:,} jobs are queued{again}{unserved if event.unserved else ''}"
            case JobBegan() | ItemsKept():
                self._count(event)
                return None
            case JobDone():
                self.running.pop(event.job.number, None)
                self.ended[event.job.number] = "done"
                how = " (stopped early: no score)" if event.is_stopped_early else ""
                return f"{_name(event.job)}: {event.value:.4g} over {event.items:,} items{how}"
            case JobFailed():
                self.running.pop(event.job.number, None)
                if event.is_over:
                    self.ended[event.job.number] = "failed"
                again = "failed for good" if event.is_over else "failed, to be tried again"
                return f"{_name(event.job)}: {again}: {plain(event.reason, LONGEST_REASON)}"
            case JobGivenBack():
                self.running.pop(event.job.number, None)
                return f"{_name(event.job)}: given back to the queue: {plain(event.reason, LONGEST_REASON)}"
            case Settling():
                self.is_settling = True
                linked = f"; {event.linked:,} exact copies were given the scores of their originals"
                waiting = f"{event.given_back:,} jobs were given back and stay queued; "
                drift = f"linking scores to models, measuring drift{linked if event.linked else ''}"
                return f"{waiting if event.given_back else ''}{drift}"
            case _:
                assert_never(event)

    def line(self, now: float) -> str:
        """Return the progress in one line: a bar, jobs, items, items/s, the time left, the current job."""
        share = self._share()
        bar = "#" * round(BAR * share) + "-" * (BAR - round(BAR * share))
        return f"[{bar}] {self.figures(now)}"

    def figures(self, now: float) -> str:
        """Return the same without the bar."""
        parts = [f"{len(self.ended):,} of {self.jobs:,} jobs", f"{self.new_items:,} items"]
        if (pace := self.items_per_second(now)) is not None:
            parts.append(f"{pace:,.1f}/s")
            if (left := self.seconds_left(now)) is not None:
                parts.append(f"{clock(left)} left")
        if self.current is not None:
            done, total = self.kept[self.current.number]
            parts.append(f"{_name(self.current)} {done:,}{'' if total is None else f' of {total:,}'}")
        return ", ".join(parts)

    def items_per_second(self, now: float) -> float | None:
        """Return the items per second so far; None if it is too early to tell."""
        spent = now - self.started
        return self.new_items / spent if self.new_items and spent >= SURE_AFTER_SECONDS else None

    def seconds_left(self, now: float) -> float | None:
        """Return how long the rest takes at the present pace; None if no number of items is known."""
        items_left = self._items_left()
        if items_left is None or not self.new_items:
            return None
        return items_left * (now - self.started) / self.new_items

    def _items_left(self) -> int | None:
        """Return the number of items left, assuming the usual number for jobs that have not begun."""
        if self.usual_items is None:
            return None
        running = sum(
            max((self.usual_items if total is None else total) - done, 0)
            for number, (done, total) in self.kept.items()
            if number not in self.ended
        )
        return running + self.usual_items * max(self.jobs - len(self.kept.keys() | self.ended.keys()), 0)

    def _share(self) -> float:
        """Return the share of all jobs that is done, counting running jobs in part."""
        parts = [done / total for number, (done, total) in self.kept.items() if total and number not in self.ended]
        return min((len(self.ended) + sum(parts)) / max(self.jobs, 1), 1.0)

    def _count(self, event: JobBegan | ItemsKept) -> None:
        self.current = event.job
        if isinstance(event, JobBegan):
            self.running[event.job.number] = event.job
            self.kept[event.job.number] = event.items_kept, event.job.items_total
            return
        self.new_items += event.new
        self.kept[event.job.number] = event.kept, event.total
        if event.total is not None:
            self.usual_items = event.total


def _name(job: Job) -> str:
    return plain(f"{job.spec.model} {job.spec.instrument}")
