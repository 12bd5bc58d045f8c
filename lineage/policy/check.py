"""Check a policy: every rule against every model, with the evidence, and with exceptions applied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from lineage.licences import licence_classes
from lineage.policy.ancestry_rules import check_approved, check_declared, check_licences, check_parents_present
from lineage.policy.drift_rules import check_comparing
from lineage.policy.findings import CheckReport, CheckState, Excuse, ModelOutcome, RuleOutcome, against, ok
from lineage.policy.policy_file import RESERVED
from lineage.policy.record_rules import check_no_pickle, check_not_gated, check_present, check_seen
from lineage.policy.rules import (
    ApprovedBases,
    Decided,
    DeclaredParents,
    Guarded,
    Level,
    Licences,
    Measured,
    NoPickle,
    NotGated,
    NoWithheld,
    NoWorse,
    ParentsPresent,
    Present,
    Seen,
    ShownNoWorse,
)
from lineage.policy.score_rules import check_guarded, check_measured
from lineage.text.suggest import perhaps
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from lineage.policy.facts import PolicyFacts
    from lineage.policy.findings import Detail
    from lineage.policy.policy import Exemption, Policy
    from lineage.policy.rules import AnyRule

MOST_SHARED: Final = 10_000
SELECTION: Final = "The selection names models, all of them are in the database, and their graph is current."


def evaluate(policy: Policy, facts: PolicyFacts, allowed: Collection[MissingFact] = ()) -> CheckReport:
    """Return every rule's outcome for every model; the first outcome is about the selection itself.

    A missing fact is a finding, unless its kind is in `allowed` or the rule allows it: then it is skipped.
    """
    today = facts.checked_at.date()
    valid = [one for one in policy.exemptions if one.expires >= today]
    outcomes = [_selection(facts), *(_outcome(rule, facts, valid, allowed) for rule in policy.rules)]
    return CheckReport(
        policy=policy,
        allowed=tuple(one for one in MissingFact if one in allowed),
        models=len(facts.models),
        checked_at=facts.checked_at,
        outcomes=tuple(outcomes),
        notes=tuple(_notes(policy, facts, outcomes)),
    )


def _selection(facts: PolicyFacts) -> RuleOutcome:
    results = [ModelOutcome(model=name, details=(against(name, problem),)) for name, problem in facts.trouble]
    if not facts.models and not results:
        results = [ModelOutcome(model="*", details=(against("*", "no model is selected: nothing was checked"),))]
    if facts.models and not results:
        results = [
            ModelOutcome(model="*", details=(ok("*", "all are in the database", f"{len(facts.models):,} selected"),))
        ]
    return RuleOutcome(
        name=RESERVED, kind=RESERVED, about=SELECTION, level=Level.ERROR, line=None, results=tuple(results)
    )


def _outcome(
    rule: AnyRule, facts: PolicyFacts, exemptions: Iterable[Exemption], allowed: Collection[MissingFact]
) -> RuleOutcome:
    listed, skips = tuple(exemptions), frozenset((*allowed, *rule.allow_missing))
    share = _Shared()
    looked = (tuple(one.skipped_if(skips) for one in _details(rule, facts, model)) for model in facts.models)
    results = (
        _excused(rule, ModelOutcome(model=model, details=share(details)), listed)
        for model, details in zip(facts.models, looked, strict=True)
    )
    return RuleOutcome(
        name=rule.name, kind=rule.kind, about=rule.about, level=rule.level, line=rule.line, results=tuple(results)
    )


class _Shared:
    """Shares equal details: for most models on the Hub a rule says the same, such as that there is no score."""

    def __init__(self) -> None:
        self._known: dict[tuple[Detail, ...], tuple[Detail, ...]] = {}

    def __call__(self, details: tuple[Detail, ...]) -> tuple[Detail, ...]:
        if len(self._known) < MOST_SHARED:
            return self._known.setdefault(details, details)
        return self._known.get(details, details)


def _details(rule: AnyRule, facts: PolicyFacts, model: str) -> Iterator[Detail]:  # noqa: C901, PLR0911 -- one case a kind of rule
    match rule:
        case Measured():
            return check_measured(rule, facts, model)
        case Guarded():
            return check_guarded(rule, facts, model)
        case NoWorse() | ShownNoWorse() | Decided() | NoWithheld():
            return check_comparing(rule, facts, model)
        case DeclaredParents():
            return check_declared(rule, facts, model)
        case ParentsPresent():
            return check_parents_present(rule, facts, model)
        case ApprovedBases():
            return check_approved(rule, facts, model)
        case Licences():
            return check_licences(rule, facts, model)
        case Present():
            return check_present(facts, model)
        case Seen():
            return check_seen(rule, facts, model)
        case NotGated():
            return check_not_gated(rule, facts, model)
        case NoPickle():
            return check_no_pickle(facts, model)
        case _ as never:
            assert_never(never)


def _excused(rule: AnyRule, result: ModelOutcome, exemptions: tuple[Exemption, ...]) -> ModelOutcome:
    """Return the result with its findings excused by a matching exception, the longest-lasting of several."""
    covering = [one for one in exemptions if one.covers(rule.name, result.model)]
    if result.state is not CheckState.FOUND or not covering:
        return result
    longest = max(covering, key=lambda one: one.expires)
    details = tuple(
        replace(one, state=CheckState.EXCUSED) if one.state is CheckState.FOUND else one for one in result.details
    )
    return replace(result, details=details, excuse=Excuse(reason=longest.reason, expires=longest.expires))


def _unheard(policy: Policy, facts: PolicyFacts) -> Iterator[str]:
    """Yield the forbidden licences that no list and no record has: a mistyped one would silently never match."""
    known = {name for group in licence_classes() for name in group.ids}
    known |= {one.licence.lower() for one in facts.records.values() if one.licence}
    for rule in policy.rules:
        for name in rule.forbid if isinstance(rule, Licences) else ():
            if name.lower() not in known:
                where = "" if rule.line is None else f" (line {rule.line})"
                near = perhaps(name.lower(), tuple(sorted(known)))
                yield f"{rule.name}{where} forbids {name!r}, a licence that no model here has{near}"


def _notes(policy: Policy, facts: PolicyFacts, outcomes: Iterable[RuleOutcome]) -> Iterator[str]:
    """Yield notes on words that match nothing, and on exceptions that have expired or excuse nothing."""
    yield from _unheard(policy, facts)
    today = facts.checked_at.date()
    excused = [(one.name, result.model) for one in outcomes for result in one.results if result.excuse is not None]
    for one in policy.exemptions:
        where = "" if one.line is None else f" (line {one.line})"
        if one.expires < today:
            yield f"the exception for {one.model}{where} expired on {one.expires}: {one.reason}"
        elif not any(one.covers(rule, model) for rule, model in excused):
            yield f"the exception for {one.model}{where} excuses nothing; you can remove it"
