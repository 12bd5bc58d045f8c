"""Scores from files: which form a file has, and each file whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, assert_never

from evaluation.errors import ImportRefused, NotRecognised
from evaluation.imports import every_eval_ever, helm, inspect_logs, lm_eval, table
from evaluation.imports.interface import LARGEST_FILE_BYTES
from lineage.output.result import Result
from store.scores.write import OtherDirection, write_scores

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from evaluation.imports.interface import FileScores, ImportSettings, Skipped
    from store.database import Database
    from store.scores.write import WrittenScores

HEAD_BYTES: Final = 4_096
SUFFIXES: Final = frozenset({".json", ".jsonl", ".eval", ".csv", ".parquet"})


class ScoreFormat(StrEnum):
    """The forms that can be read."""

    LM_EVAL = "lm-eval"
    INSPECT = "inspect"
    HELM = "helm"
    EVERY_EVAL_EVER = "every-eval-ever"
    TABLE = "table"


class Importer(Protocol):
    """A module that reads one form."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether a file has this form, by its name and its first bytes."""

    def part_of(self, path: Path) -> Path | None:
        """Return the file that is read with this one and has all its scores; None where it stands for itself."""

    def read(self, path: Path, wanted: ImportSettings) -> FileScores:
        """Return all scores of a file; raises ImportRefused."""


READERS: Final[dict[ScoreFormat, Importer]] = {
    ScoreFormat.LM_EVAL: lm_eval,
    ScoreFormat.INSPECT: inspect_logs,
    ScoreFormat.HELM: helm,
    ScoreFormat.EVERY_EVAL_EVER: every_eval_ever,
    ScoreFormat.TABLE: table,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImported:
    """A file was read and stored."""

    path: Path
    form: ScoreFormat
    written: WrittenScores
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRefused:
    """A file was refused whole."""

    path: Path
    error: ImportRefused | NotRecognised | OtherDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePassedOver:
    """A file of a folder that has none of the forms."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJoined:
    """A file whose scores are read with another file of the same import: samples with their results."""

    path: Path
    whole: Path


ImportOutcome: TypeAlias = FileImported | FileRefused | FilePassedOver | FileJoined


def as_result(outcomes: Iterable[ImportOutcome]) -> Result:
    """Return what became of each file, a row a file; None where that does not apply to what became of it."""
    columns = ("file", "outcome", "form", "new", "known", "items", "left_out", "reason")
    return Result(columns=columns, rows=tuple(_row(outcome) for outcome in outcomes))


def _row(outcome: ImportOutcome) -> tuple[object, ...]:
    path = str(outcome.path)
    match outcome:
        case FileImported(form=form, written=written, skipped=skipped):
            return (path, "imported", form.value, written.new, written.known, written.items, len(skipped), None)
        case FileRefused(error=error):
            return (path, "refused", None, None, None, None, None, str(error))
        case FileJoined(whole=whole):
            return (path, "joined", None, None, None, None, None, f"read with {whole}")
        case FilePassedOver():
            return (path, "passed_over", None, None, None, None, None, None)
        case _:
            assert_never(outcome)


def import_files(
    database: Database,
    paths: Iterable[Path],
    wanted: ImportSettings,
    imported_at: datetime,
    form: ScoreFormat | None = None,
) -> Iterator[ImportOutcome]:
    """Import files, and the files of folders, in the order of their names; yields what became of each.

    Each file is one transaction. `form` says how to read them all; None lets each tell. A file that is part of another
    one that is imported too is not read a second time. What follows from the scores is not computed:
    `store.drift.measure.refresh` does.
    """
    found = _files(paths)
    for path, is_named in found.items():
        try:
            yield _import(database, path, wanted, imported_at, form, found)
        except NotRecognised as error:
            yield FileRefused(path=path, error=error) if is_named else FilePassedOver(path=path)
        except (ImportRefused, OtherDirection) as error:
            yield FileRefused(path=path, error=error)


def _import(
    database: Database,
    path: Path,
    wanted: ImportSettings,
    imported_at: datetime,
    form: ScoreFormat | None,
    beside: Container[Path],
) -> FileImported | FileJoined:
    """Import one file unless it is part of one of those beside it."""
    told = recognise(path)
    chosen = form or told
    if chosen is None:
        raise NotRecognised(path)
    whole = READERS[chosen].part_of(path)
    if whole is not None and whole in beside:
        return FileJoined(path=path, whole=whole)
    found = READERS[chosen].read(path, wanted)
    written = write_scores(database, found.scores, imported_at)
    return FileImported(path=path, form=chosen, written=written, skipped=found.skipped)


def recognise(path: Path) -> ScoreFormat | None:
    """Return the form of a file, or None for none; raises ImportRefused where it cannot be opened or is too large."""
    if path.exists() and not path.is_file():  # a pipe could be read once only, and might never end
        raise ImportRefused(path, None, "this is no regular file", "write what it holds to a file first")
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise ImportRefused(path, None, str(error.strerror or error)) from error
    if size_bytes > LARGEST_FILE_BYTES:
        raise ImportRefused(path, None, f"the file has {size_bytes:,} bytes, more than {LARGEST_FILE_BYTES:,}")
    return next((form for form, reader in READERS.items() if reader.recognises(path, head)), None)


def _files(paths: Iterable[Path]) -> dict[Path, bool]:
    """Return the files that are named, and those below the folders that are, each once, with whether it was named."""
    found: dict[Path, bool] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = True
            continue
        for below in sorted(path.rglob("*")):
            if below.suffix.lower() in SUFFIXES and below.is_file():
                found.setdefault(below, False)
    return found
