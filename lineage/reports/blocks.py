"""What a report is made of, before anybody decides how it looks: headings, paragraphs, tables, figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from lineage.figures.svg import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of level 1 (the report's) to 3; `anchor` is what links to it are called."""

    words: str
    level: int = 2
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Some sentences. With `is_warning` they must not be overlooked."""

    words: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBlock:
    """Named columns and rows of texts; `caption` says what the rows are, `numbers` are the columns of figures.

    `nothing` is said in the place of a table without rows.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    nothing: str = "None."


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure, with what it shows said below it."""

    figure: Figure


Block: TypeAlias = Heading | Paragraph | TableBlock | Picture
