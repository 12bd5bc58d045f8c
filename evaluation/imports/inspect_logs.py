"""Scores of Inspect: `.eval` logs (a zip of JSON documents, mostly packed with zstd) and its JSON logs.

Seen: logs of both forms that inspect_ai 0.3.285 wrote with its `mockllm` provider, finished and failed, with epochs, a
limit, and a grader given as an option of its scorer or as a role.

The catalogue names `inspect:TASK/SCORER`; of a scorer that gives several values `SCORER.KEY`, or `KEY` alone. The task
may stand without its package. A run that did not end well is refused, unless every sample of its data set was finished.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.inspect_samples import SampleScores, sample_name
from evaluation.imports.inspect_setup import identity_of, model_of
from evaluation.imports.interface import FileScores
from evaluation.imports.json_node import NOT_KNOWN, Node, left_out, read_document, reading
from evaluation.imports.zip_entries import open_archive
from lineage.scores.score import Score
from lineage.text.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Catalogue, Instrument
    from lineage.scores.score import ItemScores

ENGINE: Final = "inspect"
_JSON_HEAD: Final = re.compile(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:\s*"\w+"\s*,\s*"eval"\s*:')
_ZIP_MARK: Final = b"PK\x03\x04"
_HEADER, _START = "header.json", "_journal/start.json"
_MEANS: Final = ("accuracy", "mean")
_TOLERANCE: Final = 1e-6


def recognises(path: Path, head: bytes) -> bool:
    """Say by the name and the first bytes whether a file is a log of Inspect."""
    if head.startswith(_ZIP_MARK):
        return path.suffix == ".eval" or b"_journal/start.json" in head[:64]
    return _JSON_HEAD.match(head) is not None


def part_of(_: Path) -> None:
    """Return None: a log stands for itself."""


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read a log; raises ImportRefused where it is damaged, unfinished or marked as invalid."""
    with reading(path):
        return _read(path, wanted)


def _read(path: Path, wanted: ImportSettings) -> FileScores:
    log, samples = _read_archive(path) if _is_archive(path) else _read_json(path)
    if log.at("invalidated").value is True:
        raise log.at("invalidated").refused("the log was marked as invalid")
    _check_whole(log, samples)
    scores: list[Score] = []
    skipped = []
    for scorer in samples.scorers():
        instrument = _find(wanted.catalogue, log.at("eval", "task"), scorer)
        reason = NOT_KNOWN if instrument is None else samples.why_unusable(scorer)
        if instrument is None or reason is not None:
            skipped.append(left_out(f"{log.at('eval', 'task').text()} {scorer}", reason or ""))
        else:
            scores.append(_score(log, samples, scorer, instrument, wanted))
    return FileScores(scores=tuple(scores), skipped=tuple(skipped))


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP_MARK)) == _ZIP_MARK or path.suffix == ".eval"


def _read_archive(path: Path) -> tuple[Node, SampleScores]:
    samples = SampleScores()
    with open_archive(path) as archive:
        heads = [name for name in (_HEADER, _START) if name in archive.entries]
        if not heads:
            raise ImportRefused(path, None, f"{_HEADER} is missing: not a log of Inspect")
        log = archive.document(heads[0])
        for name in archive.names("samples/"):
            samples.add(archive.document(name))
    return log, samples


def _read_json(path: Path) -> tuple[Node, SampleScores]:
    log = read_document(path)
    samples = SampleScores()
    for sample in log.at("samples").elements():
        samples.add(sample)
    return log, samples


def _check_whole(log: Node, samples: SampleScores) -> None:
    """Refuse a log without samples, and a run that did not end well unless all of its samples did."""
    if not samples.items:
        raise log.refused("no samples in it (`--no-log-samples`?)")
    status = log.at("status").text() or "started"
    if status == "success":
        return
    dataset, told = log.at("eval", "dataset"), log.at("eval", "config", "epochs")
    epochs = 1 if told.value is None else told.count()
    ids = {sample_name(one) for one in dataset.at("sample_ids").elements()}
    done = {name for name, item in samples.items.items() if item.finished >= epochs}
    total = len(ids) or (dataset.at("samples").count() if dataset.at("samples").value is not None else 0)
    if not total or len(done) < total or not ids <= done:
        raise log.at("status").refused(f"the run is not whole ({status}): {len(done):,} of {total or '?'} samples")


def _find(catalogue: Catalogue, task: Node, scorer: str) -> Instrument | None:
    name = task.text() or ""
    for known in dict.fromkeys((name, name.rpartition("/")[2])):
        for called in dict.fromkeys((scorer, scorer.rpartition("/")[2], scorer.rpartition(".")[2])):
            instrument = catalogue.for_task(ENGINE, known, called)
            if instrument is not None:
                return instrument
    return None


def _score(log: Node, samples: SampleScores, scorer: str, instrument: Instrument, wanted: ImportSettings) -> Score:
    items = samples.item_scores(scorer, instrument)
    model, revision, carrier = model_of(log, wanted)
    told = _told(log, scorer)
    return Score(
        model=model,
        revision=revision,
        instrument=instrument,
        identity=identity_of(log, samples, scorer, instrument, items),
        value=_checked_mean(log, items, told, instrument),
        stderr=None if told is None or told.at("metrics", "stderr").value is None else _stderr(told),
        items=len(items),
        source=ENGINE,
        origin=plain(
            f"inspect {log.at('eval', 'task').text()}, {log.path.name}" + (f", on {carrier}" if carrier else "")
        ),
        measured_at=log.at("eval", "created").written_moment(),
        run_name=log.at("eval", "task_id").text() or log.at("eval", "run_id").text(),
        item_scores=items,
    )


def _told(log: Node, scorer: str) -> Node | None:
    """Return what the log's results say of a scorer, of one of several values of its key; None where nothing."""
    for row in log.at("results", "scores").elements():
        name, by = row.at("name").value, row.at("scorer").value
        if scorer in (name, f"{by}.{name}"):
            return row
    return None


def _checked_mean(log: Node, items: ItemScores, told: Node | None, instrument: Instrument) -> float:
    """Return the mean of the items; raises ImportRefused where the results say another, as then the log was changed.

    They are compared where Inspect takes a plain mean: no options of the metric, and epochs reduced by their mean.
    """
    mean = float(np.mean(items.values))
    reducers = log.at("eval", "config", "epochs_reducer").value
    for name in _MEANS if told is not None and reducers in (None, ["mean"]) else ():
        metric = told.at("metrics", name) if told is not None else log
        if metric.value is not None and not metric.at("params").fields():
            stated = metric.at("value")
            if abs(stated.number() - mean) > _TOLERANCE * instrument.span:
                raise stated.refused(f"{stated.number():g}, but the mean of the samples is {mean:g}")
    return mean


def _stderr(told: Node) -> float | None:
    node = told.at("metrics", "stderr", "value")
    error = node.number()
    if error < 0:
        raise node.refused("a standard error below 0")
    return error
