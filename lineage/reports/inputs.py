"""What a report needs besides the profiles of its models: where they come from, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lineage.drift.contradictions import Contradiction, MixedShare
    from lineage.vocabulary import Against


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlFacts:
    """A crawl that the database stands on; `finished_at` is None where it was not finished."""

    number: int
    scope: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    requests: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """What one table of the database adds to its hash."""

    name: str
    facts: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What was asked, when and of which database.

    `selector` is as the user wrote it. `hash` is that of the database's content (64 hexadecimal digits), `tables` what
    it is made of. `versions` are of this program and what it stands on. `resolved_at` is when parents were computed
    last, or None where that is behind the records. `is_drift_current` is false where scores came since drift was
    measured. `mixed` is None where no model has two instruments.
    """

    selector: str
    made_at: datetime
    database: str
    hash: str
    tables: tuple[TableFacts, ...]
    crawls: tuple[CrawlFacts, ...]
    newest_seen_at: datetime | None
    resolved_at: datetime | None
    versions: Mapping[str, str]
    against: Against
    margin: float
    alpha: float
    is_drift_current: bool
    contradictions: tuple[Contradiction, ...]
    mixed: MixedShare | None
