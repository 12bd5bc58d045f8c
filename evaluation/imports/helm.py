"""Scores of HELM: a run's folder with `run_spec.json`, and `per_instance_stats.json` or `stats.json` beside it.

Written after the records that crfm-helm's source (0.4 and 0.5: `Runner`, `RunSpec`, `AdapterSpec`, `PerInstanceStats`,
`Stat`, `MetricName`) serialises without nulls; no run of it was seen. Any of the three files leads to the same scores.
They are per item where the items are there, checked against `stats.json` where that is there too; else one value
without uncertainty, as HELM writes none and its `count` is of trials. HELM writes no time either.

HELM's names of models (`meta/llama-3-8b`) are often not those of the Hub; the user then says which model it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.helm_runs import ENGINE, RunSpec, read_run_spec
from evaluation.imports.helm_stats import HelmMetric, metrics_in, read_items, read_totals, within
from evaluation.imports.interface import FileScores
from evaluation.imports.json_node import NOT_KNOWN, Node, left_out, read_document, reading
from lineage.scores.score import Identity, Score

if TYPE_CHECKING:
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Instrument
    from lineage.scores.score import ItemScores

RUN_SPEC, ITEMS, TOTALS, INSTANCES = "run_spec.json", "per_instance_stats.json", "stats.json", "instances.json"
_HEADS: Final = {RUN_SPEC: b"{", ITEMS: b"[", TOTALS: b"["}
_TOLERANCE: Final = 1e-6


def recognises(path: Path, head: bytes) -> bool:
    """Say by the name, the first byte and the run's specification beside it whether a file is of a run of HELM."""
    opening = _HEADS.get(path.name)
    return opening is not None and head.lstrip().startswith(opening) and path.with_name(RUN_SPEC).is_file()


def part_of(path: Path) -> Path | None:
    """Return the run's specification, from which the whole run is read; None for itself."""
    return None if path.name == RUN_SPEC else path.with_name(RUN_SPEC)


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read the run in whose folder a file lies; raises ImportRefused where one of its files is damaged or missing."""
    with reading(path):
        return _read(path, wanted)


def _read(path: Path, wanted: ImportSettings) -> FileScores:
    run = read_run_spec(_document(path, RUN_SPEC), wanted)
    beside = {name: _document(path, name) for name in (ITEMS, TOTALS) if _is_there(path, name)}
    if not beside:
        raise ImportRefused(path, None, f"{ITEMS} and {TOTALS} are missing beside it")
    is_per_item = ITEMS in beside
    metrics = metrics_in(beside[ITEMS if is_per_item else TOTALS], is_per_item=is_per_item)
    known = {name: found for name in metrics if (found := run.instrument(wanted.catalogue, name)) is not None}
    skipped = tuple(left_out(f"{run.scenario} {name}", NOT_KNOWN) for name in metrics if name not in known)
    totals = read_totals(beside[TOTALS], known) if TOTALS in beside else {}
    if is_per_item:
        scores = _of_items(run, beside[ITEMS], known, totals)
    else:
        count = _count(path)
        scores = tuple(_of_total(run, measure, node, known[measure.metric], count) for measure, node in totals.items())
    return FileScores(scores=scores, skipped=skipped)


def _of_items(
    run: RunSpec, document: Node, known: dict[str, Instrument], totals: dict[HelmMetric, Node]
) -> tuple[Score, ...]:
    scores = []
    for measure, values in read_items(document, known).items():
        instrument = known[measure.metric]
        items = values.item_scores(run.scenario, instrument)
        value, stated = float(np.mean(items.values)), totals.get(measure)
        if stated is not None and not values.is_split and abs(stated.number() - value) > _TOLERANCE * instrument.span:
            raise stated.refused(f"{stated.number():g}, but the mean of {ITEMS} is {value:g}")
        scores.append(_score(run, measure, instrument, value, items, len(items)))
    return tuple(scores)


def _of_total(run: RunSpec, measure: HelmMetric, node: Node, instrument: Instrument, count: int | None) -> Score:
    return _score(run, measure, instrument, within(node, instrument), None, count)


def _score(
    run: RunSpec, measure: HelmMetric, instrument: Instrument, value: float, items: ItemScores | None, count: int | None
) -> Score:
    where = f", {run.deployment}" if run.deployment and run.deployment != run.model else ""
    return Score(
        model=run.model,
        revision=run.revision,
        instrument=instrument,
        identity=Identity(
            name=instrument.name,
            item_set_hash=None if items is None else items.item_set_hash,
            scorer=measure.scorer,
            judge=run.judge if instrument.judge is not None else None,
            template=run.template,
            decoding=run.decoding,
        ),
        value=value,
        stderr=None,
        items=count,
        source=ENGINE,
        origin=f"helm {run.name}{where}",
        measured_at=None,
        run_name=run.name,
        item_scores=items,
    )


def _count(path: Path) -> int | None:
    """Return how many instances were run as they are, or None where the folder does not tell."""
    if not _is_there(path, INSTANCES):
        return None
    instances = _document(path, INSTANCES).elements()
    return sum(instance.at("perturbation").value is None for instance in instances) or None


def _document(path: Path, name: str) -> Node:
    return read_document(path.with_name(name))


def _is_there(path: Path, name: str) -> bool:
    with reading(path):
        return path.with_name(name).is_file()
