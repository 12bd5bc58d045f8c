"""Facts known about a derivative before any evaluation, as numbers: the columns of a design matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.study.mixed_columns import spread
from lineage.study.told_columns import NOBODY, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.study.inputs import StudyInputs
    from lineage.study.told_columns import ToldColumns, ToldRow

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

MARKS_LIMIT: Final = 60
"""The number of indicator columns kept, those that most families share first; more could not be distinguished."""
LEAST_FAMILIES: Final = 2
"""The fewest families per indicator: one that a single family has says nothing about another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Column names, float64 values of shape (kinds, columns), and for each row its kind. None is of an evaluation.

    Many rows are alike in all columns, so only those that are asked for are made.
    """

    columns: tuple[str, ...]
    kinds: Floats
    kind: Places

    def __getitem__(self, rows: Places) -> Floats:
        """Return the values of some rows: float64 (rows, columns)."""
        found: Floats = self.kinds[self.kind[rows]]
        return found


def describe(told: ToldColumns, facts: StudyInputs) -> Design:
    """Return the metadata of each row: the base's size, declared hyperparameters, and indicators that families share.

    Numbers are logarithms; an unknown one is replaced by the mean of the known ones, and another column says so.
    Indicators are relation, domain, method, library, data sets and the instrument.
    """
    kind = _kinds(told, facts)
    rows = tuple(told.rows(np.unique(kind, return_index=True)[1]))
    numbers = [_numbers(row, facts) for row in rows]
    marks = [frozenset(_marks(row, facts)) for row in rows]
    names: list[str] = []
    columns: list[Floats] = []
    for name in numbers[0] if numbers else ():
        values = np.array([math.nan if one[name] is None else one[name] for one in numbers], dtype=np.float64)
        known, of_rows = ~np.isnan(values), values[kind]
        if known.any():
            names += [name, f"{name} not known"]
            columns += [np.where(known, values, of_rows[~np.isnan(of_rows)].mean()), (~known).astype(np.float64)]
    for mark in _shared(marks, kind, told.family):
        names.append(mark)
        columns.append(np.array([mark in mine for mine in marks], dtype=np.float64))
    return Design(
        columns=tuple(names), kinds=np.column_stack(columns) if columns else np.zeros((len(rows), 0)), kind=kind
    )


def _kinds(told: ToldColumns, facts: StudyInputs) -> Places:
    """Return a number for each row, equal where everything that a design looks at is."""
    known = [
        np.append(facts.numbers(names), NOBODY)[places]
        for names, places in ((told.models, told.model), (told.references, told.reference), (told.roots, told.root))
    ]
    return numbered(told.instrument, told.relation, told.domain_set, *known)


def _numbers(row: ToldRow, facts: StudyInputs) -> dict[str, float | None]:
    base = facts.of(row.reference).parameters or facts.of(row.root).parameters
    training = facts.of(row.model).training
    return {
        "parameters of the base": _log(base),
        "learning rate": _log(training.learning_rate),
        "epochs": _log(training.epochs),
        "batch size": _log(training.batch_size),
        "LoRA rank": _log(training.lora_rank),
    }


def _log(value: float | None) -> float | None:
    return None if value is None or value <= 0 else math.log10(value)


def _marks(row: ToldRow, facts: StudyInputs) -> Iterator[str]:
    known = facts.of(row.model)
    yield f"instrument {row.instrument}"
    yield f"relation {row.relation or known.relation}"
    yield f"method {known.training.method}"
    yield f"library {known.library}"
    yield from (f"domain {domain}" for domain in row.domains)
    yield from (f"data set {name}" for name in known.datasets or known.training.datasets)


def _shared(marks: Sequence[frozenset[str]], kind: Places, family: NDArray[np.int32]) -> list[str]:
    width = int(family.max(initial=0)) + 1
    pairs = np.unique(kind * width + family)
    member, mark, names = spread(pairs // width, [tuple(mine) for mine in marks])
    families = np.unique(mark * width + pairs[member] % width) // width
    counts = dict(zip(names, np.bincount(families, minlength=len(names)).tolist(), strict=True))
    everywhere = frozenset.intersection(*marks) if marks else frozenset()
    kept = [mark for mark, count in counts.items() if count >= LEAST_FAMILIES and mark not in everywhere]
    return sorted(kept, key=lambda mark: (-counts[mark], mark))[:MARKS_LIMIT]
