"""Drift by how the model was made: relation, base family, data set, and hyperparameters that cards declare."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.contradictions import FEW
from lineage.drift.drift_row import by_model, told_of_safety
from lineage.statistics.defaults import ALPHA
from lineage.study.inputs import StudyTable, as_result
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lineage.drift.drift_row import DriftRow
    from lineage.study.inputs import StudyFacts, StudyInputs
    from lineage.vocabulary import Construct

    GroupsOf = Callable[[DriftRow, StudyFacts], Iterable[str]]

NOTE: Final = (
    "Points, positive is riskier. A derivative counts once a construct, with the mean over its instruments of that "
    "construct; constructs are never added up. The interval is of the group's mean, by Student's t over derivatives, "
    "and is too narrow where they share a base. Verdicts count comparisons. Declared is what cards say, not what was "
    "done; groups differ in more than their name, and what differs between them is no cause by that alone."
)
SOURCE_NOTE: Final = (
    "How much of the variance of drift lies between the groups of a factor: omega squared, which is about 0 where the "
    "factor tells nothing (and can be negative by chance); p is Kruskal and Wallis'. Groups of one derivative are left "
    "out. Many factors are tried on the same derivatives: a small p among many is no finding."
)
UNDECLARED: Final = "not declared"
LEAST_GROUPS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDrift:
    """The drift of one group on one construct, in points; None where a single derivative has no spread."""

    group: str
    construct: str
    derivatives: int
    comparisons: int
    mean: float
    mean_low: float | None
    mean_high: float | None
    median: float
    deviation: float | None
    mean_size: float
    worse: int
    better: int
    equivalent: int
    undecided: int

    @property
    def is_few(self) -> bool:
        """Whether there are too few derivatives to conclude much."""
        return self.derivatives < FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """The share of the variance of a construct's drift that lies between the groups of a factor."""

    factor: str
    construct: str
    derivatives: int
    groups: int
    between: float | None
    p_value: float | None

    @property
    def is_few(self) -> bool:
        """Whether there are too few derivatives to conclude much."""
        return self.derivatives < FEW


def group_tables(rows: Sequence[DriftRow], facts: StudyInputs) -> Iterator[StudyTable]:
    """Yield one table per factor, then one that compares the factors."""
    told = [row for mine in by_model(told_of_safety(rows)).values() for row in mine]
    for factor, groups_of in FACTORS.items():
        yield StudyTable(
            name=f"drift_by_{factor}",
            title=f"Drift by {factor.replace('_', ' ')}",
            note=NOTE,
            result=as_result(drift_by_group(told, facts, groups_of), GroupDrift),
        )
    yield StudyTable(
        name="factors",
        title="How much of the differences between drifts each factor accounts for",
        note=SOURCE_NOTE,
        result=as_result(weigh_factors(told, facts), Factor),
    )


def drift_by_group(rows: Iterable[DriftRow], facts: StudyInputs, groups_of: GroupsOf) -> tuple[GroupDrift, ...]:
    """Return the drift of each group and construct, sorted by construct, the largest group first.

    A derivative counts in each group that it belongs to.
    """
    found: dict[tuple[Construct, str], list[DriftRow]] = defaultdict(list)
    for row in rows:
        for group in dict.fromkeys(groups_of(row, facts.of(row.model))):
            found[row.construct, group].append(row)
    drifts = [_group(construct, group, mine) for (construct, group), mine in found.items()]
    return tuple(sorted(drifts, key=lambda one: (one.construct, -one.derivatives, one.group)))


def weigh_factors(rows: Sequence[DriftRow], facts: StudyInputs) -> tuple[Factor, ...]:
    """Return each factor's share of the variance, by construct; a derivative in several groups counts in the first."""
    by_construct: dict[Construct, list[DriftRow]] = defaultdict(list)
    for row in rows:
        by_construct[row.construct].append(row)
    return tuple(
        _factor(factor, construct, mean_by_model(mine), _first_groups(mine, facts, groups_of))
        for construct, mine in sorted(by_construct.items())
        for factor, groups_of in FACTORS.items()
    )


