"""OpenEval, the item-centred format of open-eval.github.io: items with the responses of models, and their scores.

Written after its schema v0.1.0, its two example items and its own converter from HELM. A file is a list of items or one
item (`.json`), items as JSON lines (`.jsonl`), or the table of responses alone as JSON lines or parquet, where the
first parts of a response's id name its benchmark and item. Each metric of a model on a benchmark, with one judge and
one way to ask, makes a score; several responses of a model to an item are trials, whose mean is the item's value.

In parquet, lists of structures may be structures of lists, and the parameters of generation a text of JSON: so the
adapter of Every Eval Ever reads them (adapters/openeval/adapter.py of evaleval/every_eval_ever, read in December 2026).
No file of the data set was at hand; both forms are read.

The names of models are often not those of the Hub, and no commit is stated: the user then says which model it is. A
benchmark that HELM ran is known by HELM's names too, with lower case and underscores.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.helm import FORMAT as HELM
from evaluation.imports.helm import within
from evaluation.imports.interface import NOT_KNOWN, FileScores, left_out
from evaluation.imports.table_rows import PARQUET_MAGIC
from evaluation.json_node import Node, name_of, read_document, read_lines, reading, told
from lineage.errors import LineageError
from lineage.scores.score import Identity, ItemScores, Score, digest
from store.errors import StoreError
from store.ingest import parquet_reader as tabular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Catalogue, Instrument

FORMAT: Final = "openeval"
LINES: Final = ".jsonl"
_RESPONSE_ID: Final = re.compile(r"((.+?)_\d{8}T\d{6}Z_\d+)(?:_.*)?")
_TABLE: Final = frozenset({"response_id", "model", "scores"})
_MARKS: Final = ((b'"item_id"', b'"item_metadata"'), (b'"response_id"', b'"model_adaptation"'))


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricKey:
    """What responses have in common that make one score; texts that may be long are hashes."""

    model: str
    benchmark: str
    version: str | None
    metric: str
    judge: str | None
    decoding: str | None
    system: str | None
    tools: str | None


@dataclass(slots=True)
class ItemTrials:
    """The values of a score by item, one for each response, and a hash of how each item was asked."""

    instrument: Instrument
    of_item: dict[str, list[float]] = field(default_factory=dict)
    asked: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedResponse:
    """A response with the item and benchmark that it belongs to."""

    node: Node
    item: str
    benchmark: str
    version: str | None


def recognises(path: Path, head: bytes) -> bool:
    """Return whether a file has OpenEval's items or responses, by its first byte and the names of its fields."""
    if head.startswith(PARQUET_MAGIC):
        try:
            return _TABLE.issubset(tabular.column_names(path))
        except LineageError:
            return False
    opening = head.lstrip()[:1]
    starts = opening == b"{" or (opening == b"[" and path.suffix.lower() != LINES)
    return starts and any(all(mark in head for mark in marks) for marks in _MARKS)


