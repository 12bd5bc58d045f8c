"""Scores of Inspect: `.eval` logs (a zip of JSON documents, mostly packed with zstd) and its JSON logs.

Seen: logs of both forms that inspect_ai 0.3.285 wrote with its `mockllm` provider, finished and failed, with epochs, a
limit, a grader given as an option of its scorer or as a role, and scorers whose values are letters, numbers and
mappings. A sample has one value per scorer and epoch; an item is the mean over the epochs. A scorer whose grader failed
writes the literal `NaN`, which JSON does not have; it is left out with the reason, because a mean over the samples that
happened to be graded would cover another set of items each time.

The catalogue names `inspect:TASK/SCORER`; a scorer with several values is `SCORER.KEY`, or `KEY` alone. The task may
stand without its package. A run that did not end well is refused, unless every sample of its data set was finished.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.interface import NOT_KNOWN, FileScores, left_out
from evaluation.imports.zip_entries import open_archive
from evaluation.json_node import Node, name_of, read_document, reading, told
from lineage.scores.score import Identity, ItemScores, Score, digest
from lineage.scores.variant import split_variant
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Catalogue, Instrument

GRADES: Final = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""What Inspect's `value_to_float` makes of its letters: correct, partial, incorrect, no answer."""
_LONGEST_REPLY: Final = (1 << 31) - 1


@dataclass(slots=True)
class SampleScore:
    """All epochs of one sample: values by scorer and in the order of epochs, and how long the replies were."""

    asked: str
    epochs: set[int] = field(default_factory=set)
    finished: int = 0
    values: dict[str, list[Node]] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)


@dataclass(slots=True)
class SampleScores:
    """The samples of a log by the name of the item."""

    items: dict[str, SampleScore] = field(default_factory=dict)

    def add(self, sample: Node) -> None:
        """Take one sample; raises ImportRefused where it comes twice or has not the form of one."""
        name = sample_name(sample.at("id"))
        epoch = 1 if sample.at("epoch").value is None else sample.at("epoch").count()
        item = self.items.setdefault(name, SampleScore(asked=_asked(sample)))
        if epoch in item.epochs:
            raise sample.refused(f"sample {name} comes twice in epoch {epoch}")
        item.epochs.add(epoch)
        scores = dict(_scores(sample.at("scores")))
        item.finished += sample.at("error").value is None and bool(scores)
        for scorer, value in scores.items():
            item.values.setdefault(scorer, []).append(value)
        reply = _reply(sample)
        if reply is not None:
            item.lengths.append(min(len(reply), _LONGEST_REPLY))

    def scorers(self) -> list[str]:
        """Return the names of all scorers, of one that gives a mapping `scorer.key`, in the order of the log."""
        return list(dict.fromkeys(scorer for item in self.items.values() for scorer in item.values))

    def prompts(self) -> str:
        """Return a hash of what was asked: of every sample its input and target, whatever their order."""
        return digest(sorted((name, item.asked) for name, item in self.items.items()))

    def why_unusable(self, scorer: str) -> str | None:
        """Return why a scorer gives no number per item, or None if it does."""
        values = [value.value for item in self.items.values() for value in item.values.get(scorer, ())]
        ungraded = sum(isinstance(value, float) and math.isnan(value) for value in values)
        if ungraded:
            return f"{ungraded} of {len(values)} samples were not graded"
        if any(not isinstance(value, int | float) and value not in GRADES for value in map(_hashable, values)):
            return "its values are no numbers, nor the letters C, P, I, N"
        return None

    def item_scores(self, scorer: str, instrument: Instrument) -> ItemScores:
        """Return one value an item, the mean of its epochs; raises ImportRefused where one is out of range."""
        kept = {name: item for name, item in self.items.items() if scorer in item.values}
        means = [np.mean([_within(value, instrument) for value in item.values[scorer]]) for item in kept.values()]
        lengths = [round(np.mean(item.lengths)) if item.lengths else -1 for item in kept.values()]
        return ItemScores(
            items=tuple(kept),
            values=np.array(means, dtype=np.float64),
            reply_lengths=np.array(lengths, dtype=np.int32) if any(length >= 0 for length in lengths) else None,
        )


