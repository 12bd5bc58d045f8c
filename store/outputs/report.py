"""The input of a report, read from the database."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, cast

import duckdb

from lineage.drift.contradictions import share_mixed
from lineage.drift.measure import DriftSettings
from lineage.errors import LineageError
from lineage.reports.dossier import write_dossier
from lineage.reports.facts_hash import hash_facts
from lineage.reports.inputs import CrawlFacts, ReportFacts
from lineage.reports.report import write_report
from lineage.text.plain import plain
from store.drift.profiles import read_profiles
from store.drift.study import find_stored_contradictions
from store.gc_pause import uncollected
from store.jobs.queue import queue_state
from store.outputs.policy_check import check
from store.outputs.snapshots import stated_content

if TYPE_CHECKING:
    from datetime import datetime

    from lineage.drift.contradictions import Contradiction, MixedShare
    from lineage.policy.policy import Policy
    from lineage.profile import Profiles
    from lineage.reports.blocks import Block
    from lineage.vocabulary import Against
    from store.database import Database

CRAWLS_SHOWN: Final = 20
MOST_MODELS: Final = 5_000
EVERYTHING: Final = "*"


class NotOneModel(LineageError):
    """A dossier is of one model."""

    exit_code = 2
    hint = "name one model, such as org/name; `lineage report SELECTOR` is for several"

    def __init__(self, selector: str, models: int) -> None:
        """Give the selector, and how many models it names."""
        super().__init__(f"a dossier is of one model, but {plain(selector)} names {models:,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A finished report, and the number of its models."""

    blocks: tuple[Block, ...]
    models: int


def make_report(
    database: Database, selector: str | None, against: Against, now: datetime, policy: Policy | None = None
) -> Report:
    """Return a report on the models that a selector matches, or None for all, checked against a policy if one is given.

    Raises what `store.queries.select.select` raises, TooManyModels for more than a report can show, and PolicyFault.
    """
    profiles, facts = _read(database, selector, against, now, policy)
    return Report(blocks=tuple(write_report(profiles, facts)), models=len(profiles))


def make_dossier(
    database: Database, model: str, against: Against, now: datetime, policy: Policy | None = None
) -> Report:
    """Return the dossier of one model; raises NotOneModel, and what `make_report` raises."""
    profiles, facts = _read(database, model, against, now, policy)
    if len(profiles) != 1:
        raise NotOneModel(model, len(profiles))
    return Report(blocks=tuple(write_dossier(profiles, replace(facts, is_dossier=True))), models=1)


def _read(
    database: Database, selector: str | None, against: Against, now: datetime, policy: Policy | None
) -> tuple[Profiles, ReportFacts]:
    with uncollected():
        profiles = read_profiles(database, selector or EVERYTHING, most=MOST_MODELS)
    gate = None if policy is None else check(database, selector or EVERYTHING, policy, now)
    return profiles, replace(_facts(database, profiles, selector, against, now), gate=gate)


def _facts(
    database: Database, profiles: Profiles, selector: str | None, against: Against, now: datetime
) -> ReportFacts:
    settings = DriftSettings()
    found = find_stored_contradictions(database, selector, against)
    newest, resolved = database.run("models/freshness").rows[0]
    return ReportFacts(
        selector=selector or EVERYTHING,
        made_at=now,
        database=database.path.name,
        rests_on=hash_facts(profiles),
        snapshot=stated_content(database),
        crawls=_crawls(database),
        newest_seen_at=cast("datetime | None", newest),
        resolved_at=cast("datetime | None", resolved),
        versions={
            "lineage": version("hub-lineage"),
            "DuckDB": duckdb.__version__,
            "Python": platform.python_version(),
            "scipy": version("scipy"),
            "numpy": version("numpy"),
        },
        against=against,
        margin=settings.margin * 100,
        alpha=settings.alpha,
        is_drift_current=queue_state(database).is_drift_current,
        contradictions=found,
        mixed=_overall(found),
    )


def _overall(found: tuple[Contradiction, ...]) -> MixedShare | None:
    shares = share_mixed((one for one in found if one.can_be_mixed), lambda _: ("all",))
    return shares[0] if shares else None


def _crawls(database: Database) -> tuple[CrawlFacts, ...]:
    return tuple(
        CrawlFacts(
            number=cast("int", number),
            scope=str(scope),
            state=str(state),
            started_at=cast("datetime", started_at),
            finished_at=cast("datetime | None", finished_at),
            requests=cast("int", requests),
            records=cast("int", records),
        )
        for number, scope, state, started_at, finished_at, requests, records, *_ in database.run(
            "models/crawls", limit=CRAWLS_SHOWN
        ).rows
    )
