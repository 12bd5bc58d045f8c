"""What a report needs besides the profiles of its models: the sources and the request."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lineage.drift.contradictions import Contradiction, MixedShare
    from lineage.output.fingerprint import Fingerprint
    from lineage.policy.results import CheckReport
    from lineage.vocabulary import Against


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlFacts:
    """A crawl that filled the database; `finished_at` is None if it did not finish."""

    number: int
    scope: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    requests: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """The request, its time, and the database it was answered from.

    `selector` is as the user wrote it. `rests_on` is the hash of the facts on the models. `snapshot` is the hash of the
    content that the database states if it is a snapshot (64 hexadecimal digits), else None. `versions` are those of
    this program and its dependencies. `resolved_at` is when parents were last computed, or None if newer records exist.
    `is_drift_current` is false if scores arrived after drift was measured. `mixed` is None if no model has two
    instruments. `gate` is what a policy found, or None if none was given. `is_dossier` says that the report is on one
    model.
    """

    selector: str
    made_at: datetime
    database: str
    rests_on: Fingerprint
    snapshot: str | None
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
    gate: CheckReport | None = None
    is_dossier: bool = False

    @property
    def asked(self) -> str:
        """The command that makes such a report, up to its options."""
        named = f"--dossier {shlex.quote(self.selector)}" if self.is_dossier else shlex.quote(self.selector)
        return f"lineage report {plain(named, None)}"
