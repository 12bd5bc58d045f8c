"""Items of Every Eval Ever: rows of one sample each, gathered by the result that they belong to."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.imports.interface import Skipped
from lineage.scores.instruments import Scale
from lineage.scores.score import ItemScores
from lineage.scores.standard_error import mean_and_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluation.imports.every_eval_ever_records import EvalResult
    from evaluation.imports.json_fields import Fields
    from lineage.scores.score import Score

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

    def take(self, row: Fields) -> None:
        """Add a row. Raises ImportRefused."""
        self.names.append(row.needed_text("sample_id"))
        self.hashes.append(row.text("sample_hash"))
        self.values.append(row.child("evaluation").needed_number("score"))
        self.lengths.append(_reply_length(row))

    def item_scores(self) -> ItemScores | None:
        """Return the samples under names that are the same for all models.

        None where a sample comes several times.
        """
        names = tuple(name for name in self.hashes if name is not None)
        names = names if len(names) == len(self.names) else tuple(self.names)
        if len(set(names)) != len(names):
            return None
        lengths = np.array(self.lengths, dtype=np.int32)
        known = lengths if np.any(lengths != UNKNOWN_LENGTH) else None
        return ItemScores(items=names, values=np.array(self.values, dtype=np.float64), reply_lengths=known)


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
    """Return the samples of a result, by its id, else by a name that it has alone; None where none or several fit."""
    alike = [other for other in results if other.name == result.name]
    fitting = [
        group
        for group in samples
        if group.evaluation_id in {None, result.score.run_name}
        and (group.result_id == result.result_id if group.result_id else group.name == result.name and len(alike) == 1)
    ]
    return fitting[0] if len(fitting) == 1 else None


def with_items(result: EvalResult, samples: RunSamples) -> tuple[Score, Skipped | None]:
    """Return a result's score with its items, or without them and why they were left out."""
    reason, score = attach(result.score, samples)
    stated = result.score.value
    if reason is None and abs(score.value - stated) > TOLERANCE * score.instrument.span:
        reason = f"their mean {score.value:.4g} is not the stated {stated:.4g}"
    if reason is None:
        return score, None
    return result.score, Skipped(what=f"{result.score.origin}: items of {result.name}", reason=reason)


def attach(score: Score, samples: RunSamples) -> tuple[str | None, Score]:
    """Return a score with the mean, the error and the identity of its samples; or why not, and it as it was."""
    instrument, items = score.instrument, samples.item_scores()
    if items is None:
        return "a sample comes several times", score
    if not all(map(instrument.holds, samples.values)):
        return f"a value is outside {instrument.low:g}..{instrument.high:g} of {instrument.name}", score
    if instrument.scale is Scale.RATE and not {instrument.low, instrument.high}.issuperset(samples.values):
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


def _reply_length(row: Fields) -> int:
    """Return the characters of the first reply, -1 where there is none or it is no text."""
    raw = row.values.get("output")
    reply = raw.get("raw") if isinstance(raw, dict) else None
    first = reply[0] if isinstance(reply, list) and reply else reply
    return min(len(first), LONGEST_REPLY) if isinstance(first, str) else UNKNOWN_LENGTH
