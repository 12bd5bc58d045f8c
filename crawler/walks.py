"""A walk is a paginated listing with a checkpoint: pages are stored while the next ones are fetched.

A walk ends with the listing, or where it reaches what is already known (`StopCondition`). A kill costs the pages that
have arrived and are not stored yet, at most 40 of them, and the page being fetched; they are fetched again.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias

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
from lineage.crawl_records import NotTogether, PageFacts, PageStored, Spent, UnreadablePage, WalkRow, WalkStep
from lineage.output.crawl_events import CrawlRemark, PageTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from crawler.crawl_store import CrawlStore
    from crawler.http.hub_client import HubClient
    from crawler.hub.expand import Expand
    from crawler.hub.listing import PageEvent
    from lineage.output.crawl_events import CrawlEvent

    Fetched: TypeAlias = tuple[WalkRow, Page]

MOST_AHEAD: Final = 20
MOST_AHEAD_BYTES: Final = 32 << 20
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


class _PagesAhead:
    """Pages of walks in their order, fetched by one thread while others are stored; at most 20 wait.

    Behind a page whose content tells whether its walk goes on, nothing is fetched until `resume`.
    """

    def __init__(self, run: CrawlRun, pool: DaemonPool, rows: Sequence[WalkRow]) -> None:
        """Begin to fetch the first of the walks."""
        self._run, self._pool = run, pool
        self._rows = deque(rows)
        self._pages: deque[Future[Fetched]] = deque()
        self._upcoming: PageRequest | None = None
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._last_ids = {row.walk: row.last_id for row in rows}
        self.resume(_request(run, rows[0]))

    def take(self) -> list[Fetched]:
        """Return the pages that have arrived, and wait for the first; raises what fetching it raised."""
        taken = [self._pages.popleft().result()]
        while (
            len(taken) < MOST_AHEAD
            and self._pages
            and self._pages[0].done()
            and self._pages[0].exception() is None  # it is raised when what came before is stored
        ):
            taken.append(self._pages.popleft().result())
        with self._lock:
            self._waiting_bytes -= sum(len(page.body) for _, page in taken)
        self._go_on()
        return taken

    def commit(self, walk: str, last_id: str | None) -> None:
        """Take note of the last record that was stored of a walk."""
        self._last_ids[walk] = last_id or self._last_ids[walk]

    def resume(self, request: PageRequest | None) -> None:
        """Go on with a request of the same walk, or with the next walk if that is None."""
        with self._lock:
            if request is None:
                self._rows.popleft()
                request = _request(self._run, self._rows[0]) if self._rows else None
            self._upcoming = request
        self._go_on()

    def leave(self) -> None:
        """Fetch nothing more."""
        with self._lock:
            self._rows.clear()
            self._upcoming = None

    def _go_on(self) -> None:
        with self._lock:
            has_room = len(self._pages) < MOST_AHEAD and self._waiting_bytes < MOST_AHEAD_BYTES
            if self._upcoming is not None and has_room:
                request, self._upcoming = self._upcoming, None
                self._pages.append(self._pool.submit(partial(self._fetch, self._rows[0], request)))

    def _fetch(self, row: WalkRow, request: PageRequest) -> Fetched:
        page = self._run.fetch(row.walk, request.committed(self._last_ids[row.walk]))
        with self._lock:
            self._waiting_bytes += len(page.body)
        if page.next is None or row.until is None:
            self._follow(row, page.next)
        return row, page

    def _follow(self, row: WalkRow, request: PageRequest | None) -> None:
        if self._rows and self._rows[0].walk == row.walk:  # else it was left
            self.resume(request)


def take_walks(run: CrawlRun) -> Iterator[CrawlEvent]:
    """Walk all open walks of the crawl to their ends, yielding one event per page.

    The pages that arrived while others were stored are stored next, together where that makes no difference.
    """
    rows = deque(run.store.open_walks(run.crawl))
    with DaemonPool(1, name="fetch") as pool:
        while rows:
            yield from _walk_on(run, rows, _PagesAhead(run, pool, rows))


def _walk_on(run: CrawlRun, rows: deque[WalkRow], ahead: _PagesAhead) -> Iterator[CrawlEvent]:
    """Walk on to the end, or behind a page that proved to be broken: what was fetched after that is void."""
    while rows:
        for group in _groups(ahead.take()):
            together = _take_together(run, group)
            for number, (_, page) in enumerate(group):
                row = rows[0]
                if together is None:
                    stored_page, stored, is_last = _store(run, row, page)
                else:
                    stored_page, stored, is_last = page, together[number], page.next is None
                for text in _drain(run):
                    yield CrawlRemark(text=text)
                yield PageTaken(walk=row.walk, records=stored.records, known=stored.known, is_last=is_last)
                _advance(run, rows, stored_page, stored, is_last=is_last)
                if stored_page is not page:
                    ahead.leave()
                    return
                ahead.commit(row.walk, stored.oldest)
                if row.until is not None and page.next is not None:
                    ahead.resume(None if is_last else page.next)


def _groups(arrived: Sequence[Fetched]) -> Iterator[list[Fetched]]:
    """Yield pages that may be stored together: of walks that end with the listing, with the same keys, none cut."""
    for (may_join, _), group in groupby(arrived, key=lambda one: (_may_join(*one), one[1].asked)):
        pages = list(group)
        yield from [pages] if may_join else ([page] for page in pages)


def _may_join(row: WalkRow, page: Page) -> bool:
    return row.until is None and not is_cut(page.body)


def _take_together(run: CrawlRun, group: Sequence[Fetched]) -> Sequence[PageStored] | None:
    """Store several pages with their checkpoints, or return None if each must be stored alone."""
    if len(group) == 1:
        return None
    pages = [(page.body, _step(row, page)) for row, page in group]
    try:
        with run.spending.told() as spent:
            return run.store.take_pages(pages, run.facts(group[0][1].asked), spent)
    except NotTogether:
        return None


def _advance(run: CrawlRun, rows: deque[WalkRow], page: Page, stored: PageStored, *, is_last: bool) -> None:
    """Bring the first of the walks behind a page that was stored; at its end, it is no longer among them."""
    row = rows[0]
    if is_last or page.next is None:
        rows.popleft()
        run.restarts.pop(row.walk, None)
    else:
        last_id = stored.oldest or row.last_id
        rows[0] = replace(row, request=page.next.to_json(), pages=row.pages + 1, last_id=last_id)


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
    try:
        with run.spending.told() as spent:
            facts = run.facts(page.asked)
            return run.store.take_page(page.body, facts, _step(row, page), spent, only_relevant=only_relevant)
    except UnreadablePage:
        return None


def _step(row: WalkRow, page: Page) -> WalkStep:
    return WalkStep(walk=row.walk, request=page.next.to_json() if page.next else None)


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
