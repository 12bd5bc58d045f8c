"""The leaderboards of benchmarks: which data sets are benchmarks, and the rows of one's leaderboard.

`GET /api/datasets/{id}/leaderboard` leaves out every model that declares a base unless `base_model=false` asks for all
(huggingface_hub: `get_dataset_leaderboard(..., base_model_only=False)`), and derivatives are what we want.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from crawler.errors import AccessDenied, BadRequest, BrokenBody, GaveUp, HubError, NoLeaderboard, NotTheHub, quoted
from crawler.hub.repository import find_id_fault
from lineage.scores.leaderboard import Leaderboard, LeaderboardRow, UnreadRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.http.hub_client import HubClient
    from crawler.http.responses import Response

LARGEST_PAGE_BYTES: Final = 32 * 2**20
MOST_PAGES: Final = 100
MOST_BENCHMARKS: Final = 10_000
LONGEST_TEXT: Final = 2_000
LONGEST_ID: Final = 200
_BENCHMARKS: Final = (("filter", "benchmark:official"), ("limit", "1000"))


def fetch_leaderboard(client: HubClient, dataset: str) -> Leaderboard:
    """Fetch the whole leaderboard of a data set, derivatives included, with a reason for every unreadable row.

    Raises NoLeaderboard if there is none or no such data set, AccessDenied, and what `HubClient.get` raises.
    """
    if find_id_fault(dataset) is not None:
        raise NoLeaderboard(dataset, reason="that is not the name of a data set")
    path = f"/api/datasets/{quote(dataset)}/leaderboard"
    rows: list[LeaderboardRow] = []
    unread: list[UnreadRow] = []
    is_complete = True
    for response, entries in _pages(client, path, (("base_model", "false"),), dataset):
        is_complete = response.link_next is None
        for entry in entries:
            read = _read_row(entry)
            if isinstance(read, LeaderboardRow):
                rows.append(read)
            else:
                unread.append(UnreadRow(place=len(rows) + len(unread) + 1, reason=read))
    return Leaderboard(dataset=dataset, rows=tuple(rows), unread=tuple(unread), is_complete=is_complete)


def list_benchmarks(client: HubClient) -> tuple[str, ...]:
    """Return the ids of the data sets that the Hub lists as official benchmarks, each once, 10,000 at most.

    Raises what `HubClient.get` raises.
    """
    found: dict[str, None] = {}
    for _, entries in _pages(client, "/api/datasets", _BENCHMARKS, None):
        for entry in entries:
            name = entry.get("id") if isinstance(entry, dict) else None
            if isinstance(name, str) and find_id_fault(name) is None:
                found[name] = None
        if len(found) >= MOST_BENCHMARKS:
            break
    return tuple(found)[:MOST_BENCHMARKS]


def _pages(
    client: HubClient, path: str, params: Sequence[tuple[str, str]], dataset: str | None
) -> Iterator[tuple[Response, list[object]]]:
    """Yield the pages of a list, each requested with the same parameters and the cursor of the one before."""
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        asked = (*params, *([("cursor", cursor)] if cursor else []))
        response = client.get(path, asked, shape="array", limit_bytes=LARGEST_PAGE_BYTES)
        if response.status != HTTPStatus.OK:
            raise _refusal(client, response, dataset)
        try:
            entries = json.loads(response.body)
        except (ValueError, RecursionError) as exc:
            raise BrokenBody(response.path, reason="it is not JSON") from exc
        yield response, entries
        if response.next_cursor is None or response.next_cursor == cursor:
            return
        cursor = response.next_cursor


def _refusal(client: HubClient, response: Response, dataset: str | None) -> HubError:
    """Return the error of a refusal; anonymous callers get 401 for a missing data set."""
    reason = response.error_message or f"status {response.status}"
    if response.elsewhere is not None:
        return NotTheHub(client.endpoint.origin, reason=f"it redirects to {response.elsewhere}", status=response.status)
    is_gated = response.error_code == "GatedRepo" or response.status == HTTPStatus.FORBIDDEN
    if is_gated or (dataset is None and response.status == HTTPStatus.UNAUTHORIZED):
        return AccessDenied(response.path, status=response.status, reason=reason)
    if dataset is not None:
        hidden = response.status == HTTPStatus.UNAUTHORIZED or response.error_code == "RepoNotFound"
        return NoLeaderboard(dataset, reason="it does not exist, or is not visible to us" if hidden else reason)
    if response.status == HTTPStatus.BAD_REQUEST:
        return BadRequest(response.path, reason=reason)
    return GaveUp(response.path, status=response.status, attempts=1, reason=reason)


def _read_row(entry: object) -> LeaderboardRow | str:
    """Return a row, or the reason why it is invalid; unknown keys are ignored."""
    if not isinstance(entry, dict):
        return "the row is not an object"
    model, rank, pull_request = entry.get("modelId"), entry.get("rank"), entry.get("pullRequest")
    if not isinstance(model, str) or not 0 < len(model) <= LONGEST_ID:
        return "it names no model"
    found = entry.get("source")
    source: dict[str, object] = found if isinstance(found, dict) else {}
    return LeaderboardRow(
        rank=rank if _is_count(rank) else None,
        model=quoted(model, characters=LONGEST_ID),
        value=_number(entry.get("value")),
        file=_text(entry.get("filename")),
        is_verified=entry.get("verified") is True,
        pull_request=pull_request if _is_count(pull_request) else None,
        source_name=_text(source.get("name")),
        source_url=_text(source.get("url")),
        task=_text(entry.get("taskId")) or _text(entry.get("task_id")),
        notes=_text(entry.get("notes")),
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _number(value: object) -> float | str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return "a number beyond all bounds"
    if value is None:
        return ""
    return value[:LONGEST_TEXT] if isinstance(value, str) else f"a {type(value).__name__}"


def _text(value: object) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) and value.strip() else None
