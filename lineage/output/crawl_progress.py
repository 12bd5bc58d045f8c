"""The progress of a run, counted from its events: for the progress line and for the final summary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.output.crawl_events import CrawlFinished, CrawlPlanned, CrawlRemark, ModelsTaken, PageTaken, StageBegan
from lineage.output.result import Result
from lineage.text.counts import number_of

if TYPE_CHECKING:
    from lineage.output.crawl_events import CrawlEstimate, CrawlEvent, FileEstimate, WeightEstimate


FEW_WALKS: Final = 2
SURE_AFTER_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class QuotaLeft:
    """The remaining quota: `remaining` requests now, `limit` in each later window of `window_seconds`."""

    remaining: int
    limit: int | None
    window_seconds: int | None


@dataclass(slots=True, kw_only=True)
class Tally:
    """The counts of one run. Times are monotonic seconds; `steps` is None if the length of a stage is unknown."""

    started: float
    stage: str = ""
    stage_started: float = 0.0
    done: int = 0
    steps: int | None = None
    pages: int = 0
    records: int = 0
    known: int = 0
    looked_up: int = 0
    not_shown: int = 0
    planned: CrawlPlanned | None = None
    finished: CrawlFinished | None = None
    is_by_pages: bool = False

    def take(self, event: CrawlEvent, now: float) -> str | None:
        """Count an event, and return the line about it that a person should read, if any."""
        match event:
            case CrawlPlanned():
                self.planned = event
                return self._estimate_line(event)
            case StageBegan():
                self._begin(event, now)
            case PageTaken():
                self.pages += 1
                self.records += event.records
                self.known += event.known
                self.done += 1 if self.is_by_pages else event.is_last
            case ModelsTaken():
                self.looked_up += event.found + event.gone
                self.not_shown += event.gone
                self.done += event.found + event.gone
            case CrawlRemark():
                return f"note: {event.text}"
            case CrawlFinished():
                self.finished = event
        return None

    def figures(self, now: float, quota: QuotaLeft | None) -> str:
        """Return the stage's progress, time left, records, their rate and the remaining quota, as one short text."""
        parts: list[str] = []
        if self.steps is not None:
            parts.append(f"{self.done:,} of {self.steps:,}")
        if self.pages:
            parts.append(f"{self.records:,} records, {self.records / max(now - self.started, 1e-9):,.0f}/s")
        if quota is not None:
            parts.append(f"quota left {quota.remaining:,}")
        if (seconds := self.seconds_left(now, quota)) is not None:
            parts.append(f"{clock(seconds)} left")
        return ", ".join(parts)

    def seconds_left(self, now: float, quota: QuotaLeft | None) -> float | None:
        """Return how many seconds the stage still needs at its speed so far and at the quota; None if unknown.

        A step is at least one request, so requests beyond the remaining quota wait for later windows.
        """
        spent = now - self.stage_started
        if self.steps is None or not self.done or spent < SURE_AFTER_SECONDS:
            return None
        left = max(self.steps - self.done, 0)
        at_pace = left * spent / self.done
        if quota is None or not quota.limit or not quota.window_seconds or left <= quota.remaining:
            return at_pace
        return max(at_pace, math.ceil((left - quota.remaining) / quota.limit) * float(quota.window_seconds))

    def ending(self, now: float) -> str | None:
        """Return a sentence about what the summary's figures do not cover: completion, time, waits and retries."""
        spent = self.finished
        if spent is None:
            return None
        extra = f", {spent.retries:,} requests repeated" if spent.retries else ""
        extra += f", {clock(spent.wait_seconds)} of it waiting" if spent.wait_seconds >= 1 else ""
        return f"finished in {clock(now - self.started)}{extra}"

    def _begin(self, event: StageBegan, now: float) -> None:
        self.stage, self.stage_started, self.done = event.stage, now, 0
        # One or two long walks end too rarely to show progress, so their pages are compared with the estimate instead.
        estimate = self.planned.estimate if self.planned and not self.pages else None
        self.is_by_pages = estimate is not None and event.steps is not None and estimate.walks <= FEW_WALKS
        self.steps = estimate.requests if estimate and self.is_by_pages else event.steps

    def summary(self, *, models: int, seconds: float) -> Result:
        """Return the run's figures as one row; without a run, those of its plan."""
        if self.finished is None and self.planned is not None:
            return _estimate_row(self.planned.estimate)
        spent = self.finished
        figures: dict[str, object] = {
            "requests": spent.requests if spent else 0,
            "records": self.records,
            "already_known": self.known,
            "looked_up": self.looked_up,
            "not_shown": self.not_shown,
            "models_stored": models,
            "bytes": spent.size_bytes if spent else 0,
            "seconds": round(seconds, 1),
        }
        return Result(columns=tuple(figures), rows=(tuple(figures.values()),))

    def _estimate_line(self, event: CrawlPlanned) -> str:
        estimate = event.estimate
        if estimate.weights is not None:
            return _weights_line(estimate.weights)
        start = f"crawl {event.crawl} goes on" if event.continues else f"plan for {estimate.scope}"
        news = "only what is new or changed, " if estimate.is_incremental else ""
        told = "the Hub's quota" if estimate.is_quota_told else "the Hub's usual quota"
        time = "under a minute" if estimate.minutes < 1 else f"about {estimate.minutes:.0f} min"
        return (
            f"{start}: {news}{estimate.walks:,} listings, about {estimate.requests:,} requests, {time} at {told} "
            f"({estimate.quota:,} in {estimate.window_seconds} s){_files_line(estimate.files)}"
        )