def mean_by_model(rows: Iterable[DriftRow]) -> dict[str, float]:
    """Return the mean drift of each model over the rows of one construct."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.delta is not None:
            found[row.model].append(row.delta)
    return {model: sum(deltas) / len(deltas) for model, deltas in found.items()}


def _first_groups(rows: Iterable[DriftRow], facts: StudyInputs, groups_of: GroupsOf) -> dict[str, str]:
    return {row.model: next(iter(groups_of(row, facts.of(row.model))), UNDECLARED) for row in rows}


def _group(construct: Construct, group: str, rows: Sequence[DriftRow]) -> GroupDrift:
    from scipy.stats import t as student

    means = np.array(list(mean_by_model(rows).values()))
    verdicts = [row.verdict for row in rows]
    mean, count = float(means.mean()), len(means)
    deviation = float(means.std(ddof=1)) if count > 1 else None
    half = None if deviation is None else float(student.ppf(1 - ALPHA / 2, count - 1)) * deviation / count**0.5
    return GroupDrift(
        group=group,
        construct=construct,
        derivatives=count,
        comparisons=len(rows),
        mean=mean,
        mean_low=None if half is None else mean - half,
        mean_high=None if half is None else mean + half,
        median=float(np.median(means)),
        deviation=deviation,
        mean_size=float(np.abs(means).mean()),
        worse=verdicts.count(Verdict.WORSE),
        better=verdicts.count(Verdict.BETTER),
        equivalent=verdicts.count(Verdict.EQUIVALENT),
        undecided=verdicts.count(Verdict.UNDECIDED),
    )


def _factor(factor: str, construct: Construct, means: Mapping[str, float], groups: Mapping[str, str]) -> Factor:
    members: dict[str, list[float]] = defaultdict(list)
    for model, mean in means.items():
        members[groups[model]].append(mean)
    kept = [np.array(values) for values in members.values() if len(values) > 1]
    share, p_value = _between(kept)
    return Factor(
        factor=factor,
        construct=construct,
        derivatives=sum(map(len, kept)),
        groups=len(kept),
        between=share,
        p_value=p_value,
    )


def _between(groups: Sequence[np.ndarray]) -> tuple[float | None, float | None]:
    """Return omega squared of a one-way layout and the Kruskal-Wallis p; None and None without a comparison.

    Sources: Hays (1963), Statistics for Psychologists; Kruskal and Wallis (1952), JASA 47, 583-621.
    """
    if len(groups) < LEAST_GROUPS:
        return None, None
    every = np.concatenate(groups)
    if np.ptp(every) == 0:
        return None, None
    from scipy.stats import kruskal

    between = sum(len(one) * float((one.mean() - every.mean()) ** 2) for one in groups)
    within = sum(float(((one - one.mean()) ** 2).sum()) for one in groups)
    error = within / (len(every) - len(groups))
    freedom = len(groups) - 1
    return (between - freedom * error) / (between + within + error), float(kruskal(*groups).pvalue)


def _relation(row: DriftRow, facts: StudyFacts) -> Iterator[str]:
    yield row.relation or facts.relation or UNDECLARED


def _family(row: DriftRow, _: StudyFacts) -> Iterator[str]:
    yield row.root or row.reference or UNDECLARED


def _domain(row: DriftRow, _: StudyFacts) -> Iterable[str]:
    return row.domains or ("none",)


def _data_set(_: DriftRow, facts: StudyFacts) -> Iterable[str]:
    return facts.datasets or facts.training.datasets or (UNDECLARED,)


def _method(_: DriftRow, facts: StudyFacts) -> Iterator[str]:
    yield facts.training.method or UNDECLARED


def _binned(value: float | None, bounds: Sequence[float]) -> Iterator[str]:
    """Yield the bin of a value: below the first bound, from one bound to below the next, or from the last on."""
    if value is None:
        yield UNDECLARED
        return
    place = sum(value >= bound for bound in bounds)
    low = f"{bounds[place - 1]:g}" if place else None
    high = f"{bounds[place]:g}" if place < len(bounds) else None
    yield f"below {high}" if low is None else f"{low} or more" if high is None else f"{low} to below {high}"


FACTORS: Final[dict[str, GroupsOf]] = {
    "relation": _relation,
    "base_family": _family,
    "domain": _domain,
    "data_set": _data_set,
    "method": _method,
    "learning_rate": lambda _, facts: _binned(facts.training.learning_rate, (1e-5, 5e-5, 2e-4)),
    "epochs": lambda _, facts: _binned(facts.training.epochs, (2, 4)),
    "batch_size": lambda _, facts: _binned(facts.training.batch_size, (8, 32, 128)),
    "lora_rank": lambda _, facts: _binned(facts.training.lora_rank, (16, 64)),
}
