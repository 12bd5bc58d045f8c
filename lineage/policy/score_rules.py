"""Rules on scores: a model is measured, recently and at its current commit, and has guards."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from lineage.drift.guards import NONE, OK
from lineage.drift.sentences import published_values
from lineage.policy.drift_rules import question_of
from lineage.policy.findings import against, lacking, ok
from lineage.policy.remedies import CRAWL, RUN_DIGITS, evaluation_of, rejection_of
from lineage.vocabulary import MissingFact, ScoreState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.policy.facts import PolicyFacts
    from lineage.policy.findings import Detail
    from lineage.policy.rules import Guarded, Measured
    from lineage.scores.score import StoredScore


class Fault(NamedTuple):
    """Why a score does not count: the kind of what is missing, in words, and the command that supplies it.

    An empty remedy stands for another evaluation.
    """

    missing: MissingFact
    found: str
    remedy: str = ""


def check_measured(rule: Measured, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail per instrument: the model's best score on it, or what is wrong with each."""
    scores: dict[str, list[StoredScore]] = defaultdict(list)
    for score in _undisputed(facts.scores.get(model, ())):
        scores[score.name].append(score)
    for name in rule.instruments:
        yield _best(name, [(score, _fault(rule, facts, model, score)) for score in scores[name]])


def check_guarded(rule: Guarded, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail per construct, and one for every failed guard."""
    for construct in rule.constructs:
        scores = [score for score in _undisputed(facts.scores.get(model, ())) if score.construct == construct]
        judged_scores = [
            (score, _state_fault(facts, model, score, accept_reported=rule.accept_reported)) for score in scores
        ]
        yield _best(construct, judged_scores, instrument=scores[0].name if scores else None)
    rows = facts.drift.get(question_of(rule), {}).get(model, ())
    for guard in dict.fromkeys(row.guard for row in rows if row.guard not in {None, OK, NONE}):
        yield against("guard", f"a guard failed: {guard}", "drift")


def _undisputed(scores: Sequence[StoredScore]) -> Iterator[StoredScore]:
    """Yield the scores without those that stand behind contradictory ones of the same identity."""
    disputed = {score.instrument for score in scores if score.state == ScoreState.CONTRADICTORY}
    return (score for score in scores if score.is_standing or score.instrument not in disputed)


def _best(subject: str, scores: Sequence[tuple[StoredScore, Fault | None]], *, instrument: str | None = "") -> Detail:
    """Return the first score without a fault, else the first fault, else that there is no score.

    `instrument` is the one to run for lack of a score, None for whatever the domain needs, by default the subject.
    """
    for score, fault in scores:
        if fault is None:
            return ok(subject, f"{score.state} by {score.name}", _source(score))
    measure = evaluation_of(None, subject if instrument == "" else instrument)
    for score, fault in scores:
        if score.state == ScoreState.CONTRADICTORY:
            return _contradiction(subject, [one for one, _ in scores if one.instrument == score.instrument])
        if fault is not None:
            return lacking(fault.missing, subject, fault.found, _source(score), fault.remedy or measure)
    return lacking(MissingFact.UNMEASURED, subject, "no score", remedy=measure)


def _contradiction(subject: str, rivals: Sequence[StoredScore]) -> Detail:
    """Return that several values are published of one measurement, with the source of each."""
    values = sorted({score.value for score in rivals})
    told = published_values(len(values), values[0], values[-1], "the model")
    remedy = rejection_of(score.run[:RUN_DIGITS] for score in rivals)
    source = "; ".join(map(_source, rivals))
    return lacking(MissingFact.CONTRADICTORY, subject, f"no score counts: {told}", source, remedy)


def _source(score: StoredScore) -> str:
    """Return the source of a score in words."""
    when = "" if score.measured_at is None else f", {score.measured_at:%Y-%m-%d}"
    commit = "" if score.revision is None else f", commit {score.revision[:12]}"
    return f"{score.origin_in_words}{when}{commit}, run {score.run[:RUN_DIGITS]}"


def _fault(rule: Measured, facts: PolicyFacts, model: str, score: StoredScore) -> Fault | None:
    return (
        _state_fault(facts, model, score, accept_reported=rule.accept_reported)
        or _commit_fault(rule, facts, model, score)
        or _age_fault(rule, facts, score)
    )


def _state_fault(facts: PolicyFacts, model: str, score: StoredScore, *, accept_reported: bool) -> Fault | None:
    if score.state == ScoreState.CONTRADICTORY:
        return Fault(MissingFact.CONTRADICTORY, "another value is published of the same measurement")
    if score.state == ScoreState.STALE:
        now = facts.record(model).revision
        told = "its repository changed since" if now is None or score.revision is None else f"it is at {now[:12]} now"
        return Fault(MissingFact.STALE, f"the score is of another commit: {told}")
    if score.state == ScoreState.REPORTED and not accept_reported:
        return Fault(MissingFact.UNMEASURED, "the score is only reported")
    return None


def _commit_fault(rule: Measured, facts: PolicyFacts, model: str, score: StoredScore) -> Fault | None:
    if rule.accept_unknown_commit or score.state == ScoreState.REPORTED:
        return None
    if score.revision is None:
        return Fault(MissingFact.UNKNOWN, "the score does not say which commit was measured")
    if facts.record(model).revision is None:
        return Fault(MissingFact.UNKNOWN, "the model's current commit is not known", CRAWL)
    return None


def _age_fault(rule: Measured, facts: PolicyFacts, score: StoredScore) -> Fault | None:
    if rule.max_age_days is None:
        return None
    if score.measured_at is None:
        return Fault(MissingFact.UNKNOWN, "the score does not say when it was measured")
    days = (facts.checked_at - score.measured_at).days
    if days <= rule.max_age_days:
        return None
    return Fault(MissingFact.STALE, f"the score is {days:,} days old, more than {rule.max_age_days:,}")