def _estimate_row(estimate: CrawlEstimate) -> Result:
    figures: dict[str, object] = {
        "scope": estimate.scope,
        "listings": estimate.walks,
        "models_on_the_hub": estimate.models,
        "requests_expected": estimate.requests,
        "quota": estimate.quota,
        "window_seconds": estimate.window_seconds,
        "quota_is_told": estimate.is_quota_told,
        "minutes": round(estimate.weights.minutes if estimate.weights else estimate.minutes, 1),
        "only_news": estimate.is_incremental,
        "file_models": estimate.files.models,
        "files": estimate.files.files,
        "file_requests": estimate.files.requests,
        "file_api_requests": estimate.files.api_requests,
        "files_left": estimate.files.left,
        "files_are_counted": estimate.files.is_counted,
        "weight_models": estimate.weights.models if estimate.weights else 0,
        "weight_requests": estimate.weights.models + estimate.weights.file_requests if estimate.weights else 0,
        "weight_bytes": estimate.weights.size_bytes if estimate.weights else 0,
        "close_models": estimate.weights.close_models if estimate.weights else 0,
        "close_requests": estimate.weights.close_requests if estimate.weights else 0,
        "close_bytes": estimate.weights.close_bytes if estimate.weights else 0,
    }
    return Result(columns=tuple(figures), rows=(tuple(figures.values()),))


def _weights_line(weights: WeightEstimate) -> str:
    time = "under a minute" if weights.minutes < 1 else f"about {weights.minutes:.0f} min"
    close = (
        f"; close readings of up to {number_of(weights.close_models, 'model')} add {weights.close_requests:,} requests"
        f" for files and {weights.close_bytes / 1e6:,.1f} MB"
    )
    return (
        f"plan for weights: {'about' if weights.is_about else 'at most'} {weights.models:,} API requests,"
        f" {weights.file_requests:,} requests for files and {weights.size_bytes / 1e6:,.1f} MB for"
        f" {number_of(weights.models, 'model')}{close if weights.close_models else ''}, {time} at the Hub's quotas"
    )


def _files_line(files: FileEstimate) -> str:
    if not files.models:
        return ""
    told = "" if files.is_counted else ", estimated from earlier listings"
    left = f", {files.left:,} more another time" if files.left else ""
    bound = f" within {files.windows} windows of the quota" if files.windows else ""
    return (
        f"; then up to {files.files:,} files ({files.requests:,} requests at their own quota) and "
        f"{files.api_requests:,} API requests{bound} for {files.models:,} models without a declared parent{told}{left}"
    )


def clock(seconds: float) -> str:
    """Return a duration in hours, minutes and seconds: `42 s`, `3:05 min` or `1:03:05 h`."""
    whole = max(0, round(seconds))
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, odd = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{odd:02} h" if hours else f"{minutes}:{odd:02} min"
