"""What every reader gets and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Score

LARGEST_FILE_BYTES: Final = 4 << 30
LARGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A result that was understood and left out: which one, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileScores:
    """All that a file says: its scores, and what was left out."""

    scores: tuple[Score, ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """How files are read: by which catalogue, and what the user says of all of them.

    `model` and `revision` name what was measured where a file says it not, or wrongly; None leaves it to the file.
    """

    catalogue: Catalogue = field(repr=False)
    model: str | None = None
    revision: str | None = None
