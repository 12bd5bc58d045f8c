"""A walk is a paginated listing with a checkpoint: one page is stored while the next is fetched.

A walk ends with the listing, or where it reaches what is already known (`StopCondition`). A kill costs the page being
stored and the page being fetched; both are fetched again.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from crawler.daemon_pool import DaemonPool
from crawler.errors import BadRequest
from crawler.hub.expand import less_than
from crawler.hub.listing import (
    CursorRebuilt,
    FellBack,
    Halved,
    Page,
    PageRequest,
    Refetched,
    Restarted,
    fetch_page,
    refetch,
)
from lineage.crawl_records import PageFacts, PageStored, Spent, UnreadablePage, WalkRow, WalkStep
from lineage.output.crawl_events import CrawlRemark, PageTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from crawler.crawl_store import CrawlStore
    from crawler.http.hub_client import HubClient
    from crawler.hub.expand import Expand
    from crawler.hub.listing import PageEvent
    from lineage.output.crawl_events import CrawlEvent


MOST_RESTARTS: Final = 20
REFUSALS_TO_LEARN: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCondition:
    """Where a walk may stop: at a known record by creation or at a time of change; None: no such condition.

    After `pages` pages it gives up, wherever it is. `is_relevant_only`: records are kept only if they concern what is
    stored.
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
    def from_json(cls, text: str) -> StopCondition:
        """Return what `to_json` wrote."""
        hub_id, moment, pages, is_relevant_only = json.loads(text)
        modified_at = datetime.fromisoformat(moment) if moment else None
        return cls(hub_id=hub_id, modified_at=modified_at, pages=pages, is_relevant_only=is_relevant_only)

    def is_reached(self, stored: PageStored) -> bool:
        """Return whether the walk may stop behind a page."""
        if self.hub_id is not None and stored.oldest is not None and stored.oldest <= self.hub_id:
            return True
        if self.modified_at is None:
            return False
        return stored.oldest_modified_at is None or stored.oldest_modified_at < self.modified_at


class Spending:
    """What the client has spent since that was last stored."""

    def __init__(self, client: HubClient) -> None:
        """Begin at what is spent already."""
        self._client = client
        self._before = client.counts

    @contextmanager
    def told(self) -> Iterator[Spent]:
        """Lend what was spent to a block that stores it; if the block raises, the next one is lent it again."""
        now, before = self._client.counts, self._before
        yield Spent(
            requests=now.requests - before.requests,
            size_bytes=now.bytes_received - before.bytes_received,
        )
        self._before = now


class KeyLevel:
    """Which keys to request: fewer than all once the Hub has refused more for a second time."""

    def __init__(self) -> None:
        """Begin with all keys."""
        self.level: Expand = "full"
        self._refusals: Counter[Expand] = Counter()

    def refuse(self, accepted: Expand) -> None:
        """Record that the Hub refused more keys than those of a level."""
        self._refusals[accepted] += 1
        if self._refusals[accepted] >= REFUSALS_TO_LEARN and _is_less(accepted, self.level):
            self.level = accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRun:
    """One run of a crawl: the client, the store, the number of the crawl, and the clock.

    It learns on the way: which keys the Hub lists and which it shows of a single model, what to remark, and how often
    the current walk had to start again.
    """

    client: HubClient
    store: CrawlStore
    crawl: int
    spending: Spending
    now: Callable[[], datetime]
    list_keys: KeyLevel = field(default_factory=KeyLevel)
    single_keys: KeyLevel = field(default_factory=KeyLevel)
    remarks: deque[str] = field(default_factory=deque)
    restarts: Counter[str] = field(default_factory=Counter)

    def facts(self, asked: frozenset[str]) -> PageFacts:
        """Return the facts of a page that was just requested with these keys."""
        return PageFacts(crawl=self.crawl, seen_at=self.now(), detail=len(asked), is_live=True)

    def fetch(self, walk: str, request: PageRequest) -> Page:
        """Fetch a page of a walk; called from any thread. Raises what `fetch_page` raises.

        Also BadRequest, if the Hub refused every cursor so often that the walk would never end.
        """
        return fetch_page(self.client, request, lambda event: self._note(walk, event))

    def fetch_again(self, walk: str, page: Page, attempt: int) -> Page:
        """Fetch a page again that proved not to be JSON. Raises what `refetch` raises."""
        return refetch(self.client, page, attempt, lambda event: self._note(walk, event))

    def _note(self, walk: str, event: PageEvent) -> None:
        """Keep what a step of a walk had to give up, to be reported with the next event."""
        match event:
            case FellBack(expand=expand, reason=reason):
                self.list_keys.refuse(expand)
                self.remarks.append(f"the Hub refused some keys ({reason}); requesting '{expand}' ones from here on")
            case Restarted(reason=reason):
                self.restarts[walk] += 1
                if self.restarts[walk] > MOST_RESTARTS:
                    raise BadRequest("/api/models", reason=f"it refused its own cursors again and again: {reason}")
                self.remarks.append(f"the Hub refused its own cursor ({reason}); this walk starts again")
            case CursorRebuilt(reason=reason):
                self.remarks.append(f"the Hub refused its own cursor ({reason}); continuing after the last record")
            case Halved(limit=limit, reason=reason):
                self.remarks.append(f"a page was too large for the Hub ({reason}); requesting {limit} records per page")
            case Refetched(attempt=attempt):
                self.remarks.append(f"a page could not be parsed; requested again (attempt {attempt})")


