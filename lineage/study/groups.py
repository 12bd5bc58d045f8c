"""Drift by how the model was made: relation, base family, data set, and hyperparameters that cards declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.chance import CONSTRUCTS
from lineage.drift.contradictions import FEW
from lineage.statistics.defaults import ALPHA
from lineage.statistics.verdicts import VERDICTS
from lineage.study.inputs import StudyTable, as_result
from lineage.study.mixed_columns import spread
from lineage.study.told_columns import ToldColumns, first_of_each, numbered
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.study.inputs import StudyFacts, StudyInputs
    from lineage.study.told_columns import ToldRow
    from lineage.vocabulary import Construct

    GroupsOf = Callable[[ToldRow, StudyFacts], Iterable[str]]
    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupedRows:
    """Rows with a difference as arrays of shape (rows,): numbers of construct, model and verdict, and the points.

    `subject` is the place in `subjects` of what factors look at, which many rows share: a factor is asked once about
    each.
    """

    facts: StudyInputs
    constructs: tuple[Construct, ...]
    construct: Places
    model: Places
    verdict: Places
    delta: Floats
    subjects: tuple[ToldRow, ...]
    subject: Places

    @classmethod
    def of(cls, rows: Iterable[DriftRow] | ToldColumns, facts: StudyInputs) -> GroupedRows:
        """Return the conclusions on safety by model."""
        told = ToldColumns.of(rows).by_model
        known = facts.numbers(told.models)[told.model]
        subject, first = first_of_each(numbered(told.relation, told.root, told.reference, told.domain_set, known))
        constructs, construct = np.unique(told.construct, return_inverse=True)
        return cls(
            facts=facts,
            constructs=tuple(CONSTRUCTS[place] for place in constructs.tolist()),
            construct=construct,
            model=told.model.astype(np.intp),
            verdict=told.verdict.astype(np.intp),
            delta=told.delta,
            subjects=tuple(told.rows(first)),
            subject=subject,
        )

    def by(self, groups_of: GroupsOf) -> FactorGroups:
        """Return the groups of each row."""
        found = [tuple(dict.fromkeys(groups_of(one, self.facts.of(one.model)))) for one in self.subjects]
        row, group, names = spread(self.subject, found)
        is_first = np.diff(row, prepend=-1) != 0
        return FactorGroups(names=tuple(names), row=row, group=group, first=group[is_first])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FactorGroups:
    """The groups of rows by one factor: the number of a group beside each row in it, and the first of each row."""

    names: tuple[str, ...]
    row: Places
    group: Places
    first: Places


def group_tables(rows: Iterable[DriftRow] | ToldColumns, facts: StudyInputs) -> Iterator[StudyTable]:
    """Yield one table per factor, then one that compares the factors."""
    told = GroupedRows.of(rows, facts)
    groups = {factor: told.by(groups_of) for factor, groups_of in FACTORS.items()}
    for factor, found in groups.items():
        yield StudyTable(
            name=f"drift_by_{factor}",
            title=f"Drift by {factor.replace('_', ' ')}",
            note=NOTE,
            result=as_result(drift_by_group(told, found), GroupDrift),
        )
    yield StudyTable(
        name="factors",
        title="How much of the differences between drifts each factor accounts for",
        note=SOURCE_NOTE,
        result=as_result(weigh_factors(told, groups), Factor),
    )


def drift_by_group(rows: GroupedRows, groups: FactorGroups) -> tuple[GroupDrift, ...]:
    """Return the drift of each group and construct, sorted by construct, the largest group first.

    A derivative counts in each group that it belongs to.
    """
    key, keys = _pairs(rows.construct[groups.row], groups.group)
    verdicts = np.bincount(key * len(VERDICTS) + rows.verdict[groups.row], minlength=len(keys) * len(VERDICTS))
    counts = verdicts.reshape(-1, len(VERDICTS)).tolist()
    owner, means = _means(key, rows.model[groups.row], rows.delta[groups.row])
    found: list[GroupDrift] = []
    for places, values in _by_size(owner, means):
        figures = _figures(values)
        for place, own in zip(places.tolist(), zip(*figures, strict=True), strict=True):
            construct, group = keys[place]
            found.append(_group(rows.constructs[construct], groups.names[group], values.shape[1], own, counts[place]))
    return tuple(sorted(found, key=lambda one: (one.construct, -one.derivatives, one.group)))


def weigh_factors(rows: GroupedRows, groups: Mapping[str, FactorGroups]) -> tuple[Factor, ...]:
    """Return each factor's share of the variance, by construct; a derivative in several groups counts in the first."""
    found: list[Factor] = []
    for number, construct in sorted(enumerate(rows.constructs), key=lambda one: one[1]):
        mine = np.flatnonzero(rows.construct == number)
        model = np.unique(rows.model[mine], return_inverse=True)[1]
        last = np.zeros(int(model.max()) + 1, dtype=np.intp)
        last[model] = mine
        means = _means(np.zeros_like(model), model, rows.delta[mine])[1]
        found += [_factor(factor, construct, means, one.first[last]) for factor, one in groups.items()]
    return tuple(found)


