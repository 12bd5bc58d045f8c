"""What a run has done so far, counted from its events: for the progress line, and for the summary at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lineage.answers import Answer
from lineage.progress import Began, Finished, ModelsTaken, PageTaken, Planned, Remarked

if TYPE_CHECKING:
    from lineage.progress import Event


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of one run. `started` is a monotonic time in seconds; `steps` is null where the end is not known."""

    started: float
    stage: str = ""
    done: int = 0
    steps: int | None = None
    pages: int = 0
    records: int = 0
    known: int = 0
    looked_up: int = 0
    not_shown: int = 0
    planned: Planned | None = None
    finished: Finished | None = None
    remarks: list[str] = field(default_factory=list)

    def take(self, event: Event) -> str | None:
        """Count an event, and return the line that a person should read of it, if any."""
        match event:
            case Planned():
                self.planned = event
                return self._plan_line(event)
            case Began():
                self.stage, self.steps, self.done = event.stage, event.steps, 0
                return f"{event.stage}" + (f": {event.steps:,}" if event.steps is not None else "")
            case PageTaken():
                self.pages += 1
                self.records += event.records
                self.known += event.known
                self.done += event.is_last
            case ModelsTaken():
                self.looked_up += event.found + event.gone
                self.not_shown += event.gone
                self.done += event.found + event.gone
            case Remarked():
                self.remarks.append(event.text)
                return f"note: {event.text}"
            case Finished():
                self.finished = event
        return None

    def rate(self, now: float, quota_left: int | None) -> str:
        """Return records, records a second and the quota left, as one short text."""
        seconds = max(now - self.started, 1e-9)
        quota = "" if quota_left is None else f", quota left {quota_left:,}"
        return f"{self.records:,} records, {self.records / seconds:,.0f}/s{quota}"

    def summary(self, *, models: int, seconds: float) -> Answer:
        """Return the run's figures, one row; without a run, those of its plan."""
        plan = self.planned.plan if self.planned else None
        if self.finished is None and plan is not None:
            columns = ("scope", "listings", "models_on_the_hub", "requests_expected", "quota", "minutes", "only_news")
            told = f"{plan.quota} a {plan.window_seconds} s" + ("" if plan.is_quota_told else " (assumed)")
            row = (
                plan.scope,
                plan.walks,
                plan.models,
                plan.requests,
                told,
                round(plan.minutes, 1),
                plan.is_incremental,
            )
            return Answer(columns=columns, rows=(row,))
        spent = self.finished
        columns = (
            "requests",
            "records",
            "already_known",
            "looked_up",
            "not_shown",
            "models_stored",
            "bytes",
            "seconds",
        )
        figures = (spent.requests if spent else 0, self.records, self.known, self.looked_up, self.not_shown, models)
        return Answer(columns=columns, rows=((*figures, spent.size_bytes if spent else 0, round(seconds, 1)),))

    def _plan_line(self, event: Planned) -> str:
        plan = event.plan
        start = f"crawl {event.crawl} goes on" if event.continues else f"plan for {plan.scope}"
        news = "only what is new or changed, " if plan.is_incremental else ""
        assumed = "" if plan.is_quota_told else ", assumed"
        return (
            f"{start}: {news}{plan.walks:,} listings, about {plan.requests:,} requests, about {plan.minutes:.0f} min "
            f"at {plan.quota:,} requests a {plan.window_seconds} s{assumed}"
        )
