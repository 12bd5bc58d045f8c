"""Every Eval Ever, the shared format of the EvalEval coalition: JSON records, samples as JSON lines, and its parquet.

The form is that of schema versions 0.2.1, 0.2.2 and 0.3.0 and of records of versions 0.0.1 and 0.2.0, read in November
and December 2026 in the repository evaleval/every_eval_ever (eval.schema.json, instance_level_eval.schema.json, its
README and converters): of these we are sure. Of 0.1.x no schema was at hand; it is read as the same. That the parquet
of the data set evaleval/EEE_datastore has one record (or one sample) a row under the same names is taken from that
repository's own script of statistics, not from a file. Fields that are not needed are not looked at, so other versions
0.x that keep the needed ones are read too; a needed one that is absent or of another form is refused with its place.

Needed: schema_version, model_info.id, evaluation_results[].evaluation_name and .score_details.score; of a sample
model_id, evaluation_name, sample_id and evaluation.score. min_score and max_score are the unit. A record `X.json` and
its samples `X.jsonl` (or `X_samples.jsonl`) beside it are read as one, whichever of the two is named.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.every_eval_ever_records import FORMAT, EvalResult, Fields, read_results
from evaluation.imports.interface import FileScores, Skipped
from evaluation.imports.table_rows import PARQUET_MAGIC, json_objects, open_table
from lineage.errors import LineageError
from lineage.scores.score import Identity, ItemScores, Score
from lineage.scores.standard_error import mean_and_error
from lineage.text.plain import plain
from lineage.vocabulary import Scale
from store.ingest import parquet_reader as tabular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Instrument

UNKNOWN_LENGTH: Final = -1
LONGEST_REPLY: Final = 2**31 - 1
TOLERANCE: Final = 0.005


@dataclass(slots=True, kw_only=True)
class RunSamples:
    """The samples of one result, in columns of one length: names, hashes where told, values, lengths of replies."""

    model: str
    name: str
    result_id: str | None
    evaluation_id: str | None
    names: list[str] = field(default_factory=list)
    hashes: list[str | None] = field(default_factory=list)
    values: array[float] = field(default_factory=lambda: array("d"))
    lengths: array[int] = field(default_factory=lambda: array("i"))
    by_metric: dict[str, array[float]] = field(default_factory=dict)

    def take(self, row: Fields) -> None:
        """Add a row. Raises ImportRefused."""
        self.names.append(row.needed_text("sample_id"))
        self.hashes.append(row.text("sample_hash"))
        self.values.append(row.child("evaluation").needed_number("score"))
        self.lengths.append(_reply_length(row))
        for metric, value in _metrics(row).items():
            self.by_metric.setdefault(metric, array("d")).append(value)

    def values_of(self, metric: str | None) -> array[float] | None:
        """Return the values of a metric, those of the samples' own if they tell none; None where some lack it."""
        if not self.by_metric or metric is None:
            return self.values
        values = self.by_metric.get(metric)
        return values if values is not None and len(values) == len(self.names) else None

    def item_scores(self, values: array[float]) -> ItemScores | None:
        """Return the samples with these values under names that are the same for all models.

        None where a sample comes several times.
        """
        names = tuple(name for name in self.hashes if name is not None)
        names = names if len(names) == len(self.names) else tuple(self.names)
        if len(set(names)) != len(names):
            return None
        lengths = np.array(self.lengths, dtype=np.int32)
        known = lengths if np.any(lengths != UNKNOWN_LENGTH) else None
        return ItemScores(items=names, values=np.array(values, dtype=np.float64), reply_lengths=known)


def gather(rows: Iterable[Fields]) -> tuple[RunSamples, ...]:
    """Return the rows of a file by model, evaluation and result. Raises ImportRefused."""
    found: dict[tuple[str | None, ...], RunSamples] = {}
    for row in rows:
        model, name = row.needed_text("model_id"), row.needed_text("evaluation_name")
        result, evaluation = row.text("evaluation_result_id"), row.text("evaluation_id")
        key = (model, name, result, evaluation)
        if (samples := found.get(key)) is None:
            samples = found[key] = RunSamples(model=model, name=name, result_id=result, evaluation_id=evaluation)
        samples.take(row)
    return tuple(found.values())


