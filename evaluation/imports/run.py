"""Imports scores from files: finds the format of each file, and stores it whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from evaluation.errors import ImportRefused, NotRecognised
from evaluation.imports import every_eval_ever, helm, inspect_logs, lm_eval, openeval, table
from evaluation.json_node import LARGEST_FILE_BYTES
from lineage.output.result import Result
from store.scores.write import OtherDirection, write_scores

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from evaluation.imports.interface import Importer, ImportSettings, Skipped
    from store.database import Database

HEAD_BYTES: Final = 4_096
SUFFIXES: Final = frozenset({".json", ".jsonl", ".eval", ".csv", ".parquet"})


IMPORTERS: Final[Mapping[str, Importer]] = {
    one.FORMAT: one for one in (lm_eval, inspect_logs, helm, openeval, every_eval_ever, table)
}
"""Every importer by the name of its format, in the order in which they are asked whether they recognise a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImported:
    """A file was read and stored: how many of its scores were new or known, and the items of the new ones."""

    path: Path
    format: str
    new: int
    known: int
    items: int
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRefused:
    """A file was refused whole."""

    path: Path
    error: ImportRefused | NotRecognised | OtherDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePassedOver:
    """A file of a folder that has none of the formats."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJoined:
    """A file whose scores are read with another file of the same import: samples with their results."""

    path: Path
    whole: Path


ImportOutcome: TypeAlias = FileImported | FileRefused | FilePassedOver | FileJoined


def as_result(outcomes: Iterable[ImportOutcome]) -> Result:
    """Return what became of each file, one row per file; None where a column does not apply."""
    columns = ("file", "outcome", "form", "new", "known", "items", "left_out", "reason")
    return Result(columns=columns, rows=tuple(_row(outcome) for outcome in outcomes))


def _row(outcome: ImportOutcome) -> tuple[object, ...]:
    path = str(outcome.path)
    match outcome:
        case FileImported(format=name, new=new, known=known, items=items, skipped=skipped):
            return (path, "imported", name, new, known, items, len(skipped), None)
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
    format_name: str | None = None,
) -> Iterator[ImportOutcome]:
    """Import files, and the files of folders, in the order of their names; yields what became of each.

    Each file is one transaction. `format_name` is the format of all of them, or None to recognise each. A file that is
    part of another one of the same import is not read a second time. Drift is not measured here:
    `store.drift.measure.refresh` does it.
    """
    found = _files(paths)
    for path, is_named in found.items():
        try:
            yield _import(database, path, wanted, imported_at, format_name, found)
        except NotRecognised as error:
            yield FileRefused(path=path, error=error) if is_named else FilePassedOver(path=path)
        except (ImportRefused, OtherDirection) as error:
            yield FileRefused(path=path, error=error)


def _import(
    database: Database,
    path: Path,
    wanted: ImportSettings,
    imported_at: datetime,
    format_name: str | None,
    beside: Container[Path],
) -> FileImported | FileJoined:
    """Import one file unless it is part of one of those beside it."""
    recognised = recognise(path)
    chosen = format_name or recognised
    if chosen is None:
        raise NotRecognised(path)
    whole = IMPORTERS[chosen].part_of(path)
    if whole is not None and whole in beside:
        return FileJoined(path=path, whole=whole)
    found = IMPORTERS[chosen].read(path, wanted)
    new, known = write_scores(database, found.scores, imported_at)
    items = sum(len(score.item_scores) for score in new if score.item_scores is not None)
    return FileImported(path=path, format=chosen, new=len(new), known=len(known), items=items, skipped=found.skipped)


def recognise(path: Path) -> str | None:
    """Return the format of a file, or None; raises ImportRefused where it cannot be opened or is too large."""
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
    return next((name for name, importer in IMPORTERS.items() if importer.recognises(path, head)), None)


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
