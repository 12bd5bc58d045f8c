"""Rules on drift. They keep apart what was shown, what was not shown, and what is not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.drift.guards import NONE, OK
from lineage.policy.facts import DriftQuestion
from lineage.policy.findings import MODEL_MARK, judged, lacking, ok
from lineage.policy.policy import named_by
from lineage.policy.remedies import RUN_DIGITS, evaluation_of, rejection_of
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
from lineage.vocabulary import Against, MissingFact, ScoreState, Verdict

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
    if named_by(rule.bases, model):
        yield ok(model, "a base of the policy, which needs no comparison")
        return
    answers = facts.drift.get(question_of(rule), {}).get(model, ())
    rows = [row for row in answers if rule.of == BOTH or row.is_safety is (rule.of == SAFETY)]
    for row in rows:
        yield _judge(rule, facts, row)
    compared = {row.name for row in rows}
    for name in (name for name in rule.instruments if name not in compared):
        yield _not_compared(facts, model, name)
    if not rows and not rule.instruments:
        yield _not_compared(facts, model, None)


def _judge(rule: Comparing, facts: PolicyFacts, row: DriftRow) -> Detail:
    """Return what a rule says of one comparison; one that is withheld is a missing fact to every rule."""
    if row.verdict is Verdict.WITHHELD:
        return _withheld(facts, row)
    match rule:
        case NoWorse():
            return _no_worse(rule, row)
        case ShownNoWorse():
            highest = row.highest if row.is_told else None
            is_shown = highest is not None and highest <= rule.margin
            is_missable = highest is not None and row.ci_high is not None and row.ci_high <= rule.margin
            why = ", as a rare large change may have been missed" if is_missable else ""
            prefix = "" if is_shown else f"not shown to be within {rule.margin:g} points{why}: "
            return judged(row.name, f"{prefix}{_told(row)}", _source(row), is_fault=not is_shown)
        case Decided():
            could = row.minimum_detectable
            is_sharp = rule.detectable is not None and could is not None and could <= rule.detectable
            is_fault = row.verdict is Verdict.UNDECIDED and not is_sharp
            return judged(row.name, _told(row), _source(row), is_fault=is_fault)
        case NoWithheld():
            return ok(row.name, _told(row), _source(row))
        case _:
            raise TypeError(f"{type(rule).__name__} is not a rule on comparisons")


def _no_worse(rule: NoWorse, row: DriftRow) -> Detail:
    is_fault = row.verdict is Verdict.WORSE and (row.delta or 0.0) > rule.margin
    prefix = "not shown to be worse: " if row.verdict is Verdict.UNDECIDED else ""
    return judged(row.name, f"{prefix}{_told(row)}", _source(row), is_fault=is_fault)


def _withheld(facts: PolicyFacts, row: DriftRow) -> Detail:
    """Return why a comparison gives no verdict: by its scores where they are the cause, else that it is withheld."""
    told = row.reason.removeprefix("withheld: ")
    if any(denied.parent == row.reference for denied in facts.denied(row.model)) and row.against is not None:
        remedy = f"lineage edge add {MODEL_MARK} PARENT"
        return lacking(MissingFact.UNKNOWN, row.name, told, _source(row), remedy)
    for one in (row.model, row.reference):
        mine = () if one is None else [score for score in facts.scores.get(one, ()) if score.name == row.name]
        standing = [score for score in mine if score.is_standing and score.instrument == row.instrument]
        states = {score.state for score in standing or mine}
        if one is None or not states:
            nearest = one or next((edge.parent for edge in facts.parents(row.model)), None)
            remedy = "" if nearest is None else evaluation_of(nearest, row.name)
            return lacking(MissingFact.UNMEASURED, row.name, told, _source(row), remedy)
        if ScoreState.CONTRADICTORY in states:
            rivals = [score.run[:RUN_DIGITS] for score in mine if score.state == ScoreState.CONTRADICTORY]
            return lacking(MissingFact.CONTRADICTORY, row.name, told, _source(row), rejection_of(rivals))
        if states == {ScoreState.STALE}:
            return lacking(MissingFact.STALE, row.name, told, _source(row), evaluation_of(one, row.name))
    is_broken = row.guard not in {None, OK, NONE}
    remedy = "" if is_broken or row.reference is None else evaluation_of(row.reference, row.name)
    return lacking(MissingFact.WITHHELD, row.name, told, _source(row), remedy)


def _not_compared(facts: PolicyFacts, model: str, name: str | None) -> Detail:
    """Return why there is no comparison on an instrument, or on any if `name` is None."""
    subject = name or "any instrument"
    if not facts.parents(model):
        remedy = f"lineage edge add {MODEL_MARK} PARENT"
        denied = facts.denied(model)
        why = "; ".join(edge.words for edge in denied) or "it has no known parent"
        source = "; ".join(edge.source for edge in denied)
        return lacking(MissingFact.UNKNOWN, subject, f"not compared: {why}", source, remedy)
    has_score = any(name in {None, score.name} for score in facts.scores.get(model, ()))
    why = "it has no comparison of the kind that the rule asks for" if has_score else "it has no score"
    remedy = f"lineage drift {MODEL_MARK}" if has_score else evaluation_of(None, name)
    return lacking(MissingFact.UNMEASURED, subject, f"not compared: {why}", remedy=remedy)


def _told(row: DriftRow) -> str:
    return f"{row.verdict.value}: {row.reason}"


def _source(row: DriftRow) -> str:
    return row.instrument if row.reference is None else f"{row.instrument} against {row.reference}"
