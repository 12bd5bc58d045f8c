"""Every Eval Ever, the shared format of the EvalEval coalition: JSON records, samples as JSON lines, and its parquet.

The form is that of schema versions 0.2.1 and 0.2.2 and of records of versions 0.0.1 and 0.2.0, read in November 2026 in
the repository evaleval/every_eval_ever (eval.schema.json, instance_level_eval.schema.json, its README and converters):
of these we are sure. Of 0.1.x no schema was at hand; it is read as the same. That the parquet of the data set
evaleval/EEE_datastore has one record (or one sample) a row under the same names is taken from that repository's own
script of statistics, not from a file. Fields that are not needed are not looked at, so other versions 0.x that keep the
needed ones are read too; a needed one that is absent or of another form is refused with its place.

Needed: schema_version, model_info.id, evaluation_results[].evaluation_name and .score_details.score; of a sample
model_id, evaluation_name, sample_id and evaluation.score. min_score and max_score are the unit. A record `X.json` and
its samples `X.jsonl` (or `X_samples.jsonl`) beside it are read as one, whichever of the two is named.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from evaluation.errors import ImportRefused
from evaluation.imports.every_eval_ever_items import RunSamples, attach, gather, samples_of, with_items
from evaluation.imports.every_eval_ever_records import SOURCE, EvalResult, read_results
from evaluation.imports.interface import FileScores, Skipped
from evaluation.imports.json_fields import Fields
from evaluation.imports.table_rows import PARQUET_MAGIC, json_objects, open_table
from lineage.errors import LineageError
from lineage.scores.score import Identity, Score
from lineage.text.plain import plain
from store.ingest import parquet_reader as tabular

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Instrument

VERSIONS: Final = ("0.0.", "0.1.", "0.2.")
SAMPLES_SUFFIX: Final = "_samples"
PREFIX: Final = "instance_level_eval_"
LARGEST_HEAD: Final = 1 << 16
LARGEST_DOCUMENT: Final = 64 << 20
RECORD_COLUMNS: Final = frozenset({"schema_version", "evaluation_id", "evaluation_results"})
SAMPLE_COLUMNS: Final = frozenset({"evaluation_id", "sample_id", "evaluation"})
RECORD_KEY, SAMPLE_KEY = b'"evaluation_results"', b'"sample_id"'
KEYS: Final = (b'"schema_version"', RECORD_KEY, SAMPLE_KEY)


def recognises(path: Path, head: bytes) -> bool:
    """Return whether a file is such a record, such samples or such parquet, by its first bytes `head`."""
    if not head.startswith(PARQUET_MAGIC):
        return head.lstrip().startswith(b"{") and b'"evaluation_id"' in head and any(key in head for key in KEYS)
    try:
        columns = set(tabular.column_names(path))
    except LineageError:
        return False
    return columns >= RECORD_COLUMNS or columns >= SAMPLE_COLUMNS


def part_of(path: Path) -> Path | None:
    """Return the record beside a samples file, if it is read with these samples; None where it is not."""
    if path.suffix != ".jsonl":
        return None
    record = _beside(path, has_records=False)
    return record if record is not None and _beside(record, has_records=True) == path else None


def _beside(path: Path, *, has_records: bool) -> Path | None:
    """Return the samples beside a record, or the record beside samples; None where there are none."""
    stem = path.stem.removesuffix(SAMPLES_SUFFIX)
    names = (f"{stem}.jsonl", f"{stem}{SAMPLES_SUFFIX}.jsonl") if has_records else (f"{stem}.json",)
    beside = (path.with_name(name) for name in names if path.suffix in {".json", ".jsonl"} and name != path.name)
    return next((one for one in beside if _is_ours(one, SAMPLE_KEY if has_records else RECORD_KEY)), None)


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read all scores of a file, its samples with it. Raises ImportRefused for the first fault."""
    records, samples = _split(path)
    stem = path.stem.removesuffix(SAMPLES_SUFFIX)
    if (sibling := _beside(path, has_records=bool(records))) is not None:
        other = _split(sibling)
        records, samples = records or other[0], samples or other[1]
    origin = plain(f"Every Eval Ever {stem}")
    return _with_records(records, samples, wanted, origin) if records else _samples_alone(samples, wanted, origin)


def _is_ours(path: Path, key: bytes) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(LARGEST_HEAD)
    except OSError:
        return False
    return key in head and recognises(path, head)


