"""Scores of lm-evaluation-harness: `results_TIME.json`, and `samples_TASK_TIME.jsonl` beside it (`--log_samples`).

Written after the files of version 0.4.13; keys that earlier 0.4 versions lack may be missing. If the samples of a task
are there, its score has one value per item, after three checks that they belong to the results: the hash that the
engine wrote over all of them, their number, and their mean. A samples file gives the scores of its task as the results
file gives them, so either may be imported.

Two runs have the same `template` if the prompts were the same. With samples, a hash over document, prompt and target of
every item decides, together with the version of the task and whether a chat template was used, which changes the
special tokens. Without samples, it is what the results state: few-shot examples, version, chat template, system prompt.
`item_set_hash` is that of the documents with samples, and otherwise one of the numbers of items, because `--limit`
takes the first ones.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.interface import NOT_KNOWN, FileScores, Skipped, left_out
from evaluation.imports.lm_eval_results import (
    OTHER_AGGREGATES,
    Metric,
    check_samples,
    find_metrics,
    make_score,
    read_run,
)
from evaluation.imports.lm_eval_samples import TaskSamples, item_scores, read_samples
from evaluation.json_node import read_document, reading, told
from evaluation.lm_eval_format import ENGINE
from lineage.scores.score import Identity, Score
from lineage.text.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Instrument
    from lineage.scores.score import ItemScores

FORMAT: Final = ENGINE
_TIME: Final = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?"
_SAMPLES: Final = re.compile(rf"samples_(.+)_({_TIME})\.jsonl")
_RESULTS: Final = re.compile(rf".*_({_TIME})\.json")
_RESULTS_HEAD: Final = re.compile(rb'\s*\{\s*"results"\s*:\s*\{')
_SAMPLES_HEAD: Final = re.compile(rb'\s*\{\s*"doc_id"\s*:')


def recognises(path: Path, head: bytes) -> bool:
    """Return whether a file is one of the two, by its name and first bytes."""
    if path.suffix == ".jsonl":
        return _SAMPLES_HEAD.match(head) is not None
    return _RESULTS_HEAD.match(head) is not None and (_RESULTS.fullmatch(path.name) is not None or b'"alias"' in head)


def part_of(path: Path) -> Path | None:
    """Return the results file beside a samples file, with which it is read; None for results, and without them."""
    named = _SAMPLES.fullmatch(path.name)
    return None if named is None else _results_beside(path, named[2])


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read a results file with the samples beside it, or a samples file with the results beside it.

    Raises ImportRefused, also for samples without their results, unless the user names the model: then the score is
    their mean, and what only the results state (few-shot examples, softmax, time) is None.
    """
    with reading(path):
        return _read(path, wanted)


def _read(path: Path, wanted: ImportSettings) -> FileScores:
    if path.suffix != ".jsonl":
        return _read_results(path, wanted, only=None)
    named, results = _SAMPLES.fullmatch(path.name), part_of(path)
    if named is not None and results is not None:
        return _read_results(results, wanted, only=(named[1], path))
    if wanted.model is None:
        missing = "results_TIME.json of the same run" if named is None else f"results_{named[2]}.json"
        raise ImportRefused(path, None, f"{missing} is missing beside it", "say which model it is with --model")
    return _read_alone(path, path.stem if named is None else named[1], wanted, wanted.model)


def _read_results(path: Path, wanted: ImportSettings, only: tuple[str, Path] | None) -> FileScores:
    """Read a results file; of one task and its samples file where `only` names them."""
    document = read_document(path)
    if not document.at("results").fields():
        raise document.at("results").refused("no results in it")
    run = read_run(document, wanted)
    found = list(find_metrics(document, wanted.catalogue))
    metrics = [one for one in found if isinstance(one, Metric) and (only is None or one.task == only[0])]
    samples: dict[str, TaskSamples] = {}
    for task in dict.fromkeys(leaf for metric in metrics for leaf in metric.leaves):
        beside = _samples_beside(path, task) if only is None else only[1]
        if beside is not None:
            samples[task] = read_samples(beside, frozenset(one.name for one in metrics if task in one.leaves))
            check_samples(document, task, samples[task])
    skipped = tuple(
        one for one in found if isinstance(one, Skipped) and (only is None or one.what.startswith(f"{only[0]} "))
    )
    return FileScores(scores=tuple(make_score(metric, run, samples) for metric in metrics), skipped=skipped)


def _read_alone(path: Path, task: str, wanted: ImportSettings, model: str) -> FileScores:
    """Read samples without their results."""
    samples = read_samples(path, None)
    scores = []
    skipped = []
    for name, chosen in product(samples.metrics, samples.filters()):
        key = f"{name},{chosen}"
        instrument = wanted.catalogue.for_task(ENGINE, task, key) or wanted.catalogue.for_task(ENGINE, task, name)
        items = None if instrument is None else item_scores(samples.of_filter(chosen), name, instrument)
        if instrument is None:
            skipped.append(left_out(f"{task} {key}", NOT_KNOWN))
        elif items is None or name in OTHER_AGGREGATES:
            skipped.append(left_out(f"{task} {key}", "its value is no mean of items"))
        else:
            identity = Identity(
                name=instrument.name,
                item_set_hash=items.item_set_hash,
                scorer=key,
                template=told({"prompts": samples.prompts()}),
            )
            scores.append(_mean_score(path, task, instrument, identity, items, (model, wanted.revision)))
    return FileScores(scores=tuple(scores), skipped=tuple(skipped))


def _mean_score(
    path: Path, task: str, instrument: Instrument, identity: Identity, items: ItemScores, of: tuple[str, str | None]
) -> Score:
    """Return the score that is the mean of some items; `of` is a model and its revision."""
    return Score(
        model=of[0],
        revision=of[1],
        instrument=instrument,
        identity=identity,
        value=float(np.mean(items.values)),
        stderr=None,
        items=len(items),
        source=ENGINE,
        origin=plain(f"lm-eval {path.name}"),
        measured_at=None,
        run_name=task,
        item_scores=items,
    )


def _results_beside(path: Path, time: str) -> Path | None:
    """Return the results file of a time: `results_TIME.json`, or another name that the user gave before the time."""
    usual = path.with_name(f"results_{time}.json")
    with reading(path):
        if usual.is_file():
            return usual
        others = sorted(one for one in path.parent.iterdir() if one.name.endswith(f"_{time}.json") and one.is_file())
    return others[0] if others else None


def _samples_beside(path: Path, task: str) -> Path | None:
    named = _RESULTS.fullmatch(path.name)
    if named is None or "/" in task or "\0" in task:
        return None
    beside = path.with_name(f"samples_{task}_{named[1]}.jsonl")
    with reading(path):
        return beside if beside.is_file() else None
