"""Rules on a model's own record: it is present, recent, open to all, and loads without running code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.policy.facts import PRESENT
from lineage.policy.findings import against, judged, lacking, ok
from lineage.policy.remedies import CRAWL, crawl_of
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.policy.facts import PolicyFacts
    from lineage.policy.findings import Detail
    from lineage.policy.rules import NotGated, Seen

OPEN: frozenset[str] = frozenset({"false"})
RECORD = "its record"


def check_present(facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield the status of the model."""
    record = facts.record(model)
    yield judged(model, record.status, record.status_evidence or RECORD, is_fault=record.status != PRESENT)


def check_seen(rule: Seen, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield how long ago the model was last seen."""
    seen_at = facts.record(model).seen_at
    if seen_at is None:
        yield lacking(MissingFact.UNKNOWN, model, "never seen by a crawl", remedy=CRAWL)
        return
    days = (facts.checked_at - seen_at).days
    is_old = days > rule.max_age_days
    found, source = f"last seen {days:,} days ago", f"seen {seen_at:%Y-%m-%d}"
    if is_old:
        yield lacking(MissingFact.STALE, model, f"{found}, more than {rule.max_age_days:,}", source, CRAWL)
    else:
        yield ok(model, found, source)


def check_not_gated(rule: NotGated, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail per model, and with `ancestors` one per ancestor."""
    for one in (model, *(facts.ancestors(model) if rule.ancestors else ())):
        gated = facts.record(one).gated
        if gated is None:
            remedy = crawl_of(one)
            yield lacking(MissingFact.UNKNOWN, one, "its record does not say whether it is gated", RECORD, remedy)
        else:
            yield judged(one, f"gated: {gated}", RECORD, is_fault=gated not in OPEN)


def check_no_pickle(facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield what is known about the file formats of the weights."""
    match facts.record(model).pickle_only:
        case True:
            yield against(model, "all its weights are pickles", "its files, or tags for them")
        case False:
            yield ok(model, "it has weights that are not pickles", "its files, or tags for them")
        case _:
            yield lacking(MissingFact.UNKNOWN, model, "neither its files nor a tag for them is known", remedy=CRAWL)
