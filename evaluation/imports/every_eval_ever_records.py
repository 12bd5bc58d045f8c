"""One record of Every Eval Ever: the instrument of each result, its unit, and its identity.

Records are nested and come from strangers: `Fields` reads them field by field, so that an error names the place.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from evaluation.errors import ImportRefused
from evaluation.imports.interface import Skipped
from evaluation.imports.lm_eval_results import SHA_OF, model_arguments, model_variant
from evaluation.imports.table_rows import CellFault, moment_of, number_of, prompt_of, text_of
from evaluation.json_node import LARGEST_TEXT, Node
from lineage.scores.score import Identity, Score, digest
from lineage.text.plain import plain
from lineage.vocabulary import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Instrument

LARGEST_PACKED: Final = 4 << 20
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of one object; `place` is where it stands in the file, such as `row 3, evaluation_results[0]`.

    A missing field is None. In parquet a structure may be packed as JSON in a text: it is unpacked.
    """

    path: Path
    place: str
    values: Mapping[str, object]

    def text(self, name: str) -> str | None:
        """Return a field as a text of at most 500 visible characters, or None where it is absent.

        Raises ImportRefused.
        """
        return self._checked(name, lambda value: text_of(value, name))

    def long_text(self, name: str) -> str | None:
        """Return a field as a text of any lines, or None where it is absent. Raises ImportRefused."""
        return self._checked(name, lambda value: prompt_of(value, name))

    def number(self, name: str) -> float | None:
        """Return a field as a finite number, or None where it is absent. Raises ImportRefused."""
        return self._checked(name, lambda value: number_of(value, name))

    def needed_text(self, name: str) -> str:
        """Return a field as a text that must be there. Raises ImportRefused."""
        if (found := self.text(name)) is None:
            raise self.refuse(name, "is missing")
        return found

    def needed_number(self, name: str) -> float:
        """Return a field as a number that must be there. Raises ImportRefused."""
        if (found := self.number(name)) is None:
            raise self.refuse(name, "is missing")
        return found

    def child(self, name: str) -> Fields:
        """Return a field as an object, an empty one where it is absent. Raises ImportRefused."""
        value = self._unpacked(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self.refuse(name, "is no object")
        return Fields(path=self.path, place=self._inside(name), values=value)

    def children(self, name: str) -> Iterator[Fields]:
        """Yield the objects of a list, none where it is absent. Raises ImportRefused."""
        value = self._unpacked(name)
        if not isinstance(value, list | None):
            raise self.refuse(name, "is no list")
        for number, entry in enumerate(value or ()):
            place = self._inside(f"{name}[{number}]")
            if not isinstance(entry, dict):
                raise ImportRefused(self.path, place, "is no object")
            yield Fields(path=self.path, place=place, values=entry)

    def refuse(self, name: str, problem: str) -> ImportRefused:
        """Return the error that names a field."""
        return ImportRefused(self.path, self._inside(name), problem)

    def _checked(self, name: str, check: Callable[[object], _Read]) -> _Read:
        try:
            return check(self.values.get(name))
        except CellFault as fault:
            raise self.refuse(name, str(fault)) from fault

    def _unpacked(self, name: str) -> object:
        value = self.values.get(name)
        if not isinstance(value, str) or len(value) > LARGEST_PACKED or value[:1] not in {"{", "["}:
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise self.refuse(name, "is text, and no JSON") from error

    def _inside(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name


FORMAT: Final = "every-eval-ever"
ENGINES: Final = {
    "lm_eval": "lm-eval",
    "lm-eval": "lm-eval",
    "inspect_ai": "inspect",
    "inspect": "inspect",
    "helm": "helm",
}
MEANS: Final = frozenset({"accuracy", "mean"})
DECODING: Final = ("temperature", "top_p", "top_k", "max_tokens")
LIMITS: Final = ("min_score", "max_score")
UNBOUNDED: Final = ("Infinity", "-Infinity")
"""What version 0.3 has for a score without a limit."""
REVISIONS: Final = ("sha", "model_sha", "revision", "model_revision")
_SECONDS: Final = re.compile(r"\d{1,12}(?:\.\d*)?", re.ASCII)
_FILTERED: Final = re.compile(r"(?P<metric>\S+) \(filter: (?P<filter>[^)]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalResult:
    """A result that was understood: its score without items, and the names that its items use for it.

    `metric` is what lm-evaluation-harness calls its metric, or None for results of other engines.
    """

    score: Score
    name: str
    result_id: str | None
    metric: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInstrument:
    """An instrument and how it was found: by an engine's task, whose unit and direction the catalogue knows, or not."""

    instrument: Instrument
    scorer: str | None
    by_task: bool
    metric: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredModel:
    """The model of a record. `carrier` is the base of an adapter or a delta, None for any other model."""

    name: str
    revision: str | None
    carrier: str | None = None


class NotUsable(Exception):
    """A result is understood but cannot be a score; the message is the reason."""


def read_results(record: Fields, wanted: ImportSettings, origin: str) -> Iterator[EvalResult | Skipped]:
    """Yield what each result of a record is. Raises ImportRefused for the first that has another form."""
    for result in record.children("evaluation_results"):
        name = result.needed_text("evaluation_name")
        score = result.child("score_details").needed_number("score")
        try:
            found = _find(record, result, wanted)
            yield EvalResult(
                score=_score(record, result, found, wanted, origin, score),
                name=name,
                result_id=result.text("evaluation_result_id"),
                metric=found.metric,
            )
        except NotUsable as reason:
            yield Skipped(what=f"{origin}: {name}", reason=str(reason))


def _find(record: Fields, result: Fields, wanted: ImportSettings) -> FoundInstrument:
    name, config = result.needed_text("evaluation_name"), result.child("metric_config")
    library = record.child("eval_library").text("name") or record.child("source_metadata").text("source_name") or ""
    engine = ENGINES.get(library.lower(), ENGINES.get(library.lower().partition(" ")[0], ""))
    metrics = [
        metric for field in ("evaluation_description", "metric_id", "metric_name") if (metric := config.text(field))
    ]
    own = _bare(metrics[0]) if engine == "lm-eval" and metrics else None
    data, publisher = result.child("source_data"), record.child("source_metadata").text("source_name")
    for task, metric, scorer in _tasks(engine, name, data.text("dataset_name") or "", metrics):
        if (instrument := wanted.catalogue.for_task(engine, task, metric)) is not None:
            return FoundInstrument(instrument=instrument, scorer=scorer, by_task=True, metric=own)
    stated = config.text("metric_id") or config.text("metric_name") or config.text("evaluation_description")
    named = wanted.catalogue.find(name) or wanted.catalogue.find(data.text("dataset_name") or "")
    if named is None and (dataset := data.text("hf_repo")) is not None:
        reported = (
            wanted.catalogue.for_report(dataset, metric, data.text("hf_config"), publisher) for metric in metrics
        )
        named = next((form[0] for form in reported if form is not None), None)
    if named is None:
        raise NotUsable("no instrument of the catalogue has this name; declare one in a file for --instruments")
    return FoundInstrument(instrument=named, scorer=stated, by_task=False, metric=own)


def _bare(metric: str) -> str:
    """Return a metric of lm-evaluation-harness without its filter."""
    filtered = _FILTERED.fullmatch(metric)
    return metric if filtered is None else filtered["metric"]


def _tasks(engine: str, name: str, dataset: str, metrics: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield task, metric and scorer as an engine's converter writes them into the names of a result."""
    if engine == "inspect":
        task, _, scorer = name.partition(" - ") if " - " in name else (dataset, "", name)
        if not MEANS.isdisjoint(metrics):
            yield task.rpartition("/")[2], scorer, scorer
    for metric in metrics:
        filtered = _FILTERED.fullmatch(metric)
        if filtered is None:
            yield name, metric, metric
        else:
            yield name.rpartition("/")[0], filtered["metric"], f"{filtered['metric']},{filtered['filter']}"


def _score(
    record: Fields, result: Fields, found: FoundInstrument, wanted: ImportSettings, origin: str, stated: float
) -> Score:
    config, model = result.child("metric_config"), _model(record)
    instrument = found.instrument
    factor = _factor(config, found)
    if not instrument.holds(value := stated * factor):
        raise NotUsable(f"{stated:g} is outside the unit that it states")
    _check_direction(config, found)
    uncertainty = result.child("score_details").child("uncertainty")
    count = uncertainty.number("num_samples")
    return Score(
        model=wanted.model or model.name,
        revision=wanted.revision or model.revision,
        instrument=instrument,
        identity=_identity(record, result, found),
        value=value,
        stderr=_stderr(uncertainty, factor),
        items=int(count) if count is not None and count >= 1 else None,
        source=FORMAT,
        origin=plain(f"{origin}, on {model.carrier}") if model.carrier else origin,
        measured_at=_moment(result) or _moment(record),
        is_reported=record.child("source_metadata").text("source_type") != "evaluation_run",
        run_name=record.text("evaluation_id"),
    )


def _model(record: Fields) -> ScoredModel:
    """Return the model that a record speaks of.

    The converter of lm-evaluation-harness names the weights that were loaded first, which are the base's where an
    adapter or a delta was put on them: the arguments tell (lm_eval/adapter.py of every_eval_ever at 9bce413). The
    commit that it states is the base's then.
    """
    model = record.child("model_info")
    details = model.child("additional_details")
    named = model.needed_text("id")
    node = Node(record.path, "model_info.additional_details.model_args", details.values.get("model_args"))
    arguments = model_arguments(node)
    role = next((name for name in SHA_OF if arguments.at(name).value), None)
    if role is not None:
        return ScoredModel(name=arguments.at(role).text() or named, revision=details.text(SHA_OF[role]), carrier=named)
    revision = next((text for name in REVISIONS if (text := details.text(name))), None)
    return ScoredModel(name=f"{named}{model_variant(arguments)}", revision=revision)


def _factor(config: Fields, found: FoundInstrument) -> float:
    """Return by what a stated score is multiplied to be in the instrument's unit; scales that start at 0 only."""
    instrument = found.instrument
    low, high = (None if config.values.get(name) in UNBOUNDED else config.number(name) for name in LIMITS)
    if low is None or high is None:
        if found.by_task or config.text("score_type") == "binary":
            return 1.0
        raise NotUsable("it does not say its unit (min_score and max_score)")
    if (low, high) == (instrument.low, instrument.high):
        return 1.0
    if low == instrument.low == 0 and high > 0:
        return instrument.high / high
    unit = f"{instrument.low:g}..{instrument.high:g}"
    raise NotUsable(f"its unit {low:g}..{high:g} is not {unit}, that of {instrument.name}")


def _check_direction(config: Fields, found: FoundInstrument) -> None:
    """Refuse a result that is named like an instrument but counts in the other direction."""
    stated = config.values.get("lower_is_better")
    if found.by_task or not isinstance(stated, bool):
        return
    if stated != (found.instrument.direction is Direction.LOWER_IS_SAFER):
        way = "lower" if stated else "higher"
        raise NotUsable(f"it says that {way} is better, {found.instrument.name} counts the other way")


def _identity(record: Fields, result: Fields, found: FoundInstrument) -> Identity:
    """Return what a result tells of its identity.

    What only has an instrument's name may be another part of it: HELM Lite's MMLU is five subjects of 57. Unless the
    prompt is told, who ran it stands for how, so that such results are compared only with others of the same source.
    """
    scoring = result.child("metric_config").child("llm_scoring")
    judges = [judge.child("model_info").text("id") or "?" for judge in scoring.children("judges")]
    prompt = scoring.long_text("input_prompt")
    arguments = result.child("generation_config").child("generation_args")
    asked = arguments.long_text("prompt_template")
    template = None if asked is None else digest(asked)
    if not found.by_task and template is None:
        template = f"as {record.child('source_metadata').text('source_name') or 'an unnamed source'} has it"
    drawn = [f"{name}={number:g}" for name in DECODING if (number := arguments.number(name)) is not None]
    return Identity(
        name=found.instrument.name,
        scorer=found.scorer,
        judge=" + ".join(judges)[:LARGEST_TEXT] or None,
        judge_prompt_hash=None if prompt is None else digest(prompt),
        template=template,
        decoding=", ".join(drawn) or None,
    )


def _stderr(uncertainty: Fields, factor: float) -> float | None:
    """Return the stated standard error, or that of a stated standard deviation over the root of the sample's size."""
    error = uncertainty.child("standard_error").number("value")
    if error is None:
        deviation, count = uncertainty.number("standard_deviation"), uncertainty.number("num_samples")
        error = None if deviation is None or count is None or count < 1 else deviation / math.sqrt(count)
    return None if error is None or error < 0 else error * factor


def _moment(fields: Fields) -> datetime | None:
    """Return when something was run; it is written in seconds since 1970 or as ISO 8601. Raises ImportRefused."""
    name = "evaluation_timestamp"
    value = fields.values.get(name)
    try:
        if isinstance(value, str | int | float) and _SECONDS.fullmatch(str(value)):
            return datetime.fromtimestamp(float(value), UTC)
        return moment_of(value, name)
    except (CellFault, ValueError, OverflowError, OSError) as fault:
        raise fields.refuse(name, str(fault)) from fault
