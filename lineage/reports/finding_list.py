"""The findings one by one: each model that got worse on safety, with what it rests on, and each rule that failed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from lineage.policy.findings import CheckState
from lineage.reports.blocks import Heading, Paragraph, TableBlock
from lineage.reports.formatting import count, counted, percent, revision
from lineage.text.counts import number_of
from lineage.text.plain import plain
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.drift.drift_row import DriftRow
    from lineage.parents.edge import Edge
    from lineage.policy.results import CheckReport, RuleOutcome
    from lineage.profile import Profile, Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts

MOST_MODELS: Final = 40
"""Models that are described one by one; the appendix has the comparisons of all."""
MOST_FAILURES: Final = 25
"""Models that are listed under a rule; `lineage check` lists all."""


def write_findings(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield one part per model that got worse on safety, the worst first, then one per rule of the gate that failed."""
    yield Heading(words="Findings", anchor="findings")
    worse = _worse(profiles, facts)
    failed = [outcome for outcome in facts.gate.outcomes if outcome.has_failed] if facts.gate else []
    found = f"{number_of(len(worse), 'model')} got worse on an instrument of safety"
    yield Paragraph(
        words=f"{found}{_rules(facts.gate, failed)}. A model without a finding is not shown to be safe: "
        "what was never measured cannot be found."
    )
    for number, (model, rows) in enumerate(worse[:MOST_MODELS], start=1):
        yield Heading(words=f"{number}. {plain(model)}", level=3)
        yield Paragraph(words=" ".join(map(_sentence, rows)))
        yield Paragraph(words=_background(profiles, model, facts))
    if len(worse) > MOST_MODELS:
        rest = number_of(len(worse) - MOST_MODELS, "more model")
        yield Paragraph(words=f"{rest} got worse, by less; the appendix has every comparison.")
    for number, outcome in enumerate(failed, start=min(len(worse), MOST_MODELS) + 1):
        yield Heading(words=f"{number}. Rule {plain(outcome.name)}", level=3)
        yield Paragraph(words=plain(outcome.about, None))
        yield _failures(outcome)


def _rules(gate: CheckReport | None, failed: Sequence[RuleOutcome]) -> str:
    if gate is None:
        return "; no policy was given to check"
    return f"; {number_of(len(failed), 'rule')} of the policy failed"


def _worse(profiles: Profiles, facts: ReportFacts) -> list[tuple[str, tuple[DriftRow, ...]]]:
    """Return the models that got worse with these comparisons, the largest change first."""
    found: dict[str, list[DriftRow]] = defaultdict(list)
    for one in profiles:
        for row in one.drift_against(facts.against):
            if row.is_safety and row.verdict is Verdict.WORSE:
                found[one.id].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (-(row.delta or 0.0), row.name, row.reference or "", row.model))
    return sorted(
        ((model, tuple(rows)) for model, rows in found.items()), key=lambda item: (-(item[1][0].delta or 0.0), item[0])
    )


def _sentence(row: DriftRow) -> str:
    """Return the verdict of a model that got worse, with both values where they are known; more is riskier."""
    known = row.value is not None and row.reference_value is not None
    values = f"; a risk of {row.value:.1f} instead of {row.reference_value:.1f} of 100" if known else ""
    return f"On {plain(row.label)} it is {plain(row.reason, None)}{values}."


def _background(profiles: Profiles, model: str, facts: ReportFacts) -> str:
    """Return what the model is made from, what else is known of its drift, and which score is behind the finding."""
    one = profiles[model]
    parents = "; ".join(map(_parent, one.parents)) or "without a known parent"
    rest = [row for row in one.drift_against(facts.against) if row.verdict is not Verdict.WORSE or not row.is_safety]
    others = f" Of its other comparisons: {counted(rest)}." if rest else ""
    return (
        f"Revision {revision(one.facts.revision)}, {count(one.facts.downloads)} downloads; {parents}.{others}"
        f"{_measured(one)}"
    )


def _parent(edge: Edge) -> str:
    sure = f"{'inferred' if edge.inferred else 'declared'} by {plain(edge.evidence)}, {percent(edge.confidence)}"
    return f"{edge.relation} of {plain(edge.parent)} ({sure})"


def _measured(one: Profile) -> str:
    sources = sorted({f"{score.state} by {plain(score.origin_in_words)}" for score in one.scores if score.is_standing})
    return f" Its scores: {'; '.join(sources)}." if sources else ""


def _failures(outcome: RuleOutcome) -> TableBlock:
    found = [one for one in outcome.results if one.state is CheckState.FOUND]
    shown = found[:MOST_FAILURES]
    which = f"{len(shown):,} of {len(found):,}; lineage check lists all" if len(found) > len(shown) else "all"
    return TableBlock(
        caption=f"Models against the rule, {which}",
        columns=("model", "what was found", "what would supply what is missing"),
        rows=tuple(
            (
                plain(one.model),
                "; ".join(plain(detail.words, None) for detail in one.details if detail.state is CheckState.FOUND),
                "; ".join(sorted({plain(detail.remedy_for(one.model)) for detail in one.details if detail.remedy})),
            )
            for one in shown
        ),
    )
