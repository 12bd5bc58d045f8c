"""One page of a listing of models, as bytes: what to request, what came back, what to request next.

Nothing here iterates or parses records. A `PageRequest` is a checkpoint: stored, read back and fetched, it continues
the walk.

    request = first_page()                            # the whole Hub, newest first: an immutable keyset
    while request:
        page = fetch_page(client, request, on_event)
        last_id = store(page.body, page.next)         # one transaction; page.next.committed(last_id) is the checkpoint
        request = page.next and page.next.committed(last_id)
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from crawler.errors import AccessDenied, BadRequest, BodyTooLarge, BrokenBody, GaveUp, HubError, NotTheHub, Overloaded
from crawler.http.retry_policy import AttemptFailure
from crawler.hub.expand import Expand, asked_keys, expand_params, less_than

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.http.hub_client import HubClient
    from crawler.http.responses import Response

LARGEST_LIMIT = 1000  # the Hub clamps to it
SMALLEST_LIMIT = 50
PAGES_BEFORE_GROWTH = 8  # good pages at a halved limit before it is doubled again
REFETCHES = 4
LARGEST_TOTAL_BYTES = 8 * 2**20

Sort = Literal["createdAt", "lastModified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Halved:
    """Event: a page of `limit` records was too much for the Hub (`reason`); it is requested again with fewer."""

    limit: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FellBack:
    """Event: the Hub refused to show some keys; from here on the walk requests only those of `expand`."""

    expand: Expand
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorRebuilt:
    """Event: the Hub refused its own cursor; the walk goes on behind the last committed record."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """Event: the Hub refused the place to go on from; the walk starts again from its top, known records come again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refetched:
    """Event: the caller found a page broken; it is requested again."""

    attempt: int


