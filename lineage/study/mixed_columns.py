"""Contradictions as arrays, one entry per derivative: what `lineage.drift.contradictions` finds, for a whole Hub."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar
from zlib import crc32

import numpy as np

from lineage.drift.contradictions import FEW, LEAST_INSTRUMENTS
from lineage.drift.null_model import expect_independent, expect_mixed
from lineage.statistics.rates import wilson
from lineage.statistics.verdicts import CODES
from lineage.study.told_columns import numbered
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.drift.null_model import Expected, PairedItems
    from lineage.output.result import Value
    from lineage.study.told_columns import ToldColumns

    Counts = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]
    Names = tuple[str, ...]
    Row = tuple[Value, ...]

Name = TypeVar("Name")
PERMUTATION: Final = "permutation"
NO_SHARE: Final = (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NameSetColumn:
    """Sets of names that several derivatives share: the distinct ones, and for each derivative the place of its own."""

    sets: tuple[Names, ...]
    place: Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixedColumns:
    """Derivatives in order of names, with the fields of `Contradiction` as arrays of shape (derivatives,).

    `rate`, `error` and `if_judges_agree` are those of `Expected`, and `is_permuted` is where it comes of a permutation.
    """

    models: Names
    roots: NameSetColumn
    domains: NameSetColumn
    relations: NameSetColumn
    references: NameSetColumn
    instruments: Counts
    riskier: Counts
    safer: Counts
    worse: Counts
    better: Counts
    rate: Floats
    error: Floats
    if_judges_agree: Floats
    is_permuted: Flags

    @classmethod
    def of(cls, told: ToldColumns, items: Mapping[str, Sequence[PairedItems]], seed: int) -> MixedColumns:
        """Return what the instruments show about each derivative, as `find_contradictions` does."""
        rows = told.by_model
        is_first = np.diff(rows.model, prepend=-1) != 0
        owner, starts = np.cumsum(is_first) - 1, np.flatnonzero(is_first)
        models = tuple(rows.models[model] for model in rows.model[starts].tolist())
        signs = {sign: np.bincount(owner[rows.sign == sign], minlength=len(models)) for sign in (1, -1)}
        expected = _expected(rows, owner, starts, signs[1] + signs[-1])
        is_permuted = np.zeros(len(models), dtype=bool)
        for place in [place for place, model in enumerate(models) if items and model in items]:
            mine = list(rows.rows(np.flatnonzero(owner == place)))
            found = expect_mixed(mine, items[models[place]], seed=(seed, crc32(models[place].encode())))
            expected[:, place] = found.rate, found.error, found.if_judges_agree
            is_permuted[place] = found.method == PERMUTATION
        verdicts = (rows.verdict == CODES[verdict] for verdict in (Verdict.WORSE, Verdict.BETTER))
        worse, better = (np.bincount(owner[each], minlength=len(models)) for each in verdicts)
        return cls(
            models=models,
            roots=_first_known(owner, starts, rows.root, rows.roots),
            domains=_name_sets(owner, starts, rows.domain_set, rows.domain_sets),
            relations=_name_sets(owner, starts, rows.relation, [(name,) for name in rows.relations]),
            references=_name_sets(owner, starts, rows.reference, [(name,) for name in rows.references]),
            instruments=np.bincount(owner, minlength=len(models)),
            riskier=signs[1],
            safer=signs[-1],
            worse=worse,
            better=better,
            rate=expected[0],
            error=expected[1],
            if_judges_agree=expected[2],
            is_permuted=is_permuted,
        )

    @property
    def is_able(self) -> Flags:
        """Where there are at least two instruments, which a contradiction requires."""
        return self.instruments >= LEAST_INSTRUMENTS

    @property
    def is_mixed(self) -> Flags:
        """Where at least one instrument rose and at least one fell, by any amount."""
        return (self.riskier > 0) & (self.safer > 0)

    @property
    def is_mixed_significantly(self) -> Flags:
        """Where one instrument is significantly worse and another significantly better."""
        return (self.worse > 0) & (self.better > 0)

    def one_by_one(self, chosen: Places) -> tuple[Row, ...]:
        """Return the rows of `OneByOne` of the derivatives at these places."""
        sets = self.references
        tied = self.instruments - self.riskier - self.safer
        counts = (self.instruments, self.riskier, self.safer, tied, self.worse, self.better)
        columns: list[Iterable[Value]] = [
            (self.models[place] for place in chosen.tolist()),
            (sets.sets[place] for place in sets.place[chosen].tolist()),
            *(each[chosen].tolist() for each in (*counts, self.is_mixed, self.is_mixed_significantly)),
            *(each[chosen].tolist() for each in (self.rate, self.error, self.if_judges_agree)),
            (PERMUTATION if permuted else "independence" for permuted in self.is_permuted[chosen].tolist()),
        ]
        return tuple(zip(*columns, strict=True))


def shares_by(mixed: MixedColumns, sets: NameSetColumn, groups_of: Callable[[Names], Iterable[str]]) -> tuple[Row, ...]:
    """Return the rows of `MixedShare`, as `share_mixed` does; the set of names of a derivative decides its groups."""
    used, place = np.unique(sets.place, return_inverse=True)
    groups = [tuple(dict.fromkeys(groups_of(sets.sets[one]))) for one in used.tolist()]
    member, group, names = spread(place, groups)
    size = np.bincount(group, minlength=len(names))
    is_able = mixed.is_able[member]
    member, group = member[is_able], group[is_able]

    def count(of: Flags) -> Counts:
        return np.bincount(group[of[member]], minlength=len(names))

    def total(of: Floats) -> Floats:
        found: Floats = np.bincount(group, of[member], minlength=len(names)).astype(np.float64)
        return found

    trials = np.bincount(group, minlength=len(names))
    plain, significant = count(mixed.is_mixed), count(mixed.is_mixed_significantly)
    shares = [zip(one.tolist(), _shares(one, trials), strict=True) for one in (plain, significant)]
    figures = zip(
        trials.tolist(),
        (size - trials).tolist(),
        total(mixed.rate).tolist(),
        np.sqrt(total(mixed.error * mixed.error)).tolist(),
        total(mixed.if_judges_agree).tolist(),
        count(mixed.is_permuted).tolist(),
        strict=True,
    )
    found = [
        (name, able, left_out, one, *rates, expected if able else 0, error, agreed if able else 0, permuted, *other)
        for name, (one, rates), (many, others), (able, left_out, expected, error, agreed, permuted) in zip(
            names, *shares, figures, strict=True
        )
        for other in [(many, *others, able < FEW)]
    ]
    return tuple(sorted(found, key=lambda row: (-(row[1] + row[2]), row[0])))


def spread(place: Places, groups: Sequence[Sequence[Name]]) -> tuple[Places, Places, list[Name]]:
    """Return each member with each of its groups, in order of members: the two numbers, and the groups by number.

    `place` is for each member that of its groups. Groups are numbered in the order in which they occur.
    """
    names: dict[Name, int] = {}
    numbers = np.array([names.setdefault(one, len(names)) for one in chain.from_iterable(groups)], dtype=np.intp)
    sizes = np.array([len(one) for one in groups], dtype=np.intp)
    starts, mine = np.cumsum(sizes) - sizes, sizes[place]
    member = np.repeat(np.arange(len(place)), mine)
    nth = np.arange(len(member)) - np.repeat(np.cumsum(mine) - mine, mine)
    return member, numbers[starts[place[member]] + nth], list(names)


def _expected(rows: ToldColumns, owner: Places, starts: Places, moved: Counts) -> Floats:
    """Return rate, error and the rate if judges agree of each derivative: float64 (3, derivatives)."""
    name, is_moved = rows.name, rows.sign != 0
    names = moved
    if len({one.name for one in rows.instruments}) < len(rows.instruments):
        pairs = np.unique(owner[is_moved] * len(rows.instruments) + name[is_moved])
        names = np.bincount(pairs // max(len(rows.instruments), 1), minlength=len(starts))
    kinds = numbered(moved, names)
    _, first = np.unique(kinds, return_index=True)
    found: list[Expected] = [expect_independent(int(moved[place]), int(names[place])) for place in first.tolist()]
    figures = np.array([(one.rate, one.error, one.if_judges_agree) for one in found], dtype=np.float64)
    return figures.reshape(-1, 3).T[:, kinds]


def _first_known(owner: Places, starts: Places, codes: NDArray[np.int32], names: Names) -> NameSetColumn:
    """Return the first known name of each derivative, as a set of at most one."""
    known = np.flatnonzero(codes >= 0)
    place = np.zeros(len(starts), dtype=np.intp)
    place[owner[known[::-1]]] = codes[known[::-1]] + 1
    return NameSetColumn(sets=((), *((name,) for name in names)), place=place)


def _name_sets(owner: Places, starts: Places, codes: NDArray[np.int32], own: Sequence[Names]) -> NameSetColumn:
    """Return the union of the names of each derivative's rows, sorted; `own` are those of each code."""
    sets: dict[Names, int] = {(): 0}
    place_of = np.array([0, *(sets.setdefault(tuple(sorted(set(one))), len(sets)) for one in own)], dtype=np.intp)
    place = place_of[codes[starts] + 1]
    ends = np.append(starts[1:], len(owner))
    for several in np.unique(owner[codes != codes[starts][owner]]).tolist():
        mine = set(codes[starts[several] : ends[several]].tolist()) - {-1}
        names = tuple(sorted({name for code in mine for name in own[code]}))
        place[several] = sets.setdefault(names, len(sets))
    return NameSetColumn(sets=tuple(sets), place=place)


def _shares(successes: Counts, trials: Counts) -> list[tuple[float | None, float | None, float | None]]:
    """Return the share of each group with its interval; None without trials."""
    rates = np.divide(successes, trials, out=np.zeros(len(trials)), where=trials > 0)
    low, high = wilson(rates, trials)
    figures = zip(trials.tolist(), rates.tolist(), low.tolist(), high.tolist(), strict=True)
    return [(rate, least, most) if trial else NO_SHARE for trial, rate, least, most in figures]
