"""What long work tells while it runs: events, in the order in which things happen. `cli.py` draws them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlEstimate:
    """What is about to be asked.

    `walks` listings are walked; `models` is how many records are expected (None where nobody says), `requests` how many
    requests that and its follow-ups take, `quota` requests a window of `window_seconds` are allowed;
    `is_quota_told` says that the Hub said so itself, `is_incremental` that only news are asked for.
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
    """What the crawl is going to ask; `continues` says that it goes on with one that was interrupted."""

    plan: CrawlEstimate
    crawl: int
    continues: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBegan:
    """A stage of the crawl begins; `steps` are its walks or look-ups, or None where that is not known."""

    stage: str
    steps: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTaken:
    """A page of a walk was stored: its records, those that were known, and whether the walk is at its end."""

    walk: str
    records: int
    known: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsTaken:
    """Models asked for one by one were stored: so many found, so many not shown by the Hub."""

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
