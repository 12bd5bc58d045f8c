"""The input and output of a study: facts about models, and tables with a title and a note."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np

from lineage.output.result import Result
from lineage.output.terminal import Layout
from lineage.study.training_facts import NOTHING, TrainingFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.drift.null_model import PairedItems


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """Facts known about a model before it is evaluated; None or empty if unknown.

    `parameters` counts weights; for an adapter it counts the adapter's own, so a base's number is read from the base.
    """

    parameters: int | None = None
    library: str | None = None
    relation: str | None = None
    datasets: tuple[str, ...] = ()
    training: TrainingFacts = NOTHING


UNKNOWN = StudyFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyInputs:
    """Facts by model, bases included, and the paired answers of each derivative if they are known.

    `replies` maps the key of an instrument to a value that is equal for instruments that score the same replies
    (`Identity.replies`); instruments that it lacks are grouped by name.
    """

    models: Mapping[str, StudyFacts] = field(default_factory=dict)
    items: Mapping[str, Sequence[PairedItems]] = field(default_factory=dict)
    replies: Mapping[str, str] = field(default_factory=dict)

    def of(self, model: str | None) -> StudyFacts:
        """Return the facts about a model; empty if the model is unknown."""
        return UNKNOWN if model is None else self.models.get(model, UNKNOWN)

    def numbers(self, models: Iterable[str]) -> NDArray[np.int32]:
        """Return a number for each model: equal where the facts are one object, which models may share."""
        places: dict[int, int] = {}
        found = [places.setdefault(id(self.of(model)), len(places)) for model in models]
        return np.array(found, dtype=np.int32)

    def replies_of(self, instrument: str, name: str) -> str:
        """Return a value that is equal for instruments that score the same replies."""
        return self.replies.get(instrument, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTable:
    """The answer to one question: `name` for programs, `title` for people, `note` on how to read it, and the rows.

    `layout` is how a terminal shows it: as records, no text is left out on a narrow terminal.
    """

    name: str
    title: str
    note: str
    result: Result
    layout: Layout = Layout.COLUMNS


def as_result(rows: Iterable[object], kind: type) -> Result:
    """Return records of one dataclass as a result with the columns of `columns_of`."""
    columns = columns_of(kind)
    return Result(columns=columns, rows=tuple(tuple(getattr(row, name) for name in columns) for row in rows))


def columns_of(kind: type) -> tuple[str, ...]:
    """Return the fields of a dataclass, then its boolean properties.

    A property whose name starts with `is_` becomes a column, such as `is_few` for a group too small to conclude from.
    """
    questions = tuple(
        name for name, value in vars(kind).items() if name.startswith("is_") and isinstance(value, property)
    )
    return (*(one.name for one in fields(kind)), *questions)
