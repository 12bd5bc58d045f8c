"""The progress of a crawl or a load on stderr, and its summary."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from lineage.output.crawl_events import StageBegan
from lineage.output.crawl_progress import QuotaLeft, Tally, clock
from store.commands.progress_line import ProgressLine

if TYPE_CHECKING:
    from typing import Self

    from crawler.http.rate_limit import Quota, WaitingForQuota
    from crawler.http.retry_policy import Retrying
    from lineage.output.crawl_events import CrawlEvent
    from lineage.output.result import Result
    from store.database import Database

LINE_EVERY_SECONDS: Final = 30


class CrawlDrawing:
    """Counts the events of a crawl and shows them; `wait` and `retry` may be called by other threads."""

    def __init__(self) -> None:
        """Start the clock."""
        self._tally = Tally(started=time.monotonic())
        self._line = ProgressLine(every_seconds=LINE_EVERY_SECONDS)
        self._waits_until = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.wipe()

    def draw(self, event: CrawlEvent, quota: Quota | None) -> None:
        """Count an event and show what it changes."""
        tally, at = self._tally, time.monotonic()
        if line := tally.take(event, at):
            self._line.say(line)
        left = None if quota is None else QuotaLeft(quota.remaining, quota.limit, quota.window_seconds)
        figures = tally.figures(at, left)
        text = f"{tally.stage}: {figures}" if figures else tally.stage
        share = tally.done / tally.steps if tally.steps else None
        self._line.draw(text, share=share, is_due=isinstance(event, StageBegan))

    def end(self, database: Database) -> Result:
        """Say that the work is done, and return its summary."""
        at = time.monotonic()
        self._line.wipe()
        if line := self._tally.ending(at):
            self._line.say(line)
        models = int(str(database.value("models/count_models")))
        return self._tally.summary(models=models, seconds=at - self._tally.started)

    def wait(self, event: WaitingForQuota) -> None:
        """Say once for all connections that the quota is used up."""
        until = time.monotonic() + event.seconds
        if until > self._waits_until + 1:
            self._waits_until = until
            self._line.say(f"the quota is used up; continuing in {clock(event.seconds)}")

    def retry(self, event: Retrying) -> None:
        """Say that a request is repeated, if that takes a second or more."""
        if event.seconds >= 1:
            self._line.say(f"retrying in {event.seconds:.1f} s: {event.reason}")
