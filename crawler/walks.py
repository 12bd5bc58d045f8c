"""Walks over listings: a page is fetched while the one before it is stored, and each is a checkpoint.

A walk ends with the listing, or where it reaches what is known already (`Until`). What a kill costs is the page being
stored and the page being fetched; both are asked for again.
"""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.pages import CursorRebuilt, FellBack, Halved, Page, PageRequest, Refetched, Restarted, fetch_page, refetch
from lineage.pages import PageFacts, PageStored, Spent, UnreadablePage, WalkRow, WalkStep
from lineage.progress import PageTaken, Remarked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from crawler.pages import PageEvent
    from crawler.shelf import Shelf
    from crawler.wire import Wire
    from lineage.progress import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """Where a walk may stop: at a record known by creation, at a time of change, or after so many pages; null: not.

    `is_relevant_only` says that records are kept only where they concern what is stored.
    """

    hub_id: str | None = None
    modified_at: datetime | None = None
    pages: int | None = None
    is_relevant_only: bool = False

    def to_json(self) -> str:
        """Return one line of JSON for the checkpoint."""
        moment = self.modified_at.isoformat() if self.modified_at else None
        return json.dumps([self.hub_id, moment, self.pages, self.is_relevant_only])

    @classmethod
    def from_json(cls, text: str) -> Until:
        """Return what `to_json` wrote."""
        hub_id, moment, pages, is_relevant_only = json.loads(text)
        modified_at = datetime.fromisoformat(moment) if moment else None
        return cls(hub_id=hub_id, modified_at=modified_at, pages=pages, is_relevant_only=is_relevant_only)

    def is_reached(self, stored: PageStored, pages: int) -> bool:
        """Say whether the walk may stop behind a page, its `pages`-th."""
        if self.pages is not None and pages >= self.pages:
            return True
        if self.hub_id is not None and stored.oldest is not None and stored.oldest <= self.hub_id:
            return True
        if self.modified_at is None:
            return False
        return stored.oldest_modified_at is None or stored.oldest_modified_at < self.modified_at


class Spending:
    """What the wire has spent since it was last asked."""

    def __init__(self, wire: Wire) -> None:
        """Begin at what is spent already."""
        self._wire = wire
        self._before = wire.counts

    def take(self) -> Spent:
        """Return what was spent since the last call."""
        now, before = self._wire.counts, self._before
        self._before = now
        return Spent(
            requests=now.requests - before.requests,
            size_bytes=now.bytes_received - before.bytes_received,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a crawl: where to ask, where to put it, which crawl it is, and what the time is."""

    wire: Wire
    shelf: Shelf
    crawl: int
    spending: Spending
    now: Callable[[], datetime]
    remarks: deque[str]

    def facts(self, asked: frozenset[str]) -> PageFacts:
        """Return the facts of a page that was asked for just now with these keys."""
        return PageFacts(crawl=self.crawl, seen_at=self.now(), detail=len(asked))

    def remark(self, event: PageEvent) -> None:
        """Keep what a walk's step had to give up, to be told with the next event; called from the fetching thread."""
        match event:
            case FellBack(expand=expand, reason=reason):
                self.remarks.append(f"the Hub refused some keys ({reason}); asking for '{expand}' ones from here on")
            case Restarted(reason=reason):
                self.remarks.append(f"the Hub refused its own cursor ({reason}); this walk starts again")
            case CursorRebuilt(reason=reason):
                self.remarks.append(f"the Hub refused its own cursor ({reason}); going on behind the last record")
            case Halved(limit=limit, reason=reason):
                self.remarks.append(f"a page was too much for the Hub ({reason}); asking for {limit} records a page")
            case Refetched(attempt=attempt):
                self.remarks.append(f"a page could not be parsed; asked for again (attempt {attempt})")


def take_walks(run: Run) -> Iterator[Event]:
    """Walk all open walks of the crawl to their ends, yielding an event a page."""
    rows = deque(run.shelf.open_walks(run.crawl))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as ahead:
        upcoming: Future[Page] | None = None
        last_id: str | None = None
        while rows:
            row = rows[0]
            page = upcoming.result() if upcoming else fetch_page(run.wire, _request(row), run.remark)
            following = _known_following(rows, page, last_id)
            upcoming = ahead.submit(fetch_page, run.wire, following, run.remark) if following else None
            page, stored, step = _store(run, row, page)
            yield from (Remarked(text=text) for text in _drain(run))
            yield PageTaken(walk=row.walk, records=stored.records, known=stored.known, is_last=step.request is None)
            if step.request is None:
                rows.popleft()
                last_id = None
            else:
                last_id = stored.oldest or last_id
                rows[0] = replace(row, request=step.request, pages=row.pages + 1, last_id=last_id)


def _request(row: WalkRow) -> PageRequest:
    return PageRequest.from_json(row.request).committed(row.last_id)


def _known_following(rows: deque[WalkRow], page: Page, last_id: str | None) -> PageRequest | None:
    """Return what is asked for next in any case, null where that depends on what the page holds."""
    if page.next is not None:
        return page.next.committed(last_id) if rows[0].until is None else None
    return _request(rows[1]) if len(rows) > 1 else None


def _store(run: Run, row: WalkRow, page: Page) -> tuple[Page, PageStored, WalkStep]:
    """Store a page with its checkpoint, asking for it again where it proves to be no JSON."""
    until = Until.from_json(row.until) if row.until else Until()
    attempt = 0
    while True:
        step = WalkStep(walk=row.walk, request=page.next.to_json() if page.next else None)
        try:
            stored = run.shelf.take_page(
                page.body,
                run.facts(page.asked),
                step,
                run.spending.take(),
                only_relevant=until.is_relevant_only,
            )
        except UnreadablePage:
            attempt += 1
            page = refetch(run.wire, page, attempt, run.remark)
            continue
        if step.request is not None and until.is_reached(stored, row.pages + 1):
            step = WalkStep(walk=row.walk, request=None)
            run.shelf.end_walk(run.crawl, row.walk)
        return page, stored, step


def _drain(run: Run) -> Iterator[str]:
    while run.remarks:
        text = run.remarks.popleft()
        run.shelf.note(run.crawl, text)
        yield text
