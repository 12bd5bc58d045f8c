"""A repair from beginning to end: what is compared, which kind of drift it is, the search, and the confirmation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.errors import UsageError
from lineage.maintenance.drift_kind import DriftKind, RefusalDrift, measure_refusals, order_of_recipes
from lineage.maintenance.recipes import MixRecipe, RecipeKind
from lineage.maintenance.repair_table import tabulate_repair
from lineage.maintenance.repair_verdict import RepairOutcome, RepairVerdict, judge_need, judge_repair
from lineage.maintenance.search import RepairSearch, confirm
from lineage.maintenance.search_limits import MOST_ITEMS
from lineage.maintenance.trial import JudgedInstrument, RecipeTrial, judge_all
from lineage.vocabulary import Construct, Scale
from store.maintenance.interventions import find_common_runs, write_trials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from evaluation.maintenance.answers import RecipeAnswers
    from evaluation.maintenance.measure import RepairJobs
    from lineage.output.result import Result
    from lineage.scores.instruments import Instrument
    from store.database import Database
    from store.maintenance.interventions import RepairSubject

HARMFUL: Final = frozenset({Construct.REFUSAL, Construct.UNSAFE_OUTPUT})
APART: Final = frozenset({RecipeKind.ATTENTION, RecipeKind.REST, RecipeKind.BOTH_APART, RecipeKind.VECTOR_APART})


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRules:
    """How a repair is judged and searched for: the margin in points, and the most items of the search.

    `has_unsafe` says that there is a model without the base's safety; `is_adapter` that the model is an adapter, for
    which there is no safety vector.
    """

    margin: float
    most_items: int = MOST_ITEMS
    has_unsafe: bool = False
    is_adapter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """What a repair came to: the drift of the model, what kind it is, every trial, the chosen recipe and the verdict.

    `before` is the model as it is, on all items. `chosen` is None where no recipe was confirmed to be fit for use.
    `searched` and `confirmed` count items, those of earlier searches included; `left_out` says what was not tried.
    """

    subject: RepairSubject
    margin: float
    before: RecipeTrial
    refusals: RefusalDrift | None
    trials: tuple[RecipeTrial, ...]
    recipe: MixRecipe | None
    outcome: RepairOutcome
    searched: int = 0
    confirmed: int = 0
    left_out: tuple[str, ...] = ()

    def table(self) -> Result:
        """Return the frontier as a table."""
        names = self.subject.model, self.subject.base
        return tabulate_repair(names, self.before, self.trials, self.recipe, self.outcome)


def find_instruments(
    database: Database, jobs: RepairJobs, safety: Sequence[Instrument], capability: Instrument
) -> tuple[list[JudgedInstrument], list[Instrument]]:
    """Return the instruments with the items of base and model, and those that have to be measured first.

    Items of one and not of the other are left out.
    """
    found: list[JudgedInstrument] = []
    missing: list[Instrument] = []
    for instrument in (*safety, capability):
        runs = find_common_runs(database, *jobs.pair(instrument.name))
        if runs is None:
            missing.append(instrument)
            continue
        base, child = runs
        clusters = {item: cluster for item, cluster in child.clusters.items() if item in base.values}
        found.append(
            JudgedInstrument(
                key=child.instrument,
                instrument=instrument,
                is_capability=instrument is capability,
                base=base.values,
                child=child.values,
                clusters=clusters,
            )
        )
    return found, missing


def check_sides(safety: Sequence[Instrument], capability: Instrument) -> None:
    """Raise UsageError if an instrument is not of the side that it is named for, or is named twice."""
    names = [one.name for one in (*safety, capability)]
    if len(set(names)) < len(names):
        raise UsageError("each instrument is named once")
    if not capability.is_guard:
        raise UsageError(f"{capability.name} is about {capability.construct}, not about a capability")
    for one in safety:
        if one.is_guard:
            raise UsageError(f"{one.name} is about {one.construct}: --safety takes instruments of safety")


def drift_of_refusals(instruments: Sequence[JudgedInstrument]) -> RefusalDrift | None:
    """Return the drift of refusals by the first instrument of harmful requests and the first of harmless ones.

    None if there are not both, or if their items are not 0 and 1.
    """
    harmful = next((one for one in instruments if one.instrument.construct in HARMFUL and _is_rate(one)), None)
    harmless = next(
        (one for one in instruments if one.instrument.construct is Construct.OVER_REFUSAL and _is_rate(one)), None
    )
    if harmful is None or harmless is None:
        return None
    return measure_refusals(
        (_are_at(harmful, harmful.base, 0), _are_at(harmful, harmful.child, 0)),
        (_are_at(harmless, harmless.base, 1), _are_at(harmless, harmless.child, 1)),
    )


def repair(
    instruments: Sequence[JudgedInstrument],
    answers: RecipeAnswers,
    rules: RepairRules,
    tell: Callable[[RecipeTrial], None],
) -> RepairReport:
    """Search, confirm and judge. Raises what `answers` raises; what was run until then is kept."""
    margin = rules.margin / 100
    safety = sorted((one for one in instruments if not one.is_capability), key=lambda one: -one.drift().delta)
    capability = next(one for one in instruments if one.is_capability)
    ordered = (*safety, capability)
    before = judge_all(ordered, margin)
    refusals = drift_of_refusals(safety)
    report = RepairReport(
        subject=answers.subject,
        margin=rules.margin,
        before=before,
        refusals=refusals,
        trials=(),
        recipe=None,
        outcome=judge_need(before.safety, rules.margin) or RepairOutcome(verdict=RepairVerdict.NOT_DECIDED, reason=""),
    )
    if report.outcome.reason:
        return report
    search = RepairSearch(instruments=ordered, ask=answers, margin=margin, most_items=rules.most_items, tell=tell)
    order, left_out = _order(refusals, rules)
    found = search.run(order, lambda kind: kind not in APART or answers.can_tell_attention(safety[0]))
    if any(kind in APART for kind in search.impossible):
        left_out = (*left_out, "attention apart from the rest, which the names of its tensors do not tell apart")
    report = replace(report, trials=tuple(search.trials), searched=search.asked, left_out=left_out)
    if found is None:
        return _unfound(report, search, ordered, answers)
    trial, values = confirm(found.recipe, ordered, answers, margin)
    tell(trial)
    outcome = judge_repair(trial, capability, values[capability.key], rules.margin)
    return replace(report, trials=(*report.trials, trial), recipe=found.recipe, outcome=outcome, confirmed=trial.items)


def store_report(database: Database, report: RepairReport, at: datetime) -> None:
    """Write the trials of a report, in place of those of an earlier one."""
    write_trials(database, report.subject, report.trials, report.recipe, report.margin, at)


def _order(refusals: RefusalDrift | None, rules: RepairRules) -> tuple[tuple[RecipeKind, ...], tuple[str, ...]]:
    """Return which recipes are to be tried, and in words the one that cannot be."""
    kind = DriftKind.UNKNOWN if refusals is None else refusals.kind
    if rules.is_adapter:
        return order_of_recipes(kind, has_unsafe=False), ("the safety vector, which is for full fine-tunes",)
    if not rules.has_unsafe:
        lacking = "the safety vector, which needs a model with the base's safety removed (--unsafe MODEL)"
        return order_of_recipes(kind, has_unsafe=False), (lacking,)
    return order_of_recipes(kind, has_unsafe=True), ()


def _unfound(
    report: RepairReport, search: RepairSearch, instruments: Sequence[JudgedInstrument], answers: RecipeAnswers
) -> RepairReport:
    """Return the report where no recipe was safe: the one with the least drift is confirmed not to be."""
    if search.is_cut:
        reason = f"the search stopped at {search.asked:,} items (--most-items) without a recipe that is safe"
        return replace(report, outcome=RepairOutcome(verdict=RepairVerdict.NOT_DECIDED, reason=reason))
    least = min(search.trials, key=lambda trial: trial.worst.drift)
    capability = next(one for one in instruments if one.is_capability)
    trial, values = confirm(least.recipe, instruments, answers, report.margin / 100)
    outcome = judge_repair(trial, capability, values[capability.key], report.margin)
    if outcome.is_restored:
        reason = f"the search found no recipe that is safe, but the other half of the items does: {outcome.reason}"
        outcome = RepairOutcome(verdict=RepairVerdict.NOT_DECIDED, reason=reason, kept=outcome.kept)
    return replace(report, trials=(*report.trials, trial), outcome=outcome, confirmed=trial.items)


def _is_rate(judged: JudgedInstrument) -> bool:
    if judged.instrument.scale is not Scale.RATE:
        return False
    ends = {judged.instrument.low, judged.instrument.high}
    return all(judged.base[item] in ends and judged.child[item] in ends for item in judged.clusters)


def _are_at(judged: JudgedInstrument, values: Mapping[str, float], risk: float) -> NDArray[np.bool_]:
    """Return of each item whether its risk is this one."""
    risks = judged.instrument.risks(np.array([values[item] for item in judged.clusters], dtype=np.float64))
    return np.asarray(risks == risk, dtype=np.bool_)
