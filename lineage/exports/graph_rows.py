"""The columns of models and edges in every export of the graph, and the rows that stream through.

A row is a plain tuple in the order of its columns: for a million rows, records would cost more than the writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row: TypeAlias = tuple[object, ...]


class Kind(StrEnum):
    """The type of a column's values, all of which may be None. A `word` has few distinct values."""

    TEXT = "text"
    WORD = "word"
    TEXTS = "texts"
    TIME = "time"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportColumn:
    """A column of models or edges; `about` says what it means and what None does."""

    name: str
    kind: Kind
    about: str


MODEL_COLUMNS: Final = (
    ExportColumn(name="id", kind=Kind.TEXT, about="current name, or as declared if no model has it"),
    ExportColumn(name="status", kind=Kind.WORD, about="present, missing, private or deleted"),
    ExportColumn(name="author", kind=Kind.TEXT, about="user or organisation; null if never seen"),
    ExportColumn(name="created_at", kind=Kind.TIME, about="UTC; null if never seen"),
    ExportColumn(name="revision", kind=Kind.TEXT, about="commit when last seen; null if unknown"),
    ExportColumn(name="library", kind=Kind.WORD, about="null if none"),
    ExportColumn(name="license", kind=Kind.WORD, about="null if none is named"),
    ExportColumn(name="pipeline_tag", kind=Kind.WORD, about="task; null if none"),
    ExportColumn(name="gated", kind=Kind.WORD, about="false, auto or manual; null if unknown"),
    ExportColumn(name="downloads", kind=Kind.WHOLE, about="of the last 30 days; null if unknown"),
    ExportColumn(name="likes", kind=Kind.WHOLE, about="null if unknown"),
    ExportColumn(name="parameters", kind=Kind.WHOLE, about="number of weights; null if unknown"),
    ExportColumn(name="domains", kind=Kind.TEXTS, about="names of domains; null if none"),
    ExportColumn(name="root", kind=Kind.TEXT, about="the nearest ancestor without parents, selected or not"),
    ExportColumn(name="depth", kind=Kind.WHOLE, about="edges up to the root"),
    ExportColumn(name="derivatives", kind=Kind.WHOLE, about="descendants in all generations, selected or not"),
    ExportColumn(name="instruments", kind=Kind.WHOLE, about="number of instruments with a score; null if unscored"),
    ExportColumn(
        name="drift",
        kind=Kind.WORD,
        about=(
            "its safety verdicts against the nearest scored ancestor in one word: contradictory (worse on one "
            "instrument, better on another), worse, better, equivalent, undecided, withheld; null if not compared"
        ),
    ),
    *(
        ExportColumn(
            name=name, kind=Kind.WHOLE, about=f"number of these verdicts that are {name}; null if not compared"
        )
        for name in ("worse", "better", "equivalent", "undecided", "withheld")
    ),
)
EDGE_COLUMNS: Final = (
    ExportColumn(name="parent", kind=Kind.TEXT, about="id of the model the child was made from"),
    ExportColumn(name="child", kind=Kind.TEXT, about="id of the derivative"),
    ExportColumn(name="relation", kind=Kind.WORD, about="finetune, adapter, quantized or merge"),
    ExportColumn(name="evidence", kind=Kind.WORD, about="the kind of evidence that decided the edge"),
    ExportColumn(name="confidence", kind=Kind.NUMBER, about="probability that the edge is right, 0 to 1"),
    ExportColumn(name="inferred", kind=Kind.FLAG, about="true if nobody declared it and rules inferred it"),
    ExportColumn(name="rule", kind=Kind.WORD, about="the rules that inferred it; null if declared"),
    ExportColumn(name="declared_as", kind=Kind.TEXT, about="the parent as that evidence writes it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphRows:
    """The selected models and the edges among them.

    Each call of `models` and `edges` yields rows from the start, models in the order of their numbers, edges by child;
    read one to its end before you start the other. An edge leads from a parent to a child. `title` is the selector as
    written.
    """

    title: str
    model_count: int
    edge_count: int
    models: Callable[[], Iterable[Row]]
    edges: Callable[[], Iterable[Row]]


def place_of(columns: tuple[ExportColumn, ...], name: str) -> int:
    """Return the index of a column in a row. Raises ValueError if there is no such column."""
    return [column.name for column in columns].index(name)
