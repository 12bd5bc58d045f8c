"""The estimate of a crawl, shown before it starts: the requests expected, and the minutes at the token's quota."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from crawler.budget import ANONYMOUS_QUOTA, FREE_QUOTA, REQUESTS_PER_FILE
from crawler.close_reading import MOST_BYTES as CLOSE_BYTES
from crawler.close_reading import MOST_FILES
from crawler.hub.listing import LARGEST_LIMIT
from crawler.scope import WEIGHTS
from crawler.weight_files import list_shards
from crawler.weights import MOST_BYTES
from lineage.output.crawl_events import CrawlEstimate, FileEstimate, WeightEstimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crawler.file_plan import FilePlan
    from crawler.http.rate_limit import Quota
    from lineage.crawl_records import WantedKinship, WantedWeights, WeightOptions

HUB_MODELS: Final = 3_300_000
HUB_COUNTED_AT: Final = datetime(2026, 11, 23, tzinfo=UTC)
HUB_GROWTH_A_DAY: Final = 3_570
DOMAIN_SHARE: Final = 0.005
CLOSURE_SHARE: Final = 0.05
UNDECLARED_SHARE: Final = 0.006
"""Models of a domain and ancestors of them that declare no parent, as a share of the Hub: 9,016, 2,306 and 2,333 of the

760,000 models of July 2024 in medicine, law and finance.
"""
FILES_PER_MODEL: Final = 2.0
GGUF_SHARE: Final = 0.02
WINDOW_SECONDS: Final = 300


def expected_models(told: int | None, now: datetime) -> int:
    """Return how many models the Hub has: as it says, or the count of 2026-11-23 plus the creations per day since."""
    if told is not None:
        return told
    return HUB_MODELS + max(0, (now - HUB_COUNTED_AT).days) * HUB_GROWTH_A_DAY


def expected_requests(*, walks: int, models: int, is_all: bool, domains: int, news: int | None) -> int:
    """Return how many requests a crawl takes: pages of 1,000, at least one per walk, and the closing of the graph.

    `news` is how many records are new or changed since the last crawl, or None for a first one. The shares are those of
    earlier listings: about 0.5 % of the models belong to a domain, and one in 20 of these needs a follow-up.
    """
    records = models if news is None else news
    if is_all:
        return max(1, math.ceil(records / LARGEST_LIMIT)) + walks - 1
    found = records * DOMAIN_SHARE * domains
    listed = found if news is None else news
    return walks + math.ceil(listed / LARGEST_LIMIT) + math.ceil(found * CLOSURE_SHARE)


def count_files(plan: FilePlan, *, names: int) -> FileEstimate:
    """Return what a plan for stored models costs at most, with a request for a model that each names, up to `names`."""
    return FileEstimate(
        models=len(plan.follow_ups),
        files=plan.files,
        requests=plan.files * REQUESTS_PER_FILE,
        api_requests=plan.api_requests + min(names, len(plan.follow_ups)),
        left=plan.left,
    )


def expected_files(*, models: int, domains: int, files: int, facts: int, names: int) -> FileEstimate:
    """Return what reading at most so many files may cost before anything is stored, by shares of earlier listings.

    `facts` about GGUF files and `names` of models are requested of the API at most.
    """
    undeclared = models * UNDECLARED_SHARE * domains
    read = min(undeclared, files / FILES_PER_MODEL)
    most = min(files, math.ceil(read * FILES_PER_MODEL))
    return FileEstimate(
        models=math.ceil(read),
        files=most,
        requests=most * REQUESTS_PER_FILE,
        api_requests=min(facts, math.ceil(read * GGUF_SHARE)) + min(names, math.ceil(read)),
        left=math.floor(undeclared - read),
        is_counted=False,
    )


def estimate_weights(
    wanted: Sequence[WantedWeights],
    kin: Sequence[WantedKinship] | None,
    options: WeightOptions,
    *,
    quotas: Callable[[str], Quota | None],
    has_token: bool,
) -> CrawlEstimate:
    """Return what reading weights costs at most: for each model a list of files and two resolves.

    `kin` is what is to be read closely of the models whose rows are known; of the others every one may have relatives.
    """
    models = len(wanted)
    estimate = make_estimate(
        scope=WEIGHTS,
        walks=0,
        requests=models,
        models=models,
        quota=quotas("api"),
        has_token=has_token,
        news=False,
    )
    known = {file.model: file for one in kin or () for file in one.files}
    unknown = set() if kin is None else {one.model for one in wanted} - known.keys()
    close_requests = MOST_FILES * len(unknown) + sum(
        min(MOST_FILES, len(list_shards(file.path))) for file in known.values()
    )
    told, usual = quotas("resolvers"), (FREE_QUOTA if has_token else ANONYMOUS_QUOTA)["resolvers"]
    of_files = replace(estimate, requests=2 * models + close_requests, quota=(told and told.limit) or usual)
    long = sum(one.is_gguf for one in wanted)
    weights = WeightEstimate(
        models=models,
        file_requests=2 * models,
        size_bytes=long * options.most_bytes + (models - long) * min(options.most_bytes, MOST_BYTES),
        minutes=max(estimate.minutes, of_files.minutes),
        close_models=len(known) + len(unknown),
        close_requests=close_requests,
        close_bytes=(len(known) + len(unknown)) * CLOSE_BYTES,
        is_about=options.most_bytes > MOST_BYTES,
    )
    return replace(estimate, weights=weights)


def make_estimate(
    *,
    scope: str,
    walks: int,
    requests: int,
    models: int | None,
    quota: Quota | None,
    has_token: bool,
    news: bool,
) -> CrawlEstimate:
    """Return the estimate; if the Hub did not report the quota, its documented one is assumed."""
    told = quota.limit if quota else None
    window = quota.window_seconds if quota else None
    return CrawlEstimate(
        scope=scope,
        walks=walks,
        models=models,
        requests=requests,
        quota=told or (FREE_QUOTA if has_token else ANONYMOUS_QUOTA)["api"],
        window_seconds=window or WINDOW_SECONDS,
        is_quota_told=told is not None,
        is_incremental=news,
    )
