"""Calibrations: how often a judge, or a rule, agrees with people on replies that people labelled.

A rate that a judge gives means nothing without them: against human labels, the false-positive rate of three judges of
harm was 8.6 %, 45.7 % and 40.6 % (docs/evaluating.md).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRate:
    """A share with its interval of confidence 95 %: `part` of `whole`. All three are None where `whole` is 0."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    part: int
    whole: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerAgreement:
    """How a scorer agrees with people.

    `judge` and `judge_prompt_hash` are those of the score's identity, or None for rules.
    `labels_hash` is that of the labelled replies. Positive is what the scorer counts: a refusal, a harmful reply.
    `unread_positives` and `unread_negatives` are replies whose verdict could not be read, by what people said of them;
    they are in no rate but their own.
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
        """Return a short hash of all of it, so that what is found twice is one calibration."""
        return digest(asdict(self))

    @property
    def items(self) -> int:
        """Return how many replies were labelled."""
        return sum((self.true_positives, self.false_positives, self.true_negatives, self.false_negatives, self.unread))

    @property
    def unread(self) -> int:
        """Return how many verdicts could not be read."""
        return self.unread_positives + self.unread_negatives

    def figures(self) -> tuple[AgreementRate, ...]:
        """Return precision, recall, both error rates, and the share of verdicts that could not be read.

        Each with Wilson's interval (lineage.statistics.rates). Precision holds only for replies of which as many are
        positive as of the labelled ones; recall and the error rates do not depend on that share.
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
    """Count verdicts: for each reply what people say, and what the scorer says.

    None where that could not be read.
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