PageEvent: TypeAlias = Halved | FellBack | CursorRebuilt | Restarted | Refetched


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One page of one walk.

    `filters` are name and value pairs of the query (`filter`, `search`, `author` ...), all of which must hold. `cursor`
    is the Hub's opaque place in the walk, or None for its top. `after` is the `_id` of the last record that the caller
    committed, or None before the first. `limit` is the size to request now, `full_limit` the size to return to;
    `good_pages` counts the pages since the last change.
    """

    filters: tuple[tuple[str, str], ...] = ()
    sort: Sort = "createdAt"
    limit: int = LARGEST_LIMIT
    full_limit: int = LARGEST_LIMIT
    good_pages: int = 0
    expand: Expand = "full"
    cursor: str | None = None
    after: str | None = None

    def committed(self, last_id: str | None) -> PageRequest:
        """Return this request with the last record of the page before it; None (an empty page) changes nothing."""
        return replace(self, after=last_id) if last_id else self

    def to_json(self) -> str:
        """Return the request as one line of JSON, for a checkpoint; it holds no secret."""
        return json.dumps({name: getattr(self, name) for name in sorted(self.__slots__)})

    @classmethod
    def from_json(cls, text: str) -> PageRequest:
        """Return what `to_json` wrote; raises ValueError for anything else."""
        try:
            read = json.loads(text)
            filters = tuple((str(name), str(value)) for name, value in read.pop("filters"))
            request = cls(**read, filters=filters)
            numbers = (request.limit, request.full_limit, request.good_pages)
            texts = (request.cursor, request.after)
        except (TypeError, KeyError, AttributeError) as exc:
            raise ValueError("not a page request") from exc
        is_sound = (
            request.sort in get_args(Sort)
            and request.expand in get_args(Expand)
            and all(isinstance(number, int) and number >= 0 for number in numbers)
            and all(one is None or isinstance(one, str) for one in texts)
        )
        if not is_sound:
            raise ValueError("not a page request")
        return request

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """The query: the cursor is the Hub's, everything else is ours, whatever its Link said."""
        place = (("cursor", self.cursor),) if self.cursor else ()
        order = (("sort", self.sort), ("direction", "-1"), ("limit", str(self.limit)))
        return (*self.filters, *order, *expand_params(self.expand), *place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    `request` is the one that was answered (its limit, expand and cursor may differ from the first request), `body` a
    JSON array judging by its first and last byte, not yet parsed, `next` None on the last page, `asked` the keys that a
    record could have.
    """

    request: PageRequest
    body: bytes = field(repr=False)
    next: PageRequest | None
    asked: frozenset[str] = field(repr=False)


def first_page(
    *, sort: Sort = "createdAt", filters: tuple[tuple[str, str], ...] = (), limit: int = LARGEST_LIMIT
) -> PageRequest:
    """Return the top of a walk: the whole Hub, newest first, or what all `filters` leave of it.

    `createdAt` is a keyset on `_id`, which no change of the data disturbs; by `lastModified` records move during the
    walk.
    """
    limit = max(1, min(limit, LARGEST_LIMIT))
    return PageRequest(filters=filters, sort=sort, limit=limit, full_limit=limit)


def fetch_page(
    client: HubClient, request: PageRequest, on_event: Callable[[PageEvent], object] = lambda _: None
) -> Page:
    """Fetch one page, normally in 1 request.

    If it is late, cut or too large to the last attempt, the limit is halved, down to 50. If it is refused (400), first
    the cursor is given up, then keys. Raises what `HubClient.get` raises, BadRequest if nothing is left to give up,
    NotTheHub if there is no listing, AccessDenied.
    """
    while True:
        can_halve = request.limit > SMALLEST_LIMIT
        retry_policy = (
            replace(client.retry_policy, overload_attempts=min(2, client.retry_policy.late_attempts))
            if can_halve
            else None
        )
        try:
            response = client.get("/api/models", request.params, shape="array", retry_policy=retry_policy)
        except (Overloaded, BrokenBody, BodyTooLarge) as exc:
            if not can_halve:
                raise
            request = replace(request, limit=max(SMALLEST_LIMIT, request.limit // 2), good_pages=0)
            on_event(Halved(limit=request.limit, reason=str(exc)))
            continue
        if response.status == HTTPStatus.OK:
            return _page(request, response)
        if response.status != HTTPStatus.BAD_REQUEST:
            raise _refusal(client, response)
        request, event = _yield_ground(request, response)
        on_event(event)


def refetch(
    client: HubClient, page: Page, attempt: int, on_event: Callable[[PageEvent], object] = lambda _: None
) -> Page:
    """Fetch a page again whose body the caller could not parse, after a back-off; `attempt` counts from 1.

    Raises BrokenBody after too many attempts, else what `fetch_page` raises.
    """
    reason = "it looked like JSON, but is not"
    if attempt > REFETCHES:
        raise BrokenBody("/api/models", reason=reason, attempts=attempt)
    on_event(Refetched(attempt=attempt))
    client.back_off("/api/models", failure=AttemptFailure(kind="cut", reason=reason), attempt=attempt)
    return fetch_page(client, page.request, on_event)


def total(client: HubClient, filters: tuple[tuple[str, str], ...] = ()) -> int | None:
    """Return how many models there are, by the web site's undocumented `/models-json`; None on any failure.

    One request in the bucket `pages`, not sent if that is spent.
    """
    quota = client.rate_limiter.quota("pages")
    if quota is not None and quota.remaining == 0:
        return None
    retry_policy = replace(client.retry_policy, attempts=1, overload_attempts=None, quota_waits=0)
    try:
        response = client.get(
            "/models-json",
            filters,
            bucket="pages",
            shape="object",
            limit_bytes=LARGEST_TOTAL_BYTES,
            retry_policy=retry_policy,
        )
        count = json.loads(response.body).get("numTotalItems") if response.status == HTTPStatus.OK else None
    except (HubError, ValueError, RecursionError):
        return None
    return count if type(count) is int and 0 <= count < 10**12 else None


def keyset_cursor(last_id: str) -> str:
    """Return the cursor of everything created before a record, in the Hub's own form for `sort=createdAt`."""
    return base64.b64encode(json.dumps({"_id": {"$lt": last_id}}, separators=(",", ":")).encode()).decode()


def _page(request: PageRequest, response: Response) -> Page:
    cursor = response.next_cursor
    if cursor is None and response.link_next is not None:
        raise BrokenBody(response.path, reason="its Link to the next page has no cursor")
    if cursor is not None and cursor == request.cursor:
        raise BrokenBody(response.path, reason="its next page is itself")
    upcoming = replace(_grown(request), cursor=cursor) if cursor is not None else None
    return Page(request=request, body=response.body, next=upcoming, asked=asked_keys(request.expand))


def _grown(request: PageRequest) -> PageRequest:
    """Return the request after a good page: a halved limit doubles again after enough of them."""
    if request.limit >= request.full_limit:
        return request
    if request.good_pages + 1 < PAGES_BEFORE_GROWTH:
        return replace(request, good_pages=request.good_pages + 1)
    return replace(request, limit=min(request.full_limit, request.limit * 2), good_pages=0)


def _yield_ground(request: PageRequest, response: Response) -> tuple[PageRequest, PageEvent]:
    """Return what to request after a 400, giving up as little as possible; raises BadRequest at the end."""
    reason = response.error_message or "status 400"
    if request.cursor is not None:
        rebuilt = keyset_cursor(request.after) if request.after and request.sort == "createdAt" else None
        if rebuilt is not None and rebuilt != request.cursor:
            return replace(request, cursor=rebuilt), CursorRebuilt(reason=reason)
        return replace(request, cursor=None, after=None), Restarted(reason=reason)
    fewer = less_than(request.expand)
    if fewer is None:
        raise BadRequest(response.path, reason=reason)
    return replace(request, expand=fewer), FellBack(expand=fewer, reason=reason)


def _refusal(client: HubClient, response: Response) -> HubError:
    """Return the error of a listing that is refused for good; a public listing is never missing and never elsewhere."""
    endpoint, reason = client.endpoint.origin, response.error_message or ""
    if response.elsewhere is not None:
        return NotTheHub(endpoint, reason=f"it redirects to {response.elsewhere}", status=response.status)
    if response.status in {401, 403}:
        return AccessDenied(response.path, status=response.status, reason=reason)
    if response.status in {404, 405, 410}:
        return NotTheHub(endpoint, reason=reason or f"it has no {response.path}", status=response.status)
    return GaveUp(response.path, status=response.status, attempts=1, reason=reason)
