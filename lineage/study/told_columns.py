"""Conclusions on safety as arrays, one entry per comparison: what the tables of a study are made from.

A study of a whole Hub looks at millions of comparisons, of which an object each would cost more than all its tables.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from lineage.drift.chance import CONSTRUCTS
from lineage.drift.drift_row import ROUNDING, told_of_safety
from lineage.output.result import known
from lineage.statistics.verdicts import CODES
from lineage.vocabulary import Construct, Correction

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.vocabulary import Scale

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Codes = NDArray[np.int32]
    Places = NDArray[np.intp]

Name = TypeVar("Name", bound="Hashable")
NOBODY: Final = -1
"""The place of None in the lists of names."""
LARGEST: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldInstrument:
    """What a study asks of an instrument: its key, and facts as in `DriftRow`."""

    key: str
    name: str
    construct: Construct
    judge: str | None
    scale: Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRow:
    """One comparison, with the fields of `DriftRow` that some tables look at one by one."""

    model: str
    instrument: str
    name: str
    construct: Construct
    judge: str | None
    reference: str | None
    root: str | None
    relation: str | None
    domains: tuple[str, ...]
    value: float | None
    reference_value: float | None
    items: int | None
    sign: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ToldColumns:
    """Comparisons in the order of measuring. Names stand in sorted lists, and comparisons have places among them.

    Arrays have the shape (comparisons,). Places are int32, NOBODY for None; so are `distance` (0 for None) and
    `verdict`, the codes of `lineage.statistics.verdicts`. Figures are float64 in points, NaN for None; `items` counts.
    `is_tested` is where there is a q-value; these are at the level `alpha`, and `is_by_pair` says whether all are
    corrected over their pair alone.
    """

    instruments: tuple[ToldInstrument, ...]
    models: tuple[str, ...]
    references: tuple[str, ...]
    roots: tuple[str, ...]
    relations: tuple[str, ...]
    domain_sets: tuple[tuple[str, ...], ...]
    instrument: Codes
    model: Codes
    reference: Codes
    root: Codes
    relation: Codes
    domain_set: Codes
    distance: Codes
    verdict: Codes
    delta: Floats
    value: Floats
    reference_value: Floats
    ci_low: Floats
    ci_high: Floats
    items: Floats
    is_tested: Flags
    alpha: float
    is_by_pair: bool

    def __len__(self) -> int:
        return len(self.model)

    @classmethod
    def of(cls, rows: Iterable[DriftRow] | ToldColumns) -> ToldColumns:
        """Return the rows with a conclusion on safety as arrays; arrays as they are."""
        if isinstance(rows, ToldColumns):
            return rows
        told = told_of_safety(rows)
        by_key = {row.instrument: row for row in told}
        tested = [row for row in told if row.q_value is not None]
        places = {name: coded([getattr(row, name) for row in told]) for name in _NAMED}
        return cls(
            instruments=tuple(_instrument(by_key[key]) for key in places["instrument"][1]),
            models=places["model"][1],
            references=places["reference"][1],
            roots=places["root"][1],
            relations=places["relation"][1],
            domain_sets=places["domains"][1],
            instrument=places["instrument"][0],
            model=places["model"][0],
            reference=places["reference"][0],
            root=places["root"][0],
            relation=places["relation"][0],
            domain_set=places["domains"][0],
            distance=np.array([row.distance or 0 for row in told], dtype=np.int32),
            verdict=np.array([CODES[row.verdict] for row in told], dtype=np.int32),
            is_tested=np.array([row.q_value is not None for row in told], dtype=bool),
            alpha=max((row.alpha for row in tested), default=0.0),
            is_by_pair=all(row.correction is Correction.PAIR for row in tested),
            **{name: np.array([getattr(row, name) for row in told], dtype=np.float64) for name in _FIGURES},
        )

    def at(self, chosen: Places | Flags) -> ToldColumns:
        """Return the comparisons at these places, or where this is true."""
        found = replace(self, **{name: getattr(self, name)[chosen] for name in _COLUMNS})
        if "family" in self.__dict__:  # the names need not be ordered again
            found.__dict__["family"] = self.family[chosen]
        return found

    @cached_property
    def by_model(self) -> ToldColumns:
        """The comparisons by model and instrument, in order of both: one of each, as `drift_row.by_model` chooses."""
        key = self.model.astype(np.int64) * len(self.instruments) + self.instrument
        order = np.argsort(key, kind="stable")
        if len(key) and (np.diff(key[order]) == 0).any():
            pair = numbered(self.model, self.reference)
            uses = np.bincount(pair)[pair]
            order = np.lexsort((self.reference, self.distance, -uses, key))
            order = order[np.diff(key[order], prepend=-1) != 0]
        return self.at(order)

    @cached_property
    def direct(self) -> ToldColumns:
        """The comparisons on unsafe output itself."""
        return self.at(self.construct == CONSTRUCTS.index(Construct.UNSAFE_OUTPUT))

    @property
    def construct(self) -> Codes:
        """The places of the constructs in CONSTRUCTS."""
        return self._of_instruments([CONSTRUCTS.index(one.construct) for one in self.instruments])

    @property
    def name(self) -> Codes:
        """The places of the instruments' names among the distinct ones."""
        return self._of_instruments(coded([one.name for one in self.instruments])[0])

    def _of_instruments(self, values: Sequence[int] | Codes) -> Codes:
        found: Codes = np.array(values, dtype=np.int32)[self.instrument]
        return found

    @cached_property
    def sign(self) -> NDArray[np.int8]:
        """The signs of the differences: 1 riskier, -1 safer, 0 equal up to rounding."""
        return (self.delta > ROUNDING).astype(np.int8) - (self.delta < -ROUNDING)

    @cached_property
    def family(self) -> Codes:
        """The places of families in their order by name: the root's, else the reference's, else the model's own."""
        names = sorted({*self.roots, *self.references, *self.models})
        place = {name: number for number, name in enumerate(names)}
        of_root, of_reference, of_model = (
            np.array([place[name] for name in some] or [0], dtype=np.int32)
            for some in (self.roots, self.references, self.models)
        )
        return np.where(
            self.root >= 0,
            of_root[self.root],
            np.where(self.reference >= 0, of_reference[self.reference], of_model[self.model]),
        )

    @property
    def used_names(self) -> set[str]:
        """The models, references and roots of these comparisons."""
        named = ((self.models, self.model), (self.references, self.reference), (self.roots, self.root))
        return {names[place] for names, places in named for place in np.unique(places).tolist() if place != NOBODY}

    def rows(self, places: Places) -> Iterator[ToldRow]:
        """Yield some comparisons one by one."""
        figures = (getattr(self, name)[places].tolist() for name in ("value", "reference_value", "items", "sign"))
        named = (getattr(self, name)[places].tolist() for name in ("model", "instrument", "reference", "root"))
        others = (getattr(self, name)[places].tolist() for name in ("relation", "domain_set"))
        for model, number, reference, root, relation, domains, value, reference_value, items, sign in zip(
            *named, *others, *figures, strict=True
        ):
            instrument = self.instruments[number]
            yield ToldRow(
                model=self.models[model],
                instrument=instrument.key,
                name=instrument.name,
                construct=instrument.construct,
                judge=instrument.judge,
                reference=name_at(self.references, reference),
                root=name_at(self.roots, root),
                relation=name_at(self.relations, relation),
                domains=self.domain_sets[domains],
                value=known(value),
                reference_value=known(reference_value),
                items=None if np.isnan(items) else int(items),
                sign=sign,
            )


