"""The representative scores of models, as arrays: one per model and slot; drift is measured from them.

A slot is an instrument with one scorer, judge, template and decoding: its scores are comparable except for the items
that were run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict

import numpy as np

from lineage.output.result import known
from lineage.scores.scorer_agreement import RULES
from lineage.vocabulary import Scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.scores.instruments import Instrument
    from lineage.scores.score import Identity
    from lineage.statistics.judge_error import JudgeError
    from lineage.statistics.noise_floor import NoiseFloor

INCLUDED: Final = "included"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentScores:
    """Arrays of one length, sorted by node and slot, in which every pair of the two is unique.

    `node` (int32) is the model's number in the graph; `slot`, `instrument` and `score` (int32) are the database's.
    `value` and `stderr` (float64) are shares of the range, turned so that more is riskier (for capability: less able);
    `items` is float64; NaN means unknown. `reply_length` (float64) is the mean reply length in characters.
    `is_published` is true if `items` is the instrument's published number, because a reported score does not state it.
    `is_bounded` is true if `stderr` is the largest possible for graded items within the range, sqrt(v (1 - v) / items):
    the variance of values in 0..1 with mean v is at most v (1 - v) (Bhatia and Davis 2000, Amer. Math. Monthly 107).
    `claims` (int32) is how many values are claimed with equal right, which are between `lowest` and `highest` in the
    instrument's unit (float64): if several, they contradict each other, and `value` is NaN.
    """

    node: NDArray[np.int32]
    slot: NDArray[np.int32]
    instrument: NDArray[np.int32]
    score: NDArray[np.int32]
    value: NDArray[np.float64]
    stderr: NDArray[np.float64]
    items: NDArray[np.float64]
    reply_length: NDArray[np.float64]
    is_rate: NDArray[np.bool_]
    is_guard: NDArray[np.bool_]
    is_stale: NDArray[np.bool_]
    is_reported: NDArray[np.bool_]
    is_published: NDArray[np.bool_]
    is_bounded: NDArray[np.bool_]
    has_items: NDArray[np.bool_]
    claims: NDArray[np.int32]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]

    @property
    def is_contradictory(self) -> NDArray[np.bool_]:
        """Mark the scores that have no value because several are claimed."""
        return self.claims > 1

    @property
    def is_usable(self) -> NDArray[np.bool_]:
        """Mark the scores that tell something about the model as it is: neither stale nor contradictory."""
        return ~(self.is_stale | self.is_contradictory)

    def __len__(self) -> int:
        return len(self.node)


class JudgeFields(TypedDict):
    """The fields of a row of drift on the judge."""

    judge: str | None
    judge_error: str | None
    judge_recall: float | None
    judge_false_positive_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIdentity:
    """An identity in the database: its instrument with all settings, its key, and its slot.

    `measured_error` is what its judge, or its rules, got right and wrong of labelled replies; None if nobody labelled.
    `noise` is how far runs of the same weights differed, None if nobody measured it.
    """

    instrument: Instrument
    identity: Identity
    key: str
    slot: int
    measured_error: JudgeError | None = None
    noise: NoiseFloor | None = None

    @property
    def is_judged(self) -> bool:
        """Whether a judge or rules that err decide what a reply is."""
        return self.identity.judge is not None or (self.identity.scorer or "").startswith(RULES)

    @property
    def known_error(self) -> JudgeError | None:
        """The error of the judge or the rules if it can be taken out of the rate; None of graded items."""
        return self.measured_error if self.is_judged and self.instrument.scale is Scale.RATE else None

    @property
    def judge_error(self) -> str | None:
        """Whether that error is in the intervals of drift, `included` or `unknown`; None where nobody judges."""
        if not self.is_judged:
            return None
        return UNKNOWN if self.known_error is None else INCLUDED

    def noise_floor(self, count: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the noise floor of differences over so many items (NaN if unknown), shares of the range.

        NaN if nobody measured it. Where the error of a judge is taken out, which enlarges differences, so it is here.
        """
        if self.noise is None:
            return np.full(count.shape, np.nan)
        error = self.known_error
        is_corrected = error is not None and error.tells_apart()
        return self.noise.on(count) / (error.youden if error is not None and is_corrected else 1.0)

    @property
    def judge_fields(self) -> JudgeFields:
        """The fields of a row of drift on the judge."""
        return {
            "judge": self.identity.judge,
            "judge_error": self.judge_error,
            "judge_recall": self.judge_recall,
            "judge_false_positive_rate": self.judge_false_positive_rate,
        }

    @property
    def judge_recall(self) -> float | None:
        """The share of positive replies that it finds; None where the error is not included, or none was labelled."""
        return None if self.known_error is None else known(self.known_error.recall)

    @property
    def judge_false_positive_rate(self) -> float | None:
        """The share of negative replies that it calls positive; None as `judge_recall`."""
        return None if self.known_error is None else known(self.known_error.false_positive_rate)
