"""Check a policy: every rule against every model, with the evidence, and with exceptions applied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from lineage.licences import licence_classes
from lineage.policy.alike import AlikeModels
from lineage.policy.ancestry_rules import check_approved, check_declared, check_licences, check_parents_present
from lineage.policy.drift_rules import check_comparing
from lineage.policy.findings import (
    CheckState,
    Excuse,
    ModelOutcome,
    against,
    ok,
)
from lineage.policy.policy_file import RESERVED
from lineage.policy.record_rules import check_no_pickle, check_not_gated, check_present, check_seen
from lineage.policy.results import CheckReport, OutcomeTally, ResultBlock, RuleOutcome, RuleResults
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

    from lineage.policy.facts import ModelRecord, PolicyFacts
    from lineage.policy.findings import Detail
    from lineage.policy.policy import Exemption, Policy
    from lineage.policy.rules import AnyRule

SELECTION: Final = "The selection names models, all of them are in the database, and their graph is current."


def evaluate(policy: Policy, facts: PolicyFacts, allowed: Collection[MissingFact] = ()) -> CheckReport:
    """Return every rule's outcome for every model; the first outcome is about the selection itself.

    A missing fact is a finding, unless its kind is in `allowed` or the rule allows it: then it is skipped.
    """
    testing = PolicyRun(policy, facts.checked_at, allowed)
    results = [RuleResults.in_blocks(block) for block in testing.test(facts)]
    return testing.report(selection(facts.trouble, len(facts.models)), results)


class PolicyRun:
    """Tests the rules of a policy on models, some at a time, and counts what was found."""

    def __init__(self, policy: Policy, checked_at: datetime, allowed: Collection[MissingFact]) -> None:
        """Test at the time `checked_at` (aware UTC); `allowed` are the kinds of missing facts that are skipped."""
        self._policy, self._checked_at = policy, checked_at
        self._allowed = tuple(one for one in MissingFact if one in allowed)
        self._valid = tuple(one for one in policy.exemptions if one.expires >= checked_at.date())
        self._tallies = tuple(OutcomeTally() for _ in policy.rules)
        self._excusing: set[Exemption] = set()
        self._models = 0
        self._licences: set[str] = set()

    def test(self, facts: PolicyFacts) -> tuple[ResultBlock, ...]:
        """Return the results of each rule on the models of the facts, in their order."""
        self._models += len(facts.models)
        self._licences.update(one.licence.lower() for one in _distinct(facts.records.values()) if one.licence)
        alike = AlikeModels(facts)
        found = tuple(self._results(rule, facts, alike) for rule in self._policy.rules)
        for tally, block in zip(self._tallies, found, strict=True):
            for result, models in block.counted():
                tally.add(result, models)
        return found

    def report(self, selected: RuleOutcome, results: Iterable[RuleResults]) -> CheckReport:
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

    def _results(self, rule: AnyRule, facts: PolicyFacts, alike: AlikeModels) -> ResultBlock:
        skips = frozenset((*self._allowed, *rule.allow_missing))
        kinds, tested = alike.kinds(rule)
        distinct = []
        for model, theirs in tested:
            details = tuple(_details(rule, theirs, model))
            if skips:
                details = tuple(one.skipped_if(skips) for one in details)
            distinct.append(ModelOutcome(model=model, details=details))
        return self._excused(rule, ResultBlock(models=facts.models, kinds=kinds, distinct=distinct))

    def _excused(self, rule: AnyRule, block: ResultBlock) -> ResultBlock:
        """Return the results with findings excused by a matching exception, the longest-lasting of several."""
        exempting = [one for one in self._valid if rule.name in one.rules]
        if not exempting:
            return block
        kinds, distinct = block.kinds.copy(), list(block.distinct)
        numbers: dict[tuple[int, tuple[Exemption, ...]], int] = {}
        for place, (model, kind) in enumerate(zip(block.models, block.kinds.tolist(), strict=True)):
            covering = tuple(one for one in exempting if one.covers(rule.name, model))
            if covering and distinct[kind].state is CheckState.FOUND:
                number = numbers.setdefault((kind, covering), len(distinct))
                if number == len(distinct):
                    distinct.append(_excused_by(covering, distinct[kind]))
                kinds[place] = number
        self._excusing.update(one for _, covering in numbers for one in covering)
        return ResultBlock(models=block.models, kinds=kinds, distinct=distinct)

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
    for one in results:
        tally.add(one)
    return RuleOutcome(
        name=RESERVED,
        kind=RESERVED,
        about=SELECTION,
        level=Level.ERROR,
        line=None,
        results=RuleResults.of(results),
        tally=tally,
    )


def _distinct(records: Iterable[ModelRecord]) -> Iterable[ModelRecord]:
    """Return each record once; models share them."""
    return {id(one): one for one in records}.values()


def _excused_by(covering: Sequence[Exemption], result: ModelOutcome) -> ModelOutcome:
    longest = max(covering, key=lambda one: one.expires)
    details = tuple(
        replace(one, state=CheckState.EXCUSED) if one.state is CheckState.FOUND else one for one in result.details
    )
    return replace(result, details=details, excuse=Excuse(reason=longest.reason, expires=longest.expires))


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