_NAMED: Final = ("instrument", "model", "reference", "root", "relation", "domains")
_FIGURES: Final = ("delta", "value", "reference_value", "ci_low", "ci_high", "items")
_COLUMNS: Final = tuple(one.name for one in fields(ToldColumns) if str(one.type) in {"Codes", "Floats", "Flags"})


def coded(values: Sequence[Name | None]) -> tuple[Codes, tuple[Name, ...]]:
    """Return the place of each value among the distinct ones, which are sorted; NOBODY for None and for no text."""
    names = tuple(sorted({value for value in values if value not in {None, ""}}))  # type: ignore[type-var]
    place: dict[Name | None, int] = {name: number for number, name in enumerate(names)}
    place.update({None: NOBODY, "": NOBODY})  # type: ignore[dict-item] # no text is no name
    return np.fromiter(map(place.__getitem__, values), dtype=np.int32, count=len(values)), names


def name_at(names: Sequence[Name], place: int) -> Name | None:
    """Return a name by its place, None for NOBODY."""
    return None if place == NOBODY else names[place]


def numbered(*columns: NDArray[np.integer]) -> Places:
    """Return a number from 0 for each distinct combination of places, in the order of the places."""
    key: NDArray[np.int64] = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        width = int(column.max(initial=0)) + 2
        if (int(key.max(initial=0)) + 1) * width > LARGEST:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
        key = key * width + column + 1
    found: Places = np.unique(key, return_inverse=True)[1]
    return found


def first_of_each(numbers: Places) -> tuple[Places, Places]:
    """Return the numbers in the order in which they first occur, from 0, and where each occurs first."""
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse], first[order]


def _instrument(row: DriftRow) -> ToldInstrument:
    return ToldInstrument(key=row.instrument, name=row.name, construct=row.construct, judge=row.judge, scale=row.scale)
