"""`GET /api/models`: the parameters, one page, and the link to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sandbox.hub import cursors
from sandbox.hub import json_scan as flatjson
from sandbox.hub import responses as answers
from sandbox.hub.expand import EXPANDABLE, expanded_keys, listed_keys, project
from sandbox.hub.filters import Criteria
from sandbox.hub.request import whole_number
from sandbox.hub.sorting import DEFAULT_SORT, SORTS, SortOrder

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
    """A listing as asked: what to show, from where, how many and which keys."""

    criteria: Criteria
    keys: tuple[str, ...]
    limit: int
    skip: int
    mark: PageMark | None


def list_models(call: HubRequest) -> HubResponse:
    """One page of models. Parameters that the Hub does not know are ignored, as the Hub ignores `offset`."""
    listing = _asked(call)
    items, following = call.repo_store.page(listing.criteria, mark=listing.mark, skip=listing.skip, limit=listing.limit)
    headers = {}
    if following is not None:
        cursor = cursors.encode(following, listing.criteria.order)
        if call.dice.faults.only_issued_cursors:
            cursor = cursors.seal(cursor)
        headers["Link"] = f'<{_next_url(call, listing, cursor)}>; rel="next"'
    return answers.HubResponse(body=_array(items, listing.keys), headers=headers)


def asked_keys(call: HubRequest) -> tuple[str, ...] | None:
    """Give the values of `expand` (or `expand[]`), or None where there is none.

    Raises RefusalError for an unknown one.
    """
    asked = [value for name, value in call.parameters if name in ("expand", "expand[]")]
    if not asked:
        return None
    if not set(asked) <= {*EXPANDABLE, *_INTERNAL_KEYS} or call.dice.refuses_expand(asked):
        raise answers.bad_request(f'"expand" must be one of [{", ".join(EXPANDABLE)}]')
    return tuple(asked)


def asked_criteria(call: HubRequest, order: SortOrder) -> Criteria:
    """Give the conditions that the parameters set. Raises RefusalError."""
    gated = call.parameter("gated")
    if gated not in (None, "true", "false"):
        raise answers.bad_request('"gated" must be a boolean')
    return Criteria(
        search=call.parameter("search"),
        author=call.parameter("author"),
        filters=tuple(value for name, value in call.parameters if name == "filter"),
        pipeline_tags=tuple(value for name, value in call.parameters if name == "pipeline_tag"),
        is_gated=None if gated is None else gated == "true",
        order=order,
        sees_private=call.identity.is_owner,
    )


def asked_limit(text: str | None) -> int:
    """Give the page size: 1000 where none is asked and where more is. Raises RefusalError."""
    return LARGEST_PAGE if text is None else min(_whole("limit", text, least=1), LARGEST_PAGE)


def _asked(call: HubRequest) -> Listing:
    for name in _NOT_HERE:
        if call.parameter(name) is not None:
            raise answers.refuse(501, f"The sandbox Hub does not filter by {name}")
    order = _order(call.parameter("sort"), call.parameter("direction"))
    expanded = asked_keys(call)
    if expanded is not None:
        keys = expanded_keys(expanded)
    else:
        keys = listed_keys(
            is_full=call.is_on("full"), with_card=call.is_on("cardData"), with_config=call.is_on("config")
        )
    return Listing(
        criteria=asked_criteria(call, order),
        keys=keys,
        limit=asked_limit(call.parameter("limit")),
        skip=_whole("skip", call.parameter("skip") or "0", least=0),
        mark=_mark(call, order),
    )


def _order(sort: str | None, direction: str | None) -> SortOrder:
    if (sort or DEFAULT_SORT) not in SORTS:
        raise answers.bad_request("Invalid sort parameter")
    if direction not in (None, "-1", "1") or (direction == "1" and sort != "createdAt"):
        raise answers.bad_request("Invalid direction parameter")
    return SortOrder(sort=sort or DEFAULT_SORT, is_ascending=direction == "1")


def _mark(call: HubRequest, order: SortOrder) -> PageMark | None:
    cursor = call.parameter("cursor")
    if cursor is None:
        return None
    try:
        if call.dice.faults.only_issued_cursors:
            cursor = cursors.unseal(cursor)
        mark = cursors.decode(cursor, order)
    except cursors.CursorError as exc:
        raise answers.bad_request("Invalid cursor") from exc
    if call.dice.refuses_cursor():
        raise answers.bad_request("Invalid cursor")
    return mark


def _whole(name: str, text: str, *, least: int) -> int:
    number = whole_number(text)
    if number is None or number < least:
        raise answers.bad_request(f'"{name}" must be a whole number from {least}')
    return number


def _next_url(call: HubRequest, listing: Listing, cursor: str) -> str:
    kept = [(name, value) for name, value in call.parameters if name not in ("cursor", "skip", "limit", "sort")]
    order = [("sort", listing.criteria.order.sort), ("limit", str(listing.limit)), ("cursor", cursor)]
    return f"{call.base_url}{call.raw_path}?{urlencode(kept + order)}"


def _array(items: Sequence[Repo | bytes], keys: tuple[str, ...]) -> bytes:
    lines = [item for item in items if isinstance(item, bytes)]
    if len(lines) == len(items):
        return flatjson.pick(lines, keys)
    each = (
        flatjson.pick_one(item, keys) if isinstance(item, bytes) else flatjson.encode(project(item, keys))
        for item in items
    )
    return b"[" + b",".join(each) + b"]"