def _split(path: Path) -> tuple[list[Fields], tuple[RunSamples, ...]]:
    """Return the records of a file, and its samples; a file holds the one or the other."""
    rows = _objects(path)
    first = next(rows, None)
    if first is None:
        raise ImportRefused(path, None, "the file is empty")
    if "evaluation_results" in first.values:
        return [_checked(record) for record in (first, *rows)], ()
    return [], gather(_checked(row) for row in _again(first, rows))


def _again(first: Fields, rows: Iterator[Fields]) -> Iterator[Fields]:
    yield first
    yield from rows


def _checked(record: Fields) -> Fields:
    version = record.needed_text("schema_version")
    if not version.removeprefix(PREFIX).startswith(VERSIONS):
        raise record.refuse("schema_version", f"{version!r} is none that is known; known are 0.0, 0.1 and 0.2")
    return record


def _objects(path: Path) -> Iterator[Fields]:
    document = _document(path)
    if document is not None:
        yield Fields(path=path, place="", values=document)
    elif _is_parquet(path):
        table = open_table(path, lambda _: ())
        for number, row in table.rows:
            yield Fields(path=path, place=f"row {number:,}", values=dict(zip(table.columns, row, strict=True)))
    else:
        for number, read_object in json_objects(path):
            yield Fields(path=path, place=f"line {number:,}", values=read_object)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC


def _document(path: Path) -> dict[str, object] | None:
    """Return a file that is one JSON object, null where it is several or none. Raises ImportRefused."""
    try:
        if path.stat().st_size > LARGEST_DOCUMENT or _is_parquet(path):
            return None
        read_object = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ImportRefused(path, None, f"cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return None
        raise ImportRefused(path, f"line {error.lineno:,}", f"no JSON: {error.msg}") from error
    except RecursionError as error:
        raise ImportRefused(path, None, "no JSON: nested too deeply") from error
    except ValueError as error:
        raise ImportRefused(path, None, f"no JSON in UTF-8: {error}") from error
    if not isinstance(read_object, dict):
        raise ImportRefused(path, None, "no JSON object")
    return read_object


def _with_records(
    records: Sequence[Fields], samples: tuple[RunSamples, ...], wanted: ImportSettings, origin: str
) -> FileScores:
    scores: list[Score] = []
    skipped: list[Skipped] = []
    left = {id(group): group for group in samples}
    for record in records:
        understood = list(read_results(record, wanted, origin))
        skipped += (result for result in understood if isinstance(result, Skipped))
        results = [result for result in understood if isinstance(result, EvalResult)]
        for result in results:
            group = samples_of(result, results, samples)
            score, without = (result.score, None) if group is None else with_items(result, group)
            left.pop(id(group), None)
            scores.append(score)
            skipped += [] if without is None else [without]
    reason = "no single result that could be read has them"
    skipped += (Skipped(what=f"{origin}: items of {group.name}", reason=reason) for group in left.values())
    return FileScores(scores=tuple(scores), skipped=tuple(skipped))


def _samples_alone(samples: tuple[RunSamples, ...], wanted: ImportSettings, origin: str) -> FileScores:
    scores: list[Score] = []
    skipped: list[Skipped] = []
    for group in samples:
        instrument = _instrument(group.name, wanted)
        reason: str | None = "no instrument of the catalogue has this name; keep the record beside its samples"
        if instrument is not None:
            bare = Score(
                model=wanted.model or group.model,
                revision=wanted.revision,
                instrument=instrument,
                identity=Identity(name=instrument.name),
                value=instrument.low,
                stderr=None,
                items=None,
                source=SOURCE,
                origin=origin,
                measured_at=None,
                run_name=group.evaluation_id,
            )
            reason, score = attach(bare, group)
            scores += [score] if reason is None else []
        if reason is not None:
            skipped.append(Skipped(what=f"{origin}: {group.name}", reason=reason))
    return FileScores(scores=tuple(scores), skipped=tuple(skipped))


def _instrument(name: str, wanted: ImportSettings) -> Instrument | None:
    """Return the instrument of that name, or the only one that has a task of that name."""
    if (found := wanted.catalogue.find(name)) is not None:
        return found
    wanted_task = name.partition(" - ")[0].rpartition("/")[2].lower()
    tasks = {known for task, known in wanted.catalogue.by_task.items() if _task_of(task) == wanted_task}
    return wanted.catalogue.find(tasks.pop()) if len(tasks) == 1 else None


def _task_of(name: str) -> str:
    return name.partition(":")[2].rpartition("/")[0]
