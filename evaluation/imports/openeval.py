"""OpenEval, the item-centred format of open-eval.github.io: items with the responses of models, and their scores.

Written after its schema v0.1.0, its two example items and its own converter from HELM. A file is a list of items or one
item (`.json`), items as JSON lines (`.jsonl`), or the table of responses alone as JSON lines, where the first parts of
a response's id name its benchmark and item. Each metric of a model on a benchmark, with one judge and one way to ask,
makes a score; several responses of a model to an item are trials, whose mean is the item's value.

The names of models are often not those of the Hub, and no commit is stated: the user then says which model it is. A
benchmark that HELM ran is known by HELM's names too, with lower case and underscores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.helm import FORMAT as HELM
from evaluation.imports.helm import within
from evaluation.imports.interface import NOT_KNOWN, FileScores, left_out
from evaluation.json_node import name_of, read_document, read_lines, reading, told
from lineage.scores.score import Identity, ItemScores, Score, digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from evaluation.json_node import Node
    from lineage.scores.instruments import Catalogue, Instrument

FORMAT: Final = "openeval"
LINES: Final = ".jsonl"
_RESPONSE_ID: Final = re.compile(r"(([^_]+)_\d{8}T\d{6}Z_\d+)_.+_\d+")
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
    opening = head.lstrip()[:1]
    starts = opening == b"{" or (opening == b"[" and path.suffix.lower() != LINES)
    return starts and any(all(mark in head for mark in marks) for marks in _MARKS)


def part_of(path: Path) -> None:
    """Return None: each file is read on its own."""


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read all scores of a file; raises ImportRefused where one of its entries is damaged."""
    with reading(path):
        return _read(path, wanted)


def _read(path: Path, wanted: ImportSettings) -> FileScores:
    found: dict[MetricKey, ItemTrials] = {}
    unknown: dict[str, None] = {}
    known_ids: set[str] = set()
    for response in _responses(path):
        _check_once(response.node, known_ids)
        for score in response.node.at("scores").elements():
            metric = _named(score.at("metric", "name"), "a score without a metric")
            instrument = find_instrument(wanted.catalogue, response.benchmark, metric)
            if instrument is None:
                unknown[f"{response.benchmark} {metric}"] = None
                continue
            trials = found.setdefault(_key(response, metric, score), ItemTrials(instrument))
            trials.of_item.setdefault(response.item, []).append(within(score.at("value"), instrument))
            trials.asked.add((response.item, _asked(response.node, score)))
    models = sorted({key.model for key in found})
    if wanted.model is not None and len(models) > 1:
        raise ImportRefused(
            path, None, f"it has {len(models):,} models, such as {models[0]} and {models[1]}: no --model"
        )
    scores = tuple(_score(key, trials, wanted) for key, trials in found.items())
    return FileScores(scores=scores, skipped=tuple(left_out(what, NOT_KNOWN) for what in unknown))


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
    if path.suffix.lower() == LINES:
        return read_lines(path)
    document = read_document(path)
    return document.elements() if isinstance(document.value, list) else iter((document,))


def _check_once(response: Node, known: set[str]) -> None:
    """Raise ImportRefused for a response that the file had before."""
    identifier = response.at("response_id").text()
    if identifier in known:
        raise response.at("response_id").refused(f"the response {identifier} is told twice")
    if identifier is not None:
        known.add(identifier)


def _named(node: Node, problem: str) -> str:
    text = node.text()
    if text is None:
        raise node.refused(problem)
    return text


def _key(response: PlacedResponse, metric: str, score: Node) -> MetricKey:
    model = response.node.at("model")
    adaptation = model.at("model_adaptation")
    system, tools = adaptation.at("system_instruction").value, adaptation.at("tools").value
    judges = sorted(filter(None, (one.text() for one in score.at("metric", "models").elements())))
    return MetricKey(
        model=_named(model.at("name"), "a response without the name of its model"),
        benchmark=response.benchmark,
        version=response.version,
        metric=metric,
        judge=", ".join(judges) or None,
        decoding=told(adaptation.at("generation_parameters").fields()),
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
        origin=f"openeval {key.benchmark}, {key.model}",
        measured_at=None,
        run_name=f"{key.benchmark}, {key.model}",
        item_scores=items,
    )
