"""`GET /api/models`: the parameters, one page, and the link to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sandbox.hub import json_scan, responses
from sandbox.hub.expand import EXPANDABLE, expanded_keys, listed_keys, project
from sandbox.hub.filters import Criteria
from sandbox.hub.request import whole_number
from sandbox.hub.sorting import (
    DEFAULT_SORT,
    SORTS,
    CursorError,
    SortOrder,
    decode_cursor,
    encode_cursor,
    seal,
    unseal,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.hub.repo import Repo
    from sandbox.hub.request import HubRequest
    from sandbox.hub.responses import HubResponse
    from sandbox.hub.sorting import PageMark

LARGEST_PAGE = 1000
_NOT_HERE = ("apps", "inference", "inference_provider", "num_parameters")
_INTERNAL_KEYS = ("gitalyUid",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The parameters of a listing: what to show, from where, how many and which keys."""

    criteria: Criteria
    keys: tuple[str, ...]
    limit: int
    skip: int
    mark: PageMark | None


def list_models(request: HubRequest) -> HubResponse:
    """Return one page of models. Unknown parameters are ignored, as the Hub ignores `offset`."""
    listing = _asked(request)
    items, following = request.repo_store.page(
        listing.criteria, mark=listing.mark, skip=listing.skip, limit=listing.limit
    )
    headers = {}
    if following is not None:
        cursor = encode_cursor(following, listing.criteria.order)
        if request.dice.faults.only_issued_cursors:
            cursor = seal(cursor)
        headers["Link"] = f'<{_next_url(request, listing, cursor)}>; rel="next"'
    return responses.HubResponse(body=_array(items, listing.keys), headers=headers)


def asked_keys(request: HubRequest) -> tuple[str, ...] | None:
    """Return the values of `expand` (or `expand[]`), or None if there are none.

    Raises RefusalError for an unknown value.
    """
    asked = [value for name, value in request.parameters if name in ("expand", "expand[]")]
    if not asked:
        return None
    if not set(asked) <= {*EXPANDABLE, *_INTERNAL_KEYS} or request.dice.refuses_expand(asked):
        raise responses.bad_request(f'"expand" must be one of [{", ".join(EXPANDABLE)}]')
    return tuple(asked)


def asked_criteria(request: HubRequest, order: SortOrder) -> Criteria:
    """Return the conditions that the parameters set. Raises RefusalError."""
    gated = request.parameter("gated")
    if gated not in (None, "true", "false"):
        raise responses.bad_request('"gated" must be a boolean')
    return Criteria(
        search=request.parameter("search"),
        author=request.parameter("author"),
        filters=tuple(value for name, value in request.parameters if name == "filter"),
        pipeline_tags=tuple(value for name, value in request.parameters if name == "pipeline_tag"),
        is_gated=None if gated is None else gated == "true",
        order=order,
        sees_private=request.caller.is_owner,
    )


def asked_limit(text: str | None) -> int:
    """Return the page size: 1000 by default and at most. Raises RefusalError."""
    return LARGEST_PAGE if text is None else min(_whole("limit", text, least=1), LARGEST_PAGE)


def _asked(request: HubRequest) -> Listing:
    for name in _NOT_HERE:
        if request.parameter(name) is not None:
            raise responses.refuse(501, f"The sandbox Hub does not filter by {name}")
    order = _order(request.parameter("sort"), request.parameter("direction"))
    expanded = asked_keys(request)
    if expanded is not None:
        keys = expanded_keys(expanded)
    else:
        keys = listed_keys(
            is_full=request.is_on("full"), with_card=request.is_on("cardData"), with_config=request.is_on("config")
        )
    return Listing(
        criteria=asked_criteria(request, order),
        keys=keys,
        limit=asked_limit(request.parameter("limit")),
        skip=_whole("skip", request.parameter("skip") or "0", least=0),
        mark=_mark(request, order),
    )


def _order(sort: str | None, direction: str | None) -> SortOrder:
    if (sort or DEFAULT_SORT) not in SORTS:
        raise responses.bad_request("Invalid sort parameter")
    if direction not in (None, "-1", "1") or (direction == "1" and sort != "createdAt"):
        raise responses.bad_request("Invalid direction parameter")
    return SortOrder(sort=sort or DEFAULT_SORT, is_ascending=direction == "1")


def _mark(request: HubRequest, order: SortOrder) -> PageMark | None:
    cursor = request.parameter("cursor")
    if cursor is None:
        return None
    try:
        if request.dice.faults.only_issued_cursors:
            cursor = unseal(cursor)
        mark = decode_cursor(cursor, order)
    except CursorError as exc:
        raise responses.bad_request("Invalid cursor") from exc
    if request.dice.refuses_cursor():
        raise responses.bad_request("Invalid cursor")
    return mark


def _whole(name: str, text: str, *, least: int) -> int:
    number = whole_number(text)
    if number is None or number < least:
        raise responses.bad_request(f'"{name}" must be a whole number from {least}')
    return number


def _next_url(request: HubRequest, listing: Listing, cursor: str) -> str:
    kept = [(name, value) for name, value in request.parameters if name not in ("cursor", "skip", "limit", "sort")]
    order = [("sort", listing.criteria.order.sort), ("limit", str(listing.limit)), ("cursor", cursor)]
    return f"{request.base_url}{request.raw_path}?{urlencode(kept + order)}"


def _array(items: Sequence[Repo | bytes], keys: tuple[str, ...]) -> bytes:
    lines = [item for item in items if isinstance(item, bytes)]
    if len(lines) == len(items):
        return json_scan.pick(lines, keys)
    each = (
        json_scan.pick_one(item, keys) if isinstance(item, bytes) else json_scan.encode(project(item, keys))
        for item in items
    )
    return b"[" + b",".join(each) + b"]"
