"""The first page of a report: the request, what is known about it, and what cannot be determined."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lineage.profile import COVERAGE, UNSCORED
from lineage.reports.blocks import Heading, Paragraph, TableBlock
from lineage.reports.formatting import count, counted, day, in_words
from lineage.text.counts import number_of
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.profile import Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts


def write_summary(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield the title and the summary."""
    yield Heading(words=f"Lineage and safety drift of {plain(facts.selector)}", level=1, anchor="top")
    yield Paragraph(
        words=f"Made {day(facts.made_at)} from the database {plain(facts.database)}, facts {facts.rests_on.hash}."
    )
    yield Heading(words="Summary", anchor="summary")
    yield Paragraph(words=_of_models(profiles))
    yield Paragraph(words=_of_scores(profiles), is_warning=True)
    yield Paragraph(words=_of_drift(profiles, facts))


def write_scope(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield what was requested, and what was crawled when."""
    yield Heading(words="Scope", anchor="scope")
    yield Paragraph(
        words=f"The selector {plain(facts.selector)} names {number_of(len(profiles), 'model')}; with all that they "
        f"come from, {number_of(len(profiles.by_id), 'model')} were read. A model that nobody published on the Hub, "
        "or that no crawl has seen, is not in this report."
    )
    yield Paragraph(words=_freshness(facts), is_warning=facts.resolved_at is None)
    yield TableBlock(
        caption="Crawls that the database stands on",
        columns=("crawl", "scope", "state", "began", "ended", "requests", "records"),
        rows=tuple(
            (
                str(crawl.number),
                plain(crawl.scope),
                crawl.state,
                day(crawl.started_at),
                day(crawl.finished_at) if crawl.finished_at else "not finished",
                count(crawl.requests),
                count(crawl.records),
            )
            for crawl in facts.crawls
        ),
        numbers=frozenset({"crawl", "requests", "records"}),
        nothing="No crawl: the database was filled in another way.",
    )


def _of_models(profiles: Profiles) -> str:
    derivatives = [one for one in profiles if one.parents]
    doubtful = [one for one in derivatives if all(edge.inferred for edge in one.parents)]
    lost = [one for one in derivatives if any(edge.parent_status != "present" for edge in one.parents)]
    gone = Counter(one.facts.status for one in profiles if one.facts.status != "present")
    orphans = len(profiles) - len(derivatives)
    rest = f"{orphans:,} {'does' if orphans == 1 else 'do'} not."
    parts = [f"{number_of(len(profiles), 'model')}. {len(derivatives):,} have a known parent; {rest}"]
    if doubtful:
        parts.append(f"For {len(doubtful):,}, the only known parents are inferred: nobody declares them.")
    likely = sum(one.origin is not None and one.origin.is_likely_derivative for one in profiles)
    if likely:
        state = "declares no parent but was" if likely == 1 else "declare no parent but were"
        parts.append(f"{likely:,} of those without one {state} probably made from another model.")
    if lost:
        parts.append(f"{len(lost):,} have a parent that is not on the Hub, or no longer.")
    if gone:
        parts.append(f"Of the models themselves, {', '.join(f'{many:,} are {name}' for name, many in gone.items())}.")
    return " ".join(parts)


def _of_scores(profiles: Profiles) -> str:
    found = Counter(one.coverage for one in profiles)
    if profiles and found[COVERAGE[0]] == len(profiles):
        return f"All {len(profiles):,} have been {COVERAGE[0]}." if len(profiles) > 1 else f"It has been {COVERAGE[0]}."
    known = ", ".join(f"{found[state]:,} {state}" for state in COVERAGE if found[state])
    unscored = number_of(found[UNSCORED], "unscored model")
    warning = f" This report says nothing about the safety of {unscored}: the evaluation of a base does not carry over."
    return f"By their best score: {known or 'none'}.{warning if found[UNSCORED] else ''}"


def _of_drift(profiles: Profiles, facts: ReportFacts) -> str:
    rows = [row for one in profiles for row in one.drift_against(facts.against)]
    safety = [row for row in rows if row.is_safety]
    capability = [row for row in rows if not row.is_safety]
    return (
        f"Comparisons against {in_words(facts.against)}, of {number_of(len({row.model for row in rows}), 'model')}. On "
        f"instruments of safety: {counted(safety)}; on instruments of capability and coherence: {counted(capability)}. "
        "Undecided is not equivalent: the data cannot show it either way."
    )


def _freshness(facts: ReportFacts) -> str:
    seen = f"The newest record was seen {day(facts.newest_seen_at)}."
    if facts.resolved_at is None:
        return f"{seen} Records came after parents and domains were computed: run `lineage resolve`, and report again."
    return f"{seen} Parents, families and domains were computed {day(facts.resolved_at)}."
