"""What a study is asked over, and what it answers: facts of models, and tables with a title and a note."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from lineage.output.result import Result
from lineage.output.terminal import Layout
from lineage.study.training_facts import NOTHING, TrainingFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lineage.drift.null_model import PairedItems


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """What is known of a model before it is evaluated. Null or empty where unknown.

    `parameters` counts weights; of an adapter those of the adapter, so that a base's number is read off the base.
    """

    parameters: int | None = None
    library: str | None = None
    relation: str | None = None
    datasets: tuple[str, ...] = ()
    training: TrainingFacts = NOTHING


UNKNOWN = StudyFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyInputs:
    """Facts by model, bases among them, and the paired answers of each derivative where they are known.

    `replies` tells of instruments, by their keys, which look at the same replies (`Identity.replies`); of those that it
    lacks, all of one name do.
    """

    models: Mapping[str, StudyFacts] = field(default_factory=dict)
    items: Mapping[str, Sequence[PairedItems]] = field(default_factory=dict)
    replies: Mapping[str, str] = field(default_factory=dict)

    def of(self, model: str | None) -> StudyFacts:
        """Return what is known of a model; nothing where it is not there."""
        return UNKNOWN if model is None else self.models.get(model, UNKNOWN)

    def replies_of(self, instrument: str, name: str) -> str:
        """Return what tells the replies that an instrument of this name looks at from those of others."""
        return self.replies.get(instrument, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTable:
    """One question answered: `name` for programs, `title` for people, `note` on how to read it, and the answer.

    `layout` is how a terminal shows it: with rows as records none of the words is left out where it is narrow.
    """

    name: str
    title: str
    note: str
    result: Result
    layout: Layout = Layout.COLUMNS


def as_result(rows: Iterable[object], kind: type) -> Result:
    """Return records of one kind, each a dataclass, as an answer: its fields, then its properties that are questions.

    A property whose name starts with `is_` becomes a column, such as `is_few` of a group too small to say much.
    """
    questions = tuple(
        name for name, value in vars(kind).items() if name.startswith("is_") and isinstance(value, property)
    )
    columns = (*(one.name for one in fields(kind)), *questions)
    return Result(columns=columns, rows=tuple(tuple(getattr(row, name) for name in columns) for row in rows))
