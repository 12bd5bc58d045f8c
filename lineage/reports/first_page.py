"""What whoever signs a report decides on: what got worse, what was never measured, the gate, and a place for names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.drift.change import change_of
from lineage.drift.plus import PLUS
from lineage.policy.findings import CheckState
from lineage.policy.rules import ApprovedBases, Level
from lineage.profile import UNSCORED
from lineage.reports.blocks import Paragraph, Signature, TableBlock
from lineage.reports.formatting import count, interval, probability, signed
from lineage.text.counts import number_of
from lineage.text.plain import plain
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.drift.drift_row import DriftRow
    from lineage.policy.results import CheckReport, RuleOutcome
    from lineage.profile import Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts

MOST_WORSE: Final = 10
MOST_UNMEASURED: Final = 8
MOST_RULES: Final = 6
"""How many rows fit on the page; the parts that follow have all of them."""
POINTS: Final = f"points ({PLUS[True]})"
PLACES: Final = ("Decision", "Name and role", "Date and signature")


def write_decision(profiles: Profiles, facts: ReportFacts, never_measured: TableBlock | None = None) -> Iterator[Block]:
    """Yield the rest of the first page, after the summary; `never_measured` stands for the list of unscored models."""
    worse = _worse(profiles, facts)
    free = MOST_WORSE - len(worse.rows) + (MOST_RULES if facts.gate is None else 0)
    yield worse
    yield _unmeasured(profiles, MOST_UNMEASURED + free) if never_measured is None else never_measured
    yield from _gate(facts.gate)
    yield Signature(places=PLACES)


def _worse(profiles: Profiles, facts: ReportFacts) -> TableBlock:
    rows = [
        row
        for one in profiles
        for row in one.drift_against(facts.against)
        if row.is_safety and row.verdict is Verdict.WORSE
    ]
    rows.sort(key=lambda row: (-(row.delta or 0.0), row.model, row.name, row.reference or ""))
    return TableBlock(
        caption=f"What got worse on safety{_of(len(rows), MOST_WORSE, 'largest of {many}; Findings has more')}",
        columns=("model", "compared with", "instrument", POINTS, "95 % interval", "q"),
        rows=tuple(map(_change, rows[:MOST_WORSE])),
        numbers=frozenset({POINTS, "95 % interval", "q"}),
        nothing="no model is shown to be worse, which proves nothing about those without a score.",
    )


def _change(row: DriftRow) -> tuple[str, ...]:
    change = change_of(row)
    names = (plain(row.model), plain(row.reference or ""), plain(row.label))
    return (*names, signed(change.delta), interval(change), probability(row.q_value))


def _unmeasured(profiles: Profiles, most: int) -> TableBlock:
    """Return the most downloaded models without a score; rows that the other tables do not need are its own."""
    models = [one for one in profiles if one.coverage == UNSCORED]
    models.sort(key=lambda one: (-(one.facts.downloads or 0), one.id))
    which = _of(len(models), most, "most downloaded of {many}; Coverage has all")
    return TableBlock(
        caption=f"What was never measured{which}",
        columns=("model", "status", "downloads", "root of the family"),
        rows=tuple(
            (plain(one.id), one.facts.status, count(one.facts.downloads), plain(one.facts.root or ""))
            for one in models[:most]
        ),
        numbers=frozenset({"downloads"}),
        nothing="every model has a score.",
    )


def _of(many: int, most: int, which: str) -> str:
    return f": the {which.format(many=f'{many:,}')}" if many > most else ""


def _gate(report: CheckReport | None) -> Iterator[Block]:
    if report is None:
        yield Paragraph(words="Gate: not checked, as no policy was given (`lineage report --policy FILE`).")
        return
    failed = sum(outcome.has_failed for outcome in report.outcomes)
    result = f"FAIL: {number_of(failed, 'rule')} of {len(report.outcomes):,} failed" if failed else "PASS"
    bases = [base for rule in report.policy.rules if isinstance(rule, ApprovedBases) for base in rule.bases]
    approved = f" Approved bases: {', '.join(map(plain, bases))}." if bases else " The policy names no approved base."
    yield Paragraph(
        words=f"Gate: {result}, for {number_of(report.models, 'model')}, by the policy {plain(report.policy.title)} "
        f"({plain(report.policy.source)}).{approved}",
        is_warning=bool(failed),
    )
    open_rules = [outcome for outcome in report.outcomes if outcome.count(CheckState.FOUND) or outcome.tally.skipped]
    open_rules.sort(key=lambda outcome: (not outcome.has_failed, -outcome.count(CheckState.FOUND)))
    yield TableBlock(
        caption=f"Rules that found or skipped something{_of(len(open_rules), MOST_RULES, 'gravest of {many}')}",
        columns=("rule", "result", "models against it", "facts skipped", "for example"),
        rows=tuple(map(_rule, open_rules[:MOST_RULES])),
        numbers=frozenset({"models against it", "facts skipped"}),
        nothing="none.",
    )


def _rule(outcome: RuleOutcome) -> tuple[str, ...]:
    found = [one for one in outcome.results if one.state is CheckState.FOUND]
    passed = "warning" if found and outcome.level is Level.WARNING else "pass"
    example = next((detail for one in found for detail in one.details if detail.state is CheckState.FOUND), None)
    words = "" if example is None else plain(f"{found[0].model}: {example.words}")
    skipped = count(outcome.tally.skipped.total())
    return plain(outcome.name), "FAIL" if outcome.has_failed else passed, count(len(found)), skipped, words
