"""The events of a crawl or load, in the order in which things happen. The command that runs it draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlEstimate:
    """What a crawl is expected to take.

    `walks` listings are walked; `models` is how many records are expected (None if nobody says), `requests` how many
    requests they and their follow-ups take, `quota` how many requests a window of `window_seconds` allows;
    `is_quota_told`: the Hub said so itself; `is_incremental`: only news is requested.
    """

    scope: str
    walks: int
    models: int | None
    requests: int
    quota: int
    window_seconds: int
    is_quota_told: bool
    is_incremental: bool

    @property
    def minutes(self) -> float:
        """How long the requests take at the quota: the first window's worth goes at once."""
        windows = max(0, math.ceil(self.requests / max(1, self.quota)) - 1)
        return windows * self.window_seconds / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlanned:
    """The estimate of the crawl; `continues`: it goes on with one that was interrupted."""

    estimate: CrawlEstimate
    crawl: int
    continues: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBegan:
    """A stage of the crawl begins; `steps` are its walks or look-ups, or None if unknown."""

    stage: str
    steps: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTaken:
    """A page of a walk was stored: how many records it has, how many were known, and whether the walk is at its end."""

    walk: str
    records: int
    known: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsTaken:
    """Models requested one by one were stored: how many were found, how many the Hub does not show."""

    found: int
    gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRemark:
    """Something that the user should know happened; the crawl goes on."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlFinished:
    """The crawl is complete; what was spent in this run."""

    crawl: int
    requests: int
    size_bytes: int
    retries: int
    wait_seconds: float


CrawlEvent: TypeAlias = CrawlPlanned | StageBegan | PageTaken | ModelsTaken | CrawlRemark | CrawlFinished
