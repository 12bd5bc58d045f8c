"""The events of a crawl or load, in the order in which they happen; the running command displays them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEstimate:
    """The most that reading `files` of models without a declared parent costs.

    `requests` count against the quota for files, `api_requests` against that of the API, which lists files, tells what
    the Hub knows of GGUF files, and shows the models that files name. `left` models wait for another crawl.
    `is_counted` says that stored models were counted; before a first crawl the figures are shares of earlier listings.
    `windows` is how many windows of the quota bound all this together with the listings, None if nothing does.
    """

    models: int = 0
    files: int = 0
    requests: int = 0
    api_requests: int = 0
    left: int = 0
    is_counted: bool = True
    windows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightEstimate:
    """The most that reading the weights of `models` models costs: `size_bytes`, and `minutes` at the quotas.

    Each takes one or two requests of the bucket for files, and one of the API for its list of files where it has no
    file of the usual name. `close_models`, `close_requests` and `close_bytes` are what close readings add to that at
    most, and `minutes` is for both. `is_about`: files with long headers may cost more.
    """

    models: int
    file_requests: int
    size_bytes: int
    minutes: float
    close_models: int = 0
    close_requests: int = 0
    close_bytes: int = 0
    is_about: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlEstimate:
    """The expected cost of a crawl.

    `walks` is the number of listings to walk, `models` the expected number of records (None if unknown), `requests` the
    number of requests that these and their follow-ups take, `quota` the number of requests allowed per window of
    `window_seconds`. `is_quota_told` says that the quota comes from the Hub itself; `is_incremental` says that only
    changes are requested. `files` comes on top; `weights` is what only weights cost, None where none are read.
    """

    scope: str
    walks: int
    models: int | None
    requests: int
    quota: int
    window_seconds: int
    is_quota_told: bool
    is_incremental: bool
    files: FileEstimate = FileEstimate()
    weights: WeightEstimate | None = None

    @property
    def minutes(self) -> float:
        """How long the requests take at the quota; those of the first window go out at once."""
        windows = max(0, math.ceil(self.requests / max(1, self.quota)) - 1)
        return windows * self.window_seconds / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlanned:
    """The estimate of the crawl; `continues` says that it resumes an interrupted one."""

    estimate: CrawlEstimate
    crawl: int
    continues: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBegan:
    """The start of a stage of the crawl; `steps` is its number of walks or look-ups, or None if unknown."""

    stage: str
    steps: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTaken:
    """A stored page of a walk: its number of records, how many were already known, and whether the walk has ended."""

    walk: str
    records: int
    known: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsTaken:
    """Stored models that were requested one by one: how many were found, and how many the Hub does not show."""

    found: int
    gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRemark:
    """An event that the user should know about; the crawl continues."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlFinished:
    """The end of a complete crawl, with the cost of this run."""

    crawl: int
    requests: int
    size_bytes: int
    retries: int
    wait_seconds: float


CrawlEvent: TypeAlias = CrawlPlanned | StageBegan | PageTaken | ModelsTaken | CrawlRemark | CrawlFinished
