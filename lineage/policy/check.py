"""Check a policy: every rule against every model, with the evidence, and with exceptions applied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from lineage.licences import licence_classes
from lineage.policy.ancestry_rules import check_approved, check_declared, check_licences, check_parents_present
from lineage.policy.drift_rules import check_comparing
from lineage.policy.findings import (
    CheckReport,
    CheckState,
    Excuse,
    ModelOutcome,
    OutcomeTally,
    RuleOutcome,
    against,
    ok,
)
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
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

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
    testing = PolicyRun(policy, facts.checked_at, allowed)
    return testing.report(selection(facts.trouble, len(facts.models)), testing.test(facts))


class PolicyRun:
    """Tests the rules of a policy on models, some at a time, and counts what was found."""

    def __init__(self, policy: Policy, checked_at: datetime, allowed: Collection[MissingFact]) -> None:
        """Test at the time `checked_at` (aware UTC); `allowed` are the kinds of missing facts that are skipped."""
        self._policy, self._checked_at = policy, checked_at
        self._allowed = tuple(one for one in MissingFact if one in allowed)
        self._valid = tuple(one for one in policy.exemptions if one.expires >= checked_at.date())
        self._shared = tuple(_Shared() for _ in policy.rules)
        self._tallies = tuple(OutcomeTally() for _ in policy.rules)
        self._excusing: set[Exemption] = set()
        self._models = 0
        self._licences: set[str] = set()

    def test(self, facts: PolicyFacts) -> tuple[tuple[ModelOutcome, ...], ...]:
        """Return the results of each rule on the models of the facts, in their order."""
        self._models += len(facts.models)
        self._licences.update(one.licence.lower() for one in facts.records.values() if one.licence)
        found = tuple(
            tuple(self._results(rule, facts, share))
            for rule, share in zip(self._policy.rules, self._shared, strict=True)
        )
        for tally, results in zip(self._tallies, found, strict=True):
            tally.add(results)
        return found

    def report(self, selected: RuleOutcome, results: Iterable[Sequence[ModelOutcome]]) -> CheckReport:
        """Return the report when all models were tested; `results` are those of each rule on all of them."""
        outcomes = [
            RuleOutcome(
                name=rule.name,
                kind=rule.kind,
                about=rule.about,
                level=rule.level,
                line=rule.line,
                results=theirs,
                tally=tally,
            )
            for rule, theirs, tally in zip(self._policy.rules, results, self._tallies, strict=True)
        ]
        return CheckReport(
            policy=self._policy,
            allowed=self._allowed,
            models=self._models,
            checked_at=self._checked_at,
            outcomes=(selected, *outcomes),
            notes=tuple(self._notes()),
        )

    def _results(self, rule: AnyRule, facts: PolicyFacts, share: _Shared) -> Iterator[ModelOutcome]:
        skips = frozenset((*self._allowed, *rule.allow_missing))
        for model in facts.models:
            details = tuple(_details(rule, facts, model))
            if skips:
                details = tuple(one.skipped_if(skips) for one in details)
            yield self._excused(rule, ModelOutcome(model=model, details=share(details)))

    def _excused(self, rule: AnyRule, result: ModelOutcome) -> ModelOutcome:
        """Return the result with its findings excused by a matching exception, the longest-lasting of several."""
        if not self._valid or result.state is not CheckState.FOUND:
            return result
        covering = [one for one in self._valid if one.covers(rule.name, result.model)]
        if not covering:
            return result
        self._excusing.update(covering)
        longest = max(covering, key=lambda one: one.expires)
        details = tuple(
            replace(one, state=CheckState.EXCUSED) if one.state is CheckState.FOUND else one for one in result.details
        )
        return replace(result, details=details, excuse=Excuse(reason=longest.reason, expires=longest.expires))

    def _unheard(self) -> Iterator[str]:
        """Yield the forbidden licences that no list and no record has: a mistyped one would silently never match."""
        known = self._licences | {name for group in licence_classes() for name in group.ids}
        for rule in self._policy.rules:
            for name in rule.forbid if isinstance(rule, Licences) else ():
                if name.lower() not in known:
                    where = "" if rule.line is None else f" (line {rule.line})"
                    near = perhaps(name.lower(), tuple(sorted(known)))
                    yield f"{rule.name}{where} forbids {name!r}, a licence that no model here has{near}"

    def _notes(self) -> Iterator[str]:
        """Yield notes on words that match nothing, and on exceptions that have expired or excuse nothing."""
        yield from self._unheard()
        for one in self._policy.exemptions:
            where = "" if one.line is None else f" (line {one.line})"
            if one not in self._valid:
                yield f"the exception for {one.model}{where} expired on {one.expires}: {one.reason}"
            elif one not in self._excusing:
                yield f"the exception for {one.model}{where} excuses nothing; you can remove it"


def selection(trouble: Sequence[tuple[str, str]], models: int) -> RuleOutcome:
    """Return the outcome for the selection: of so many models, with what is in the way of a check."""
    results = [ModelOutcome(model=name, details=(against(name, problem),)) for name, problem in trouble]
    if not models and not results:
        results = [ModelOutcome(model="*", details=(against("*", "no model is selected: nothing was checked"),))]
    if models and not results:
        results = [ModelOutcome(model="*", details=(ok("*", "all are in the database", f"{models:,} selected"),))]
    tally = OutcomeTally()
    tally.add(results)
    return RuleOutcome(
        name=RESERVED,
        kind=RESERVED,
        about=SELECTION,
        level=Level.ERROR,
        line=None,
        results=tuple(results),
        tally=tally,
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
