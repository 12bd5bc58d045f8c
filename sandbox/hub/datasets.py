"""The Hub's responses about data sets: the list of benchmarks, their leaderboards, and what was uploaded."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sandbox.hub import responses
from sandbox.hub.benchmarks import BENCHMARKS, Benchmark
from sandbox.hub.expand import with_blobs
from sandbox.hub.listing import asked_limit
from sandbox.hub.request import whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.hub.repo import Repo
    from sandbox.hub.request import HubRequest, RepoTarget
    from sandbox.hub.responses import HubResponse

_OFFICIAL = "benchmark:official"


def list_datasets(request: HubRequest) -> HubResponse:
    """Return one page of data sets, by id; `filter` is the only condition supported, any other is refused."""
    for name in ("search", "author", "sort", "full", "expand", "gated"):
        if request.parameter(name) is not None:
            raise responses.refuse(501, f"The sandbox Hub does not list data sets by {name}")
    filters = {value for name, value in request.parameters if name == "filter"}
    found = [one for one in BENCHMARKS.values() if _is_shown(one, request) and filters <= set(_tags(one))]
    limit, start = asked_limit(request.parameter("limit")), _start(request.parameter("cursor"))
    headers = {}
    if len(found) > start + limit:
        kept = [(name, value) for name, value in request.parameters if name != "cursor"]
        query = urlencode([*kept, ("cursor", _cursor(start + limit))])
        headers["Link"] = f'<{request.base_url}{request.raw_path}?{query}>; rel="next"'
    return responses.shown([_record(one) for one in found[start : start + limit]], **headers)


def show_leaderboard(request: HubRequest, dataset: str) -> HubResponse:
    """Rank the results that public models report on a benchmark; `base_model=false` includes derivatives."""
    benchmark = BENCHMARKS.get(dataset)
    if benchmark is None or not _is_shown(benchmark, request):
        raise responses.no_repository(request.caller)
    if not benchmark.tasks:
        raise responses.refuse(404, "This dataset does not have a leaderboard")
    everybody = (request.parameter("base_model") or "").lower() == "false"
    rows = [
        (float(entry["data"]["value"]), repo, entry)
        for repo in request.repo_store.public()
        if everybody or not _declares_a_base(repo.record)
        for entry in _entries(repo.record, benchmark)
    ]
    rows.sort(key=lambda row: (-row[0], row[1].id, str(row[2].get("filename"))))
    return responses.shown([_row(rank, *row) for rank, row in enumerate(rows, start=1)])


def show_dataset(request: HubRequest, target: RepoTarget, revision: str) -> HubResponse:
    """Return an uploaded data set at a revision; `blobs` adds what is known of its files, `expand` names the fields."""
    repo = request.version(request.repository(target), revision)
    record = dict(repo.record)
    if asked := {value for name, value in request.parameters if name == "expand"}:
        record = {name: value for name, value in record.items() if name in asked | {"_id", "id"}}
    if request.is_on("blobs"):
        record["siblings"] = with_blobs(record.get("siblings", []), repo.files)
    return responses.shown(record, **{"X-Repo-Commit": repo.sha})


def _is_shown(benchmark: Benchmark, request: HubRequest) -> bool:
    return benchmark.access == "public" or request.caller.is_owner


def _tags(benchmark: Benchmark) -> tuple[str, ...]:
    return ("language:en", *((_OFFICIAL,) if benchmark.is_official else ()))


def _record(benchmark: Benchmark) -> dict[str, object]:
    digest = hashlib.sha256(benchmark.id.encode()).hexdigest()
    return {
        "_id": f"66000000{digest[:16]}",
        "id": benchmark.id,
        "author": benchmark.id.partition("/")[0],
        "private": benchmark.access == "private",
        "gated": False,
        "disabled": False,
        "downloads": int(digest[:3], 16),
        "likes": int(digest[3:5], 16),
        "tags": list(_tags(benchmark)),
        "sha": digest[:40],
        "createdAt": "2024-03-24T10:26:08.000Z",
        "lastModified": "2025-09-01T08:00:00.000Z",
    }


def _declares_a_base(record: Mapping[str, object]) -> bool:
    card = record.get("cardData")
    return bool(record.get("baseModels")) or (isinstance(card, dict) and bool(card.get("base_model")))


def _entries(record: Mapping[str, object], benchmark: Benchmark) -> Iterator[dict[str, Any]]:
    """Yield the results that the Hub would rank: those on a task of the benchmark, with a number."""
    found = record.get("evalResults")
    for entry in found if isinstance(found, list) else ():
        match entry:
            case {"data": {"dataset": {"id": benchmark.id, "task_id": str(task)}, "value": int() | float()}}:
                if task in benchmark.tasks:
                    yield entry


def _row(rank: int, value: float, repo: Repo, entry: Mapping[str, Any]) -> dict[str, object]:
    source = entry["data"].get("source")
    author = repo.id.partition("/")[0]
    row: dict[str, object] = {
        "rank": rank,
        "modelId": repo.id,
        "value": value,
        "filename": entry.get("filename", ""),
        "verified": entry.get("verified") is True,
        "author": {"_id": f"{author:0<24}"[:24], "type": "org", "name": author, "fullname": author, "avatarUrl": ""},
    }
    if isinstance(source, dict):
        row["source"] = {**source, "isExternal": False}
    row |= {name: entry[name] for name in ("pullRequest",) if name in entry}
    return row | {name: entry["data"][name] for name in ("notes",) if name in entry["data"]}


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def _start(cursor: str | None) -> int:
    """Return where a page begins. Raises RefusalError for a cursor that was not issued here."""
    if cursor is None:
        return 0
    try:
        start = whole_number(base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii"))
    except (binascii.Error, UnicodeError):
        start = None
    if start is None:
        raise responses.bad_request("Invalid cursor")
    return start