def sample_name(node: Node) -> str:
    """Return the name of a sample: its id, a number or a text."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | str):
        raise node.refused("not an id")
    return name_of(str(node.value))


def _scores(node: Node) -> Iterator[tuple[str, Node]]:
    for scorer in node.fields():
        value = node.at(scorer, "value")
        if isinstance(value.value, dict):
            yield from ((f"{scorer}.{key}", value.at(key)) for key in value.value)
        else:
            yield scorer, value


def _asked(sample: Node) -> str:
    """Return a hash of input and target, without the ids that Inspect gives to messages, new in every run."""
    said = sample.at("input").value
    if isinstance(said, list):
        said = [[part.get("role"), part.get("content")] if isinstance(part, dict) else part for part in said]
    return digest([said, sample.at("target").value])


def _reply(sample: Node) -> str | None:
    """Return the reply, which a log may keep among the attachments and name by its hash."""
    output = sample.at("output").value
    reply = output.get("completion") if isinstance(output, dict) else None
    if isinstance(reply, str) and reply.startswith("attachment://"):
        reply = sample.at("attachments").fields().get(reply.removeprefix("attachment://"))
    return reply if isinstance(reply, str) else None


def _hashable(value: object) -> object:
    return value if isinstance(value, int | float | str) else None


def _within(node: Node, instrument: Instrument) -> float:
    value = GRADES[node.value] if isinstance(node.value, str) else node.number()
    if not instrument.holds(value):
        raise node.refused(f"{value:g} is outside of {instrument.low:g} to {instrument.high:g} of {instrument.name}")
    return value


HUB_PROVIDERS: Final = frozenset({"hf", "vllm", "sglang", "hf-inference-providers", "together", "nnterp"})
"""Providers of Inspect whose name is followed by the id of a model on the Hub, as in `hf/org/name`."""
NAMED_SERVICE: Final = "openai-api"
"""Inspect's provider for servers with OpenAI's API: a service that the user named comes before the model, as in
`openai-api/clinic/org/name`. Only an owner with a name can be of the Hub."""
DECODING: Final = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop_seqs",
    "seed",
    "num_choices",
    "best_of",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "reasoning_effort",
    "reasoning_tokens",
)
_JUDGE_OPTIONS: Final = ("model", "grader_model", "grader", "judge_model", "judge")
_JUDGE_ROLES: Final = ("grader", "judge", "scorer")
_JUDGE_PROMPT: Final = ("template", "instructions", "grade_pattern", "partial_credit", "include_history")


def model_of(log: Node, wanted: ImportSettings) -> tuple[str, str | None, str | None]:
    """Return model, revision and the base that an adapter sat on; the last two None where not told.

    `vllm/base:adapter` is the adapter on its base, `vllm/org/name:Q2_K` a file; `hf/local` with a path is the path.
    Raises ImportRefused where no model is named.
    """
    named, arguments = log.at("eval", "model"), log.at("eval", "model_args")
    model = arguments.at("model_path").text() or _hub_name(named.text() or "")
    carrier, colon, adapter = model.partition(":")
    is_of_vllm = (named.text() or "").startswith("vllm/")
    is_adapter = bool(colon) and is_of_vllm and not split_variant(model).is_precision
    found = adapter if is_adapter else model
    if wanted.model is None and not found:
        raise named.refused("no model is named; say which with --model")
    is_of_file = wanted.model is None or wanted.model.casefold() == found.casefold()
    revision = arguments.at("revision").text() if is_of_file and not is_adapter else None
    return wanted.model or found, wanted.revision or revision, carrier if is_adapter else None


def identity_of(log: Node, samples: SampleScores, scorer: str, instrument: Instrument, items: ItemScores) -> Identity:
    """Return what makes the score of a scorer comparable."""
    judge, prompt = _judge(log, scorer, instrument)
    return Identity(
        name=instrument.name,
        item_set_hash=items.item_set_hash,
        scorer=name_of(scorer),
        judge=judge,
        judge_prompt_hash=prompt,
        template=_template(log, samples),
        decoding=_decoding(log),
    )


def _hub_name(model: str) -> str:
    provider, _, name = model.partition("/")
    if provider == NAMED_SERVICE:
        name = name.partition("/")[2]
        return name if "/" in name else model
    return name if provider in HUB_PROVIDERS and name else model


def _judge(log: Node, scorer: str, instrument: Instrument) -> tuple[str | None, str | None]:
    """Return the model that graded and a hash of how it was asked, or None where the log tells of none.

    It stands among the options of the scorer, or has the role of a grader; a scorer that is said to grade by a model
    and names none was given the only other model of the run, or by Inspect's default the model itself.
    """
    called = scorer.partition(".")[0]
    options = next(
        (
            one.at("options")
            for one in log.at("eval", "scorers").elements()
            if str(one.at("name").value).rpartition("/")[2] == called.rpartition("/")[2]
        ),
        Node(log.path, log.place, None),
    )
    named = [options.at(name) for name in _JUDGE_OPTIONS]
    model = next((found for node in named if (found := _model(node))), None)
    is_graded = model is not None or called.startswith("model_graded") or instrument.judge is not None
    if not is_graded:
        return None, None
    if model is None:
        roles = (_model(log.at("eval", "model_roles", role)) for role in _JUDGE_ROLES)
        others = set(log.at("stats", "model_usage").fields()) - {log.at("eval", "model").value}
        model = next((found for found in roles if found), None) or (
            next(iter(others)) if len(others) == 1 else log.at("eval", "model").text()
        )
    asked = {name: options.at(name).value for name in _JUDGE_PROMPT if options.at(name).value is not None}
    return None if model is None else _hub_name(model), digest(asked) if asked else None


def _model(node: Node) -> str | None:
    return (
        node.at("model").text()
        if isinstance(node.value, dict)
        else node.text()
        if isinstance(node.value, str)
        else None
    )


def _template(log: Node, samples: SampleScores) -> str | None:
    """Return how the task was set up: its version and arguments, the solvers, and a hash of all inputs and targets."""
    steps = [[step.at("solver").value, step.at("params_passed").value] for step in log.at("plan", "steps").elements()]
    system = [
        log.at(*place, "system_message").value for place in (("plan", "config"), ("eval", "model_generate_config"))
    ]
    return told(
        {
            "arguments": digest(log.at("eval", "task_args").value),
            "solvers": digest([steps, system]),
            "version": log.at("eval", "task_version").value,
            "prompts": samples.prompts(),
        }
    )


def _decoding(log: Node) -> str | None:
    """Return how answers are drawn: the task's own settings, and over them those that were given for the model."""
    settings = log.at("plan", "config").fields() | {
        name: value for name, value in log.at("eval", "model_generate_config").fields().items() if value is not None
    }
    return told({name: settings.get(name) for name in DECODING})


FORMAT: Final = "inspect"
_JSON_HEAD: Final = re.compile(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:\s*"\w+"\s*,\s*"eval"\s*:')
_ZIP_MARK: Final = b"PK\x03\x04"
_HEADER, _START = "header.json", "_journal/start.json"
_MEANS: Final = ("accuracy", "mean")
_TOLERANCE: Final = 1e-6


def recognises(path: Path, head: bytes) -> bool:
    """Return whether a file is a log of Inspect, by its name and first bytes."""
    if head.startswith(_ZIP_MARK):
        return path.suffix == ".eval" or b"_journal/start.json" in head[:64]
    return _JSON_HEAD.match(head) is not None


def part_of(_: Path) -> None:
    """Return None: a log is always read on its own."""


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read a log; raises ImportRefused if it is damaged, unfinished or marked as invalid."""
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
    """Raise ImportRefused for a log without samples, and for a failed run unless all of its samples finished."""
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
            instrument = catalogue.for_task(FORMAT, known, called)
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
        source=FORMAT,
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
