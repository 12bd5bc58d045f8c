"""Facts known about a derivative before any evaluation, as numbers: the columns of a design matrix."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.study.inputs import StudyInputs

    Floats = NDArray[np.float64]

MARKS_LIMIT: Final = 60
"""The number of indicator columns kept, those that most families share first; more could not be distinguished."""
LEAST_FAMILIES: Final = 2
"""The fewest families per indicator: one that a single family has says nothing about another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Column names, and float64 values of shape (rows, columns). No value comes from an evaluation."""

    columns: tuple[str, ...]
    values: Floats


def describe(rows: Sequence[DriftRow], families: Sequence[str], facts: StudyInputs) -> Design:
    """Return the metadata of each row: the base's size, declared hyperparameters, and indicators that families share.

    Numbers are logarithms; an unknown one is replaced by the mean of the known ones, and another column says so.
    Indicators are relation, domain, method, library, data sets and the instrument.
    """
    numbers = [_numbers(row, facts) for row in rows]
    marks = [frozenset(_marks(row, facts)) for row in rows]
    names: list[str] = []
    columns: list[Floats] = []
    for name in numbers[0] if numbers else ():
        values = np.array([math.nan if one[name] is None else one[name] for one in numbers], dtype=np.float64)
        known = ~np.isnan(values)
        if known.any():
            names += [name, f"{name} not known"]
            columns += [np.where(known, values, values[known].mean()), (~known).astype(np.float64)]
    for mark in _shared(marks, families):
        names.append(mark)
        columns.append(np.array([mark in mine for mine in marks], dtype=np.float64))
    values = np.column_stack(columns) if columns else np.zeros((len(rows), 0))
    return Design(columns=tuple(names), values=values)


def _numbers(row: DriftRow, facts: StudyInputs) -> dict[str, float | None]:
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


def _marks(row: DriftRow, facts: StudyInputs) -> Iterator[str]:
    known = facts.of(row.model)
    yield f"instrument {row.instrument}"
    yield f"relation {row.relation or known.relation}"
    yield f"method {known.training.method}"
    yield f"library {known.library}"
    yield from (f"domain {domain}" for domain in row.domains)
    yield from (f"data set {name}" for name in known.datasets or known.training.datasets)


def _shared(marks: Sequence[frozenset[str]], families: Sequence[str]) -> list[str]:
    pairs = {(mark, family) for mine, family in zip(marks, families, strict=True) for mark in mine}
    counts = Counter(mark for mark, _ in pairs)
    everywhere = frozenset.intersection(*marks) if marks else frozenset()
    kept = [mark for mark, count in counts.items() if count >= LEAST_FAMILIES and mark not in everywhere]
    return sorted(kept, key=lambda mark: (-counts[mark], mark))[:MARKS_LIMIT]
