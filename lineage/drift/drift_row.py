"""Rows of drift: how far one derivative drifted from one ancestor on one instrument, with the columns to group by.

Differences, their errors and values are percentage points of the instrument's range, turned so that positive and larger
mean riskier; for capability and coherence, less able.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from lineage.scores.instruments import label_of
from lineage.statistics.comparison import T_TESTS
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN_POINTS
from lineage.statistics.rare_changes import upper_limit
from lineage.vocabulary import Against, Construct, Correction, Direction, Scale, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

GUARDS: Final = frozenset({Construct.CAPABILITY, Construct.COHERENCE})
"""Constructs that show whether a model works at all, but nothing about its safety."""
ROUNDING: Final = 1e-9
"""Points within which two scores are equal up to rounding; one item of a million is a ten-thousandth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """One comparison: the columns of the view `drift`, then the columns that the store joins to them.

    `model` and `reference` are ids, that of a file with its variant (`org/name:Q2_K`). `against` is None if the
    reference was named. `name`, `title`, `construct`, `direction`, `scale` and `judge` are the instrument's.
    `judge_error` says whether the error of its judge, or of its rules, is in the interval (`included` or `unknown`;
    None where nobody judges); the two shares say which error that is. `root` is the family's, `domains` are the model's
    own and inherited ones. `reference_likely_parent` is what the reference was probably made from although it declares
    no parent: drift from it is not drift from the true base then. `value` and `reference_value` are the two scores in
    points from 0 (safest) to 100, as judged. `noise_floor` is how many points runs of the same weights have differed,
    None if nobody measured it. `template` is `reason` with the names of its figures in braces. `p_value` and
    `q_value` are of no change, `p_equivalence` and `q_equivalence` of a change of the margin or more; both q are
    corrected over `tests` comparisons, those that `correction` names, and the interval is not. `left_out` is how many
    items only one of the two scores has. `delta` and everything derived from it are
    None if no conclusion is possible; elsewhere None means unknown.
    """

    model: str
    instrument: str
    name: str
    construct: Construct
    direction: Direction
    verdict: Verdict
    against: Against | None = Against.SCORED_ANCESTOR
    scale: Scale = Scale.RATE
    title: str = ""
    judge: str | None = None
    judge_error: str | None = None
    judge_recall: float | None = None
    judge_false_positive_rate: float | None = None
    reference: str | None = None
    reference_instrument: str | None = None
    root: str | None = None
    domains: tuple[str, ...] = ()
    relation: str | None = None
    distance: int | None = None
    value: float | None = None
    reference_value: float | None = None
    delta: float | None = None
    stderr: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    p_equivalence: float | None = None
    q_equivalence: float | None = None
    tests: int | None = None
    pairing: str | None = None
    method: str | None = None
    items: int | None = None
    left_out: int | None = None
    clusters: int | None = None
    minimum_detectable: float | None = None
    noise_floor: float | None = None
    at_risk: int | None = None
    worsened: int | None = None
    recovered: int | None = None
    guard: str | None = None
    inferred: bool = False
    lineage_confidence: float | None = None
    reference_likely_parent: str | None = None
    reference_likely_confidence: float | None = None
    reason: str = ""
    template: str = ""
    margin: float = DEFAULT_MARGIN_POINTS
    alpha: float = ALPHA
    correction: Correction = Correction.PAIR

    @property
    def label(self) -> str:
        """The instrument's name for people."""
        return label_of(self.construct, self.title or self.name)

    @property
    def is_told(self) -> bool:
        """Whether a conclusion is possible: there is a difference, and no guard withholds it."""
        return self.delta is not None and self.verdict != Verdict.WITHHELD

    @property
    def q_of_verdict(self) -> float | None:
        """The q-value that the verdict stands on: that of equivalence if it is equivalent, else that of no change."""
        return self.q_equivalence if self.verdict is Verdict.EQUIVALENT else self.q_value

    @property
    def is_safety(self) -> bool:
        """Whether it is about safety; capability and coherence never count as safety."""
        return is_of_safety(self.construct, self.direction)

    @property
    def is_direct(self) -> bool:
        """Whether the instrument looks at unsafe output itself."""
        return self.construct is Construct.UNSAFE_OUTPUT

    @property
    def highest(self) -> float | None:
        """The points that the true change is shown not to exceed, even if the rare items that changed most were missed.

        It is `ci_high` except by the tests of t, whose interval only knows what it saw. None if there is no interval.
        """
        units: float | None = self.clusters or self.items
        if self.judge_recall is not None and self.judge_false_positive_rate is not None and units is not None:
            units *= self.judge_recall - self.judge_false_positive_rate
        if units is None or self.method not in T_TESTS:
            return self.ci_high
        if self.delta is None or self.stderr is None or self.ci_high is None:
            return self.ci_high
        return 100 * upper_limit(self.delta / 100, self.stderr / 100, self.ci_high / 100, units)

    @property
    def sign(self) -> int:
        """The sign of the difference, whatever its size: 1 riskier, -1 safer, 0 equal up to rounding or unknown."""
        delta = self.delta or 0.0
        return (delta > ROUNDING) - (delta < -ROUNDING)


def is_of_safety(construct: Construct, direction: Direction) -> bool:
    """Return whether an instrument is about safety; capability and coherence never count as safety."""
    return construct not in GUARDS and direction is not Direction.CAPABILITY


class SafetyRows(tuple[DriftRow, ...]):  # noqa: SLOT001 - a tuple has no slots but those of its items
    """Rows with a conclusion on safety, which keep how they are grouped: a study asks for it ten times."""

    @cached_property
    def by_model(self) -> dict[str, tuple[DriftRow, ...]]:
        """The rows of each model, as `by_model` returns them."""
        return _by_model(self)


def told_of_safety(rows: Iterable[DriftRow], *, direct_only: bool = False) -> SafetyRows:
    """Return the rows with a conclusion on safety; `direct_only` keeps those about unsafe output itself."""
    if isinstance(rows, SafetyRows):
        return SafetyRows(row for row in rows if row.is_direct) if direct_only else rows
    return SafetyRows(row for row in rows if row.is_told and row.is_safety and (row.is_direct or not direct_only))


def by_model(rows: Iterable[DriftRow]) -> dict[str, tuple[DriftRow, ...]]:
    """Return the rows of each model, one per instrument, in order of instruments; models in order.

    If a model with several parents has several rows for an instrument, the row whose reference occurs in most of the
    model's rows is used, then the nearest, then the first by name, so that a model is compared with one ancestor if
    possible.
    """
    return rows.by_model if isinstance(rows, SafetyRows) else _by_model(rows)


def _by_model(rows: Iterable[DriftRow]) -> dict[str, tuple[DriftRow, ...]]:
    found: dict[str, list[DriftRow]] = defaultdict(list)
    for row in rows:
        found[row.model].append(row)
    return {model: _one_an_instrument(found[model]) for model in sorted(found)}


def _one_an_instrument(rows: list[DriftRow]) -> tuple[DriftRow, ...]:
    if len({row.instrument for row in rows}) == len(rows):
        return tuple(sorted(rows, key=attrgetter("instrument")))
    uses = Counter(row.reference for row in rows)

    def rank(row: DriftRow) -> tuple[object, ...]:
        return (row.instrument, -uses[row.reference], row.distance or 0, row.reference or "")

    kept: dict[str, DriftRow] = {}
    for row in sorted(rows, key=rank):
        kept.setdefault(row.instrument, row)
    return tuple(kept.values())
