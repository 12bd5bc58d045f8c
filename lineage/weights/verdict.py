"""What the first rows of two models say of their origin, with the number it rests on.

A verdict confirms or contradicts what names, cards and files declare; it makes no edge by itself, and says nothing of
which of the two came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from lineage.weights.independence import OriginTest, Untestable, log10_p_of, measure_origin
from lineage.weights.number_formats import round_to
from lineage.weights.tensor_roles import find_role

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.weights.weight_rows import WeightRows

VerdictKind: TypeAlias = Literal["identical", "rounded", "same origin", "no sign", "open", "not comparable"]

LARGEST_LOG10_P: Final = -9.0
"""From here on it is one origin: by chance once in a thousand million pairs, at most."""
_MOST_BY_CHANCE: Final = 4
"""Fixed points that chance alone brings at times: five or more come once in 120 pairs, at most."""
_ROWS_TO_DENY: Final = 8
_UNITS_TO_DENY: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginVerdict:
    """What the rows of two models say.

    `identical`: the files are byte for byte one; `rounded`: the rows of one are those of the other, rounded to its
    data type; `same origin`: one initialisation, with `test`; `no sign`: rows enough, and not a trace of one; `open`:
    neither can be said; `not comparable`: `reason` says why. `equal_share` is the share of equal numbers in the common
    rows, 0 to 1, and `change` their relative difference, |a - b| / |a|; both None where nothing could be compared.
    """

    kind: VerdictKind
    reason: str
    test: OriginTest | None = None
    equal_share: float | None = None
    change: float | None = None

    @property
    def is_related(self) -> bool:
        """Whether both come from one initialisation."""
        return self.kind in {"identical", "rounded", "same origin"}


def judge_origin(ours: WeightRows, theirs: WeightRows) -> OriginVerdict:
    """Judge what the rows of two models say of their origin."""
    if ours.file_sha256 is not None and ours.file_sha256 == theirs.file_sha256 and ours.is_whole and theirs.is_whole:
        return OriginVerdict(kind="identical", reason="the files have one SHA-256")
    count = min(len(ours.rows), len(theirs.rows))
    if ours.rows.shape[1] != theirs.rows.shape[1]:
        widths = f"{ours.rows.shape[1]:,} and {theirs.rows.shape[1]:,}"
        return OriginVerdict(kind="not comparable", reason=f"their matrices have {widths} columns")
    if find_role(ours.tensor.name) != find_role(theirs.tensor.name):
        names = f"{ours.tensor.name} and {theirs.tensor.name}"
        return OriginVerdict(kind="not comparable", reason=f"what was read are parts for different ends: {names}")
    a, b = ours.rows[:count], theirs.rows[:count]
    test = measure_origin(a, b)
    equal_share, change = float(np.mean(a == b)) if count else None, _change(a, b)
    if isinstance(test, Untestable):
        return OriginVerdict(kind="not comparable", reason=test.reason, equal_share=equal_share, change=change)
    kind, reason = _conclude(ours, theirs, a, b, test)
    return OriginVerdict(kind=kind, reason=reason, test=test, equal_share=equal_share, change=change)


def _conclude(
    ours: WeightRows, theirs: WeightRows, a: NDArray[np.float32], b: NDArray[np.float32], test: OriginTest
) -> tuple[VerdictKind, str]:
    found = f"{test.fixed_points} of {test.units} columns match on {test.rows} rows"
    if test.log10_p <= LARGEST_LOG10_P:
        for wide, narrow, rounded, given in ((ours, theirs, a, b), (theirs, ours, b, a)):
            if wide.tensor.dtype != narrow.tensor.dtype and _are_equal(round_to(rounded, narrow.tensor.dtype), given):
                return (
                    "rounded",
                    f"the rows of {narrow.model} are those of {wide.model}, rounded to {narrow.tensor.dtype}",
                )
        return "same origin", found + _compare_sizes(ours, theirs)
    if test.fixed_points <= _MOST_BY_CHANCE and test.rows >= _ROWS_TO_DENY and test.units >= _UNITS_TO_DENY:
        return "no sign", f"{found}, as chance alone brings"
    if test.fixed_points <= _MOST_BY_CHANCE:
        return "open", f"{found}: too few rows to deny it"
    return (
        "open",
        f"{found}: more than chance brings mostly, too few to say so (p <= {10 ** log10_p_of(test.fixed_points):.0e})",
    )


def _compare_sizes(ours: WeightRows, theirs: WeightRows) -> str:
    """Return what to say of two vocabularies of different size, empty if they are equally large."""
    more = theirs.tensor.shape[0] - ours.tensor.shape[0]
    larger = theirs if more > 0 else ours
    return f"; the vocabulary of {larger.model} is larger by {abs(more):,} rows" if more else ""


def _are_equal(rounded: NDArray[np.float32] | None, given: NDArray[np.float32]) -> bool:
    return rounded is not None and np.array_equal(rounded, given)


def _change(a: NDArray[np.float32], b: NDArray[np.float32]) -> float | None:
    length = float(np.linalg.norm(a.astype(np.float64)))
    change = float(np.linalg.norm(a.astype(np.float64) - b.astype(np.float64)))
    return change / length if length > 0 and np.isfinite(change / length) else None
