"""Rules on drift. They keep apart what was shown, what was not shown, and what is not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lineage.policy.facts import DriftQuestion
from lineage.policy.findings import against, judged, ok, silent
from lineage.policy.policy import named_by
from lineage.policy.rules import (
    BOTH,
    SAFETY,
    Comparing,
    Decided,
    Guarded,
    NoWithheld,
    NoWorse,
    ShownNoWorse,
)
from lineage.statistics.defaults import DEFAULT_MARGIN_POINTS
from lineage.vocabulary import Against, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.drift.drift_row import DriftRow
    from lineage.policy.facts import PolicyFacts
    from lineage.policy.findings import Detail
    from lineage.policy.policy import Policy


def question_of(rule: Comparing | Guarded) -> DriftQuestion:
    """Return the drift question of a rule."""
    if isinstance(rule, Guarded):
        return DriftQuestion(against=Against.SCORED_ANCESTOR.value, instruments=(), margin=DEFAULT_MARGIN_POINTS)
    margin = rule.margin if isinstance(rule, NoWorse | ShownNoWorse) else DEFAULT_MARGIN_POINTS
    return DriftQuestion(against=rule.against, instruments=tuple(sorted(rule.instruments)), margin=margin)


def questions(policy: Policy) -> tuple[DriftQuestion, ...]:
    """Return every distinct drift question in a policy's rules."""
    asking = (one for one in policy.rules if isinstance(one, Comparing | Guarded))
    return tuple(dict.fromkeys(question_of(one) for one in asking))


def check_comparing(rule: Comparing, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail per comparison, and one per instrument that was never compared."""
    if isinstance(rule, ShownNoWorse) and named_by(rule.bases, model):
        yield silent(model, "a base of the policy, not compared")
        return
    answers = facts.drift.get(question_of(rule), {}).get(model, ())
    rows = [row for row in answers if rule.of == BOTH or row.is_safety is (rule.of == SAFETY)]
    for row in rows:
        yield _judge(rule, row)
    compared = {row.name for row in rows}
    for name in (name for name in rule.instruments if name not in compared):
        yield _without(rule, name, _why_not(facts, model, name))
    if not rows and not rule.instruments:
        yield _without(rule, "any instrument", _why_not(facts, model, None))


def _judge(rule: Comparing, row: DriftRow) -> Detail:
    match rule:
        case NoWorse():
            return _no_worse(rule, row)
        case ShownNoWorse():
            is_shown = row.is_told and row.ci_high is not None and row.ci_high <= rule.margin
            prefix = "" if is_shown else f"not shown to be within {rule.margin:g} points: "
            return judged(row.name, f"{prefix}{_told(row)}", _source(row), is_fault=not is_shown)
        case Decided():
            return _decided(rule, row)
        case NoWithheld():
            return judged(row.name, _told(row), _source(row), is_fault=row.verdict is Verdict.WITHHELD)
        case _:
            raise TypeError(f"{type(rule).__name__} is not a rule on comparisons")


def _no_worse(rule: NoWorse, row: DriftRow) -> Detail:
    match row.verdict:
        case Verdict.WORSE:
            return judged(row.name, _told(row), _source(row), is_fault=(row.delta or 0.0) > rule.margin)
        case Verdict.WITHHELD:
            return silent(row.name, _told(row), _source(row))
        case Verdict.UNDECIDED:
            return ok(row.name, f"not shown to be worse: {_told(row)}", _source(row))
        case Verdict.BETTER | Verdict.EQUIVALENT:
            return ok(row.name, _told(row), _source(row))
        case _ as never:
            assert_never(never)


def _decided(rule: Decided, row: DriftRow) -> Detail:
    if row.verdict is Verdict.WITHHELD:
        return silent(row.name, _told(row), _source(row))
    could = row.minimum_detectable
    is_sharp = rule.detectable is not None and could is not None and could <= rule.detectable
    is_fault = row.verdict is Verdict.UNDECIDED and not is_sharp
    return judged(row.name, _told(row), _source(row), is_fault=is_fault)


def _without(rule: Comparing, name: str, why: str) -> Detail:
    """Return the detail for a missing comparison: a finding if the rule requires proof, else not measured."""
    make = against if isinstance(rule, ShownNoWorse) else silent
    return make(name, f"not compared: {why}")


def _why_not(facts: PolicyFacts, model: str, name: str | None) -> str:
    if not facts.parents(model):
        return "it has no known parent"
    has_score = any(name in {None, score.instrument} for score in facts.scores.get(model, ()))
    return "it has no comparison of the kind that the rule asks for" if has_score else "it has no score"


def _told(row: DriftRow) -> str:
    return f"{row.verdict.value}: {row.reason.removeprefix('withheld: ')}"


def _source(row: DriftRow) -> str:
    return row.instrument if row.reference is None else f"{row.instrument} against {row.reference}"
