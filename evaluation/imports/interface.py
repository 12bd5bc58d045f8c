"""What an importer implements: it recognises files of one format and returns their scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from lineage.text.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Score

NOT_KNOWN: Final = "no instrument of the catalogue measures it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A result that was understood and left out: which one, and why."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileScores:
    """Everything in a file: its scores, and what was left out."""

    scores: tuple[Score, ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """How files are read: with which catalogue, and what the user says about all of them.

    `model` and `revision` name what was measured if a file does not say so, or says it wrongly; None leaves it to the
    file. `origin` is how the origin of its scores begins, None for the format and the file's name.
    """

    catalogue: Catalogue = field(repr=False)
    model: str | None = None
    revision: str | None = None
    origin: str | None = None


def left_out(what: str, reason: str) -> Skipped:
    """Return a result that was understood and left out; what strangers called it is made fit to be shown."""
    return Skipped(what=plain(what), reason=reason)


class Importer(Protocol):
    """A module that reads one format."""

    @property
    def FORMAT(self) -> str:  # noqa: N802 -- a constant of the module
        """The name of the format, as `--as` takes it."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether a file has this format, by its name and its first bytes."""

    def part_of(self, path: Path) -> Path | None:
        """Return the file that is read together with this one and has all its scores; None for a file on its own."""

    def read(self, path: Path, wanted: ImportSettings) -> FileScores:
        """Return all scores of a file; raises ImportRefused."""