def samples_of(result: EvalResult, results: Iterable[EvalResult], samples: Iterable[RunSamples]) -> RunSamples | None:
    """Return the samples of a result, by its id, else by a name that it has alone; None where none or several fit.

    Results of one name may share samples that tell the value of each metric.
    """
    alike = [other for other in results if other.name == result.name]
    fitting = [
        group
        for group in samples
        if group.evaluation_id in {None, result.score.run_name}
        and (
            group.result_id == result.result_id
            if group.result_id
            else group.name == result.name and (len(alike) == 1 or result.metric in group.by_metric)
        )
    ]
    return fitting[0] if len(fitting) == 1 else None


def with_items(result: EvalResult, samples: RunSamples) -> tuple[Score, Skipped | None]:
    """Return a result's score with its items, or without them and why they were left out."""
    reason, score = attach(result.score, samples, result.metric)
    stated = result.score.value
    if reason is None and abs(score.value - stated) > TOLERANCE * score.instrument.span:
        reason = f"their mean {score.value:.4g} is not the stated {stated:.4g}"
    if reason is None:
        return score, None
    return result.score, Skipped(what=f"{result.score.origin}: items of {result.name}", reason=reason)


def attach(score: Score, samples: RunSamples, metric: str | None = None) -> tuple[str | None, Score]:
    """Return a score with the mean, the error and the identity of its samples; or why not, and it as it was."""
    instrument, values = score.instrument, samples.values_of(metric)
    if values is None:
        return f"some samples lack {metric}", score
    items = samples.item_scores(values)
    if items is None:
        return "a sample comes several times", score
    if not all(map(instrument.holds, values)):
        return f"a value is outside {instrument.low:g}..{instrument.high:g} of {instrument.name}", score
    if instrument.scale is Scale.RATE and not {instrument.low, instrument.high}.issuperset(values):
        return f"a value is neither {instrument.low:g} nor {instrument.high:g}: {instrument.name} counts items", score
    mean, error = mean_and_error(items.values)
    whole = replace(
        score,
        value=min(max(mean, instrument.low), instrument.high),
        stderr=error,
        items=len(items),
        item_scores=items,
        identity=replace(score.identity, item_set_hash=items.item_set_hash),
    )
    return None, whole


def _metrics(row: Fields) -> dict[str, float]:
    """Return the values of all metrics of a sample, which the converter of lm-evaluation-harness keeps beside it.

    A value that is no number is left out.
    """
    told = row.child("metadata").child("lm_eval_metrics").values
    return {name: float(value) for name, value in told.items() if isinstance(value, int | float)}


def _reply_length(row: Fields) -> int:
    """Return the characters of the first reply, -1 where there is none or it is no text."""
    raw = row.values.get("output")
    reply = raw.get("raw") if isinstance(raw, dict) else None
    first = reply[0] if isinstance(reply, list) and reply else reply
    return min(len(first), LONGEST_REPLY) if isinstance(first, str) else UNKNOWN_LENGTH


VERSIONS: Final = ("0.0.", "0.1.", "0.2.", "0.3.")
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
    origin = plain(wanted.origin or f"Every Eval Ever {stem}")
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
        raise record.refuse("schema_version", f"{version!r} is none that is known; known are 0.0 to 0.3")
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
    """Return a file that is one JSON object, or None if it is several or none. Raises ImportRefused."""
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
        if group.by_metric and wanted.model is None:
            reason = "they do not say whether an adapter was loaded; keep the record beside them, or give --model"
        elif instrument is not None:
            bare = Score(
                model=wanted.model or group.model,
                revision=wanted.revision,
                instrument=instrument,
                identity=Identity(name=instrument.name),
                value=instrument.low,
                stderr=None,
                items=None,
                source=FORMAT,
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