def _means(key: Places, model: Places, delta: Floats) -> tuple[Places, Floats]:
    """Return the mean difference of each model under each key, and the keys, which are sorted."""
    width = int(model.max(initial=0)) + 1
    found, pair = np.unique(key * width + model, return_inverse=True)
    return found // width, np.bincount(pair, delta) / np.bincount(pair)


def _by_size(owner: Places, values: Floats) -> Iterator[tuple[Places, Floats]]:
    """Yield the owners that have equally many values, with their values: float64 (owners, values of each).

    `owner` is sorted, and numbers its owners from 0 without gaps.
    """
    sizes = np.bincount(owner)
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes).tolist():
        places = np.flatnonzero(sizes == size)
        yield places, values[starts[places][:, None] + np.arange(size)]


def _figures(means: Floats) -> tuple[list[float], list[float | None], list[float | None], list[float], list[float]]:
    """Return mean, half interval, deviation, median and mean size of the means of each of several groups."""
    from scipy.stats import t as student

    groups, count = means.shape
    unknown: list[float | None] = [None] * groups
    deviation = means.std(axis=1, ddof=1) if count > 1 else None
    half = None if deviation is None else float(student.ppf(1 - ALPHA / 2, count - 1)) * deviation / count**0.5
    return (
        means.mean(axis=1).tolist(),
        unknown if half is None else half.tolist(),
        unknown if deviation is None else deviation.tolist(),
        np.median(means, axis=1).tolist(),
        np.abs(means).mean(axis=1).tolist(),
    )


def _group(
    construct: Construct,
    group: str,
    derivatives: int,
    figures: tuple[float, float | None, float | None, float, float],
    counts: Sequence[int],
) -> GroupDrift:
    mean, half, deviation, median, mean_size = figures
    by_verdict = dict(zip(VERDICTS, counts, strict=True))
    return GroupDrift(
        group=group,
        construct=construct,
        derivatives=derivatives,
        comparisons=sum(counts),
        mean=mean,
        mean_low=None if half is None else mean - half,
        mean_high=None if half is None else mean + half,
        median=median,
        deviation=deviation,
        mean_size=mean_size,
        worse=by_verdict[Verdict.WORSE],
        better=by_verdict[Verdict.BETTER],
        equivalent=by_verdict[Verdict.EQUIVALENT],
        undecided=by_verdict[Verdict.UNDECIDED],
    )


def _factor(factor: str, construct: Construct, means: Floats, group: Places) -> Factor:
    """Return what a factor accounts for; `means` and `group` are those of the models, in order."""
    owner = first_of_each(group)[0]
    groups = np.split(means[np.argsort(owner, kind="stable")], np.cumsum(np.bincount(owner))[:-1])
    kept = [one for one in groups if len(one) > 1]
    share, p_value = _between(kept)
    return Factor(
        factor=factor,
        construct=construct,
        derivatives=sum(map(len, kept)),
        groups=len(kept),
        between=share,
        p_value=p_value,
    )


def _between(groups: Sequence[Floats]) -> tuple[float | None, float | None]:
    """Return omega squared of a one-way layout and the Kruskal-Wallis p; None and None without a comparison.

    Sources: Hays (1963), Statistics for Psychologists; Kruskal and Wallis (1952), JASA 47, 583-621.
    """
    if len(groups) < LEAST_GROUPS:
        return None, None
    every = np.concatenate(groups)
    if np.ptp(every) == 0:
        return None, None
    from scipy.stats import kruskal

    middle = every.mean()
    between = sum(len(one) * float((one.mean() - middle) ** 2) for one in groups)
    within = sum(float(((one - one.mean()) ** 2).sum()) for one in groups)
    error = within / (len(every) - len(groups))
    freedom = len(groups) - 1
    return (between - freedom * error) / (between + within + error), float(kruskal(*groups).pvalue)


def _pairs(first: Places, second: Places) -> tuple[Places, list[tuple[int, int]]]:
    """Return the number of each pair, from 0 without gaps, and the pairs."""
    width = int(second.max(initial=0)) + 1
    found, number = np.unique(first * width + second, return_inverse=True)
    return number, [divmod(one, width) for one in found.tolist()]


def _relation(row: ToldRow, facts: StudyFacts) -> Iterator[str]:
    yield row.relation or facts.relation or UNDECLARED


def _family(row: ToldRow, _: StudyFacts) -> Iterator[str]:
    yield row.root or row.reference or UNDECLARED


def _domain(row: ToldRow, _: StudyFacts) -> Iterable[str]:
    return row.domains or ("none",)


def _data_set(_: ToldRow, facts: StudyFacts) -> Iterable[str]:
    return facts.datasets or facts.training.datasets or (UNDECLARED,)


def _method(_: ToldRow, facts: StudyFacts) -> Iterator[str]:
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