def take_walks(run: CrawlRun) -> Iterator[CrawlEvent]:
    """Walk all open walks of the crawl to their ends, yielding one event per page."""
    rows = deque(run.store.open_walks(run.crawl))
    with DaemonPool(1, name="fetch") as pool:
        ahead: Future[Page] | None = None
        while rows:
            row = rows[0]
            page = ahead.result() if ahead else run.fetch(row.walk, _request(run, row))
            following = _following(run, rows, page)
            ahead = pool.submit(partial(run.fetch, *following)) if following else None
            stored_page, stored, is_last = _store(run, row, page)
            if stored_page is not page:
                ahead = None  # what was asked for next followed the page that proved to be broken
            for text in _drain(run):
                yield CrawlRemark(text=text)
            yield PageTaken(walk=row.walk, records=stored.records, known=stored.known, is_last=is_last)
            if is_last or stored_page.next is None:
                rows.popleft()
                run.restarts.clear()
            else:
                last_id = stored.oldest or row.last_id
                rows[0] = replace(row, request=stored_page.next.to_json(), pages=row.pages + 1, last_id=last_id)


def is_cut(body: bytes) -> bool:
    """Return whether a page ends before its end, although its last byte closes a list.

    A list within a record ends the same way. Brackets are counted first, which is cheap; only if they do not match is
    the page parsed, and it is cut if the parser is still hungry at its end.
    """
    if body.count(b"{") == body.count(b"}") and body.count(b"[") == body.count(b"]"):
        return False
    text = body.decode("utf-8", errors="replace").rstrip()
    try:
        json.loads(text, strict=False, parse_int=float)  # a whole number of thousands of digits is JSON too
    except json.JSONDecodeError as error:
        return error.pos >= len(text) or error.msg.startswith("Unterminated string")
    except RecursionError:
        return False
    return False


def _request(run: CrawlRun, row: WalkRow) -> PageRequest:
    request = PageRequest.from_json(row.request).committed(row.last_id)
    return replace(request, expand=run.list_keys.level) if request.cursor is None else request


def _following(run: CrawlRun, rows: deque[WalkRow], page: Page) -> tuple[str, PageRequest] | None:
    """Return what is requested next in any case, or None if that depends on the content of the page."""
    row = rows[0]
    if page.next is not None:
        return (row.walk, page.next.committed(row.last_id)) if row.until is None else None
    return (rows[1].walk, _request(run, rows[1])) if len(rows) > 1 else None


def _store(run: CrawlRun, row: WalkRow, page: Page) -> tuple[Page, PageStored, bool]:
    """Store a page with its checkpoint, fetching it again if it is no JSON; also return whether it is the last."""
    until = StopCondition.from_json(row.until) if row.until else StopCondition()
    attempt = 0
    while (stored := _taken(run, row, page, only_relevant=until.is_relevant_only)) is None:
        attempt += 1
        page = run.fetch_again(row.walk, page, attempt)
    if page.next is None:
        return page, stored, True
    is_reached = until.is_reached(stored)
    gives_up = not is_reached and until.pages is not None and row.pages + 1 >= until.pages
    if is_reached or gives_up:
        run.store.end_walk(run.crawl, row.walk, gives_up=gives_up)
    return page, stored, is_reached or gives_up


def _taken(run: CrawlRun, row: WalkRow, page: Page, *, only_relevant: bool) -> PageStored | None:
    """Store a page; return None if it proves not to be JSON."""
    if is_cut(page.body):
        return None
    step = WalkStep(walk=row.walk, request=page.next.to_json() if page.next else None)
    try:
        with run.spending.told() as spent:
            return run.store.take_page(page.body, run.facts(page.asked), step, spent, only_relevant=only_relevant)
    except UnreadablePage:
        return None


def _drain(run: CrawlRun) -> Iterator[str]:
    while run.remarks:
        text = run.remarks.popleft()
        run.store.note(run.crawl, text)
        yield text


def _is_less(one: Expand, other: Expand) -> bool:
    """Return whether a level asks for fewer keys than another."""
    level = less_than(other)
    while level is not None and level != one:
        level = less_than(level)
    return level is not None