def part_of(path: Path) -> None:
    """Return None: each file is read on its own."""


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read all scores of a file; raises ImportRefused where one of its entries is damaged."""
    return read_together([path], wanted, lambda _: True)


def read_together(paths: Sequence[Path], wanted: ImportSettings, is_wanted: Callable[[str], bool]) -> FileScores:
    """Read the scores of wanted models of files that are one table; raises ImportRefused for the first damaged entry.

    Of a model that is not wanted nothing but its name is looked at.
    """
    found: dict[MetricKey, ItemTrials] = {}
    unknown: dict[str, None] = {}
    known_ids: set[str] = set()
    for path in paths:
        with reading(path):
            _gather(path, wanted.catalogue, is_wanted, found, unknown, known_ids)
    models = sorted({key.model for key in found})
    if wanted.model is not None and len(models) > 1:
        raise ImportRefused(
            paths[0], None, f"it has {len(models):,} models, such as {models[0]} and {models[1]}: no --model"
        )
    scores = tuple(_score(key, trials, wanted) for key, trials in found.items())
    return FileScores(scores=scores, skipped=tuple(left_out(what, NOT_KNOWN) for what in unknown))


def _gather(
    path: Path,
    catalogue: Catalogue,
    is_wanted: Callable[[str], bool],
    found: dict[MetricKey, ItemTrials],
    unknown: dict[str, None],
    known_ids: set[str],
) -> None:
    for response in _responses(path):
        if not is_wanted(_model_name(response.node)):
            continue
        _check_once(response.node, known_ids)
        for score in response.node.at("scores").elements():
            metric = _named(score.at("metric", "name"), "a score without a metric")
            instrument = find_instrument(catalogue, response.benchmark, metric)
            if instrument is None:
                unknown[f"{response.benchmark} {metric}"] = None
                continue
            trials = found.setdefault(_key(response, metric, score), ItemTrials(instrument))
            trials.of_item.setdefault(response.item, []).append(within(score.at("value"), instrument))
            trials.asked.add((response.item, _asked(response.node, score)))


def _responses(path: Path) -> Iterator[PlacedResponse]:
    """Yield the responses of all items, or those of a table of responses."""
    for entry in _entries(path):
        fields = entry.fields()
        if "responses" in fields:
            source = entry.at("item_metadata", "source")
            named = source if isinstance(source.value, str) else source.at("benchmark_name")
            benchmark = _named(named, "an item without the name of its benchmark")
            version = None if named is source else source.at("benchmark_version").text()
            item = entry.at("item_id").text() or f"sha256:{digest(entry.at('item_content').value)}"
            for node in entry.at("responses").elements():
                yield PlacedResponse(node=node, item=name_of(item), benchmark=benchmark, version=version)
            continue
        identifier = entry.at("response_id")
        parts = _RESPONSE_ID.fullmatch(identifier.text() or "")
        if parts is None:
            raise identifier.refused("an entry without responses, whose id names no benchmark and item")
        yield PlacedResponse(node=entry, item=name_of(parts[1]), benchmark=parts[2], version=None)


def _entries(path: Path) -> Iterator[Node]:
    with path.open("rb") as file:
        is_parquet = file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    if is_parquet:
        return _rows(path)
    if path.suffix.lower() == LINES:
        return read_lines(path)
    document = read_document(path)
    return document.elements() if isinstance(document.value, list) else iter((document,))


def _rows(path: Path) -> Iterator[Node]:
    """Yield the rows of a parquet table in the form that JSON has."""
    number = 0
    try:
        columns = tabular.column_names_without_replies(path)
        for number, cells in enumerate(tabular.rows_without_replies(path), start=1):
            yield Node(path, f"row {number:,}", _as_json(dict(zip(columns, cells, strict=True))))
    except StoreError as error:
        raise ImportRefused(path, f"row {number + 1:,} or after", f"no readable parquet: {error}") from error


def _as_json(row: dict[str, object]) -> dict[str, object]:
    """Return a row with lists of structures where parquet has structures of lists, and structures for their JSON."""
    scores = _as_list(row.get("scores"))
    for score in scores if isinstance(scores, list) else ():
        if isinstance(score, dict) and isinstance(metric := score.get("metric"), dict):
            score["metric"] = metric | {"extra_artifacts": _as_list(metric.get("extra_artifacts"))}
    model = row.get("model")
    adaptation = model.get("model_adaptation") if isinstance(model, dict) else None
    if isinstance(model, dict) and isinstance(adaptation, dict):
        settings = adaptation.get("generation_parameters")
        if isinstance(settings, str):
            adaptation = adaptation | {"generation_parameters": _parsed(settings)}
        row = row | {"model": model | {"model_adaptation": adaptation}}
    return row | {"scores": scores}


def _as_list(value: object) -> object:
    """Return a structure of lists as a list of structures, any other value as it is; an empty one is an empty list."""
    if not isinstance(value, dict) or not all(isinstance(one, list | None) for one in value.values()):
        return [] if value is None else value
    lengths = {len(one or ()) for one in value.values()}
    if len(lengths) > 1:
        return value  # refused where a list is needed
    return [dict(zip(value, entry, strict=True)) for entry in zip(*(one or () for one in value.values()), strict=True)]


def _parsed(text: str) -> object:
    """Return what a text of JSON holds, or the text where it is none."""
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return text


def _check_once(response: Node, known: set[str]) -> None:
    """Raise ImportRefused for a response that the file had before."""
    identifier = response.at("response_id").text()
    if identifier in known:
        raise response.at("response_id").refused(f"the response {identifier} is told twice")
    if identifier is not None:
        known.add(identifier)


def _model_name(response: Node) -> str:
    return _named(response.at("model", "name"), "a response without the name of its model")


def _named(node: Node, problem: str) -> str:
    text = node.text()
    if text is None:
        raise node.refused(problem)
    return text


def _key(response: PlacedResponse, metric: str, score: Node) -> MetricKey:
    model = response.node.at("model")
    settings = model.at("model_adaptation", "generation_parameters")
    adaptation = model.at("model_adaptation")
    system, tools = adaptation.at("system_instruction").value, adaptation.at("tools").value
    judges = sorted(filter(None, (one.text() for one in score.at("metric", "models").elements())))
    return MetricKey(
        model=_model_name(response.node),
        benchmark=response.benchmark,
        version=response.version,
        metric=metric,
        judge=", ".join(judges) or None,
        decoding=digest(settings.value) if isinstance(settings.value, str) else told(settings.fields()),
        system=digest(system) if system else None,
        tools=digest(tools) if tools else None,
    )


def _asked(response: Node, score: Node) -> str:
    """Return a hash of what the model was shown, and of what its reply was scored by."""
    return digest([response.at("item_adaptation").value, score.at("metric", "extra_artifacts").value])


def find_instrument(catalogue: Catalogue, benchmark: str, metric: str) -> Instrument | None:
    """Return what a metric of a benchmark measures: by OpenEval's own name, else by HELM's; None if it is unknown.

    Spaces are underscores, as tasks of the catalogue have none.
    """
    found = catalogue.for_task(FORMAT, benchmark.replace(" ", "_"), metric)
    return found or catalogue.for_task(HELM, re.sub(r"[ -]", "_", benchmark), metric)


def is_measured(catalogue: Catalogue, benchmark: str) -> bool:
    """Return whether an instrument of the catalogue measures any metric of a benchmark; see `find_instrument`."""
    starts = (f"{FORMAT}:{benchmark.replace(' ', '_')}/", f"{HELM}:{re.sub(r'[ -]', '_', benchmark)}/")
    return any(task.casefold().startswith(tuple(one.casefold() for one in starts)) for task in catalogue.by_task)


def _score(key: MetricKey, trials: ItemTrials, wanted: ImportSettings) -> Score:
    items = ItemScores(
        items=tuple(trials.of_item),
        values=np.array([np.mean(values) for values in trials.of_item.values()], dtype=np.float64),
    )
    template: dict[str, object] = {
        "benchmark": key.version,
        "system": key.system,
        "tools": key.tools,
        "prompts": digest(sorted(trials.asked)),
    }
    return Score(
        model=wanted.model or key.model,
        revision=wanted.revision,
        instrument=trials.instrument,
        identity=Identity(
            name=trials.instrument.name,
            item_set_hash=items.item_set_hash,
            scorer=key.metric,
            judge=key.judge,
            template=told(template),
            decoding=key.decoding,
        ),
        value=float(np.mean(items.values)),
        stderr=None,
        items=len(items),
        source=FORMAT,
        origin=wanted.origin or f"openeval {key.benchmark}, {key.model}",
        measured_at=None,
        run_name=f"{key.benchmark}, {key.model}",
        item_scores=items,
    )
