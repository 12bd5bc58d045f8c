"""The building blocks of a report, independent of its format: headings, paragraphs, tables, figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from lineage.figures.svg import Figure

APPENDIX: Final = "appendix"
"""The anchor of the heading that the tables of the appendix follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of level 1 (the report's) to 3; links point to its `anchor`."""

    words: str
    level: int = 2
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of sentences; `is_warning` makes it stand out."""

    words: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBlock:
    """Named columns and rows of texts; `caption` describes the rows, `numbers` are the numeric columns.

    `nothing` is shown instead of a table without rows.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    nothing: str = "None."


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure with a caption below it."""

    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Named places to be filled in by hand; the printed page ends after them."""

    places: tuple[str, ...]


Block: TypeAlias = Heading | Paragraph | TableBlock | Picture | Signature
