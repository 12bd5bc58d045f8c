"""Calibrations: how often a judge, or a rule, agrees with people on replies that people labelled.

A rate from a judge means nothing without them: against human labels, the false-positive rate of three judges of harm
was 8.6 %, 45.7 % and 40.6 % (docs/evaluating.md).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

RULES: Final = "refusal_rules@"
"""How the names of scorers begin that are rules and err as judges do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRate:
    """A share with its 95 % interval: `part` of `whole`. The share and both limits are None if `whole` is 0."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    part: int
    whole: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerAgreement:
    """The agreement of a scorer with people.

    `judge` and `judge_prompt_hash` are those of the score's identity, or None for rules. `labels_hash` is the hash of
    the labelled replies. Positive is what the scorer counts: a refusal, a harmful reply. `unread_positives` and
    `unread_negatives` count replies whose verdict could not be read, by their human label; they enter no rate except
    their own.
    """

    scorer: str
    labels_hash: str
    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int
    unread_positives: int = 0
    unread_negatives: int = 0
    judge: str | None = None
    judge_prompt_hash: str | None = None

    @property
    def key(self) -> str:
        """Return a short hash of all fields, so that the same result found twice is one calibration."""
        return digest(asdict(self))

    @property
    def items(self) -> int:
        """Return the number of labelled replies."""
        return sum((self.true_positives, self.false_positives, self.true_negatives, self.false_negatives, self.unread))

    @property
    def unread(self) -> int:
        """Return the number of verdicts that could not be read."""
        return self.unread_positives + self.unread_negatives

    def figures(self) -> tuple[AgreementRate, ...]:
        """Return precision, recall, both error rates, and the share of verdicts that could not be read.

        Each has Wilson's interval (lineage.statistics.rates). Precision holds only for replies with the same share of
        positives as the labelled ones; recall and the error rates do not depend on that share.
        """
        judged_positive = self.true_positives + self.false_positives
        positive = self.true_positives + self.false_negatives
        negative = self.true_negatives + self.false_positives
        return (
            _figure("precision", self.true_positives, judged_positive),
            _figure("recall", self.true_positives, positive),
            _figure("false_positive_rate", self.false_positives, negative),
            _figure("false_negative_rate", self.false_negatives, positive),
            _figure("unread", self.unread, self.items),
        )


def calibrate(
    verdicts: Iterable[tuple[bool, bool | None]],
    *,
    scorer: str,
    labels_hash: str,
    judge: str | None = None,
    judge_prompt_hash: str | None = None,
) -> ScorerAgreement:
    """Count verdicts: for each reply, the human label and the scorer's verdict.

    A verdict is None if it could not be read.
    """
    counts: dict[tuple[bool, bool | None], int] = {}
    for pair in verdicts:
        counts[pair] = counts.get(pair, 0) + 1
    return ScorerAgreement(
        scorer=scorer,
        labels_hash=labels_hash,
        true_positives=counts.get((True, True), 0),
        false_positives=counts.get((False, True), 0),
        true_negatives=counts.get((False, False), 0),
        false_negatives=counts.get((True, False), 0),
        unread_positives=counts.get((True, None), 0),
        unread_negatives=counts.get((False, None), 0),
        judge=judge,
        judge_prompt_hash=judge_prompt_hash,
    )


def _figure(name: str, part: int, whole: int) -> AgreementRate:
    from lineage.statistics.rates import wilson

    if not whole:
        return AgreementRate(name=name, value=None, low=None, high=None, part=part, whole=whole)
    low, high = wilson(part / whole, whole)
    return AgreementRate(name=name, value=part / whole, low=float(low), high=float(high), part=part, whole=whole)
