"""What every export of the graph has: the columns of models and edges, and the rows themselves as they stream by.

A row is a plain tuple in the order of its columns: of a million, records would cost more than all the writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row: TypeAlias = tuple[object, ...]


class Kind(StrEnum):
    """What the values of a column are; any of them may be None. Of a `word` there are few different ones."""

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
    ExportColumn(name="id", kind=Kind.TEXT, about="name of today, or as declared where nobody has it"),
    ExportColumn(name="status", kind=Kind.WORD, about="present, missing, private or deleted"),
    ExportColumn(name="author", kind=Kind.TEXT, about="user or organisation; null where never seen"),
    ExportColumn(name="created_at", kind=Kind.TIME, about="UTC; null where never seen"),
    ExportColumn(name="revision", kind=Kind.TEXT, about="commit when last seen; null where not told"),
    ExportColumn(name="library", kind=Kind.WORD, about="null where none"),
    ExportColumn(name="license", kind=Kind.WORD, about="null where none is named"),
    ExportColumn(name="pipeline_tag", kind=Kind.WORD, about="task; null where none"),
    ExportColumn(name="gated", kind=Kind.WORD, about="false, auto or manual; null where not told"),
    ExportColumn(name="downloads", kind=Kind.WHOLE, about="of the last 30 days; null where not told"),
    ExportColumn(name="likes", kind=Kind.WHOLE, about="null where not told"),
    ExportColumn(name="parameters", kind=Kind.WHOLE, about="number of weights; null where not told"),
    ExportColumn(name="domains", kind=Kind.TEXTS, about="medical, legal, financial; null where none"),
    ExportColumn(name="root", kind=Kind.TEXT, about="the nearest ancestor without parents, chosen or not"),
    ExportColumn(name="depth", kind=Kind.WHOLE, about="edges up to the root"),
    ExportColumn(name="derivatives", kind=Kind.WHOLE, about="models made from it, over all generations, chosen or not"),
    ExportColumn(name="instruments", kind=Kind.WHOLE, about="instruments that it has a score on; null where unscored"),
    ExportColumn(
        name="drift",
        kind=Kind.WORD,
        about=(
            "what its verdicts of safety against the nearest scored ancestor say together: contradictory (worse by one "
            "instrument, better by another), worse, better, equivalent, undecided, withheld; null where not compared"
        ),
    ),
    *(
        ExportColumn(
            name=name, kind=Kind.WHOLE, about=f"how many of these verdicts are {name}; null where not compared"
        )
        for name in ("worse", "better", "equivalent", "undecided", "withheld")
    ),
)
EDGE_COLUMNS: Final = (
    ExportColumn(name="parent", kind=Kind.TEXT, about="id of the model that the child was made from"),
    ExportColumn(name="child", kind=Kind.TEXT, about="id of the derivative"),
    ExportColumn(name="relation", kind=Kind.WORD, about="finetune, adapter, quantized or merge"),
    ExportColumn(name="evidence", kind=Kind.WORD, about="the kind of evidence that decided"),
    ExportColumn(name="confidence", kind=Kind.NUMBER, about="how likely the edge is right, 0 to 1"),
    ExportColumn(
        name="inferred", kind=Kind.FLAG, about="true where nobody declared it and it was concluded from signs"
    ),
    ExportColumn(name="rule", kind=Kind.WORD, about="the rules that concluded it; null where it is declared"),
    ExportColumn(name="declared_as", kind=Kind.TEXT, about="the parent as that evidence writes it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphRows:
    """The chosen models and the edges among them.

    `models` and `edges` each start to yield rows anew when called, models in the order of their numbers, edges by
    child; one is read to its end before the other begins. An edge leads from a parent to a child. `title` is the
    selector as it was written.
    """

    title: str
    model_count: int
    edge_count: int
    models: Callable[[], Iterable[Row]]
    edges: Callable[[], Iterable[Row]]


def place_of(columns: tuple[ExportColumn, ...], name: str) -> int:
    """Return where a column stands in a row; raises ValueError where there is none of that name."""
    return [column.name for column in columns].index(name)
