"""What the first rows of two models say of their origin, with the number it rests on.

A verdict confirms or contradicts what names, cards and files declare; it makes no edge by itself, and says nothing of
which of the two came first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log10
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.vocabulary import RELATED
from lineage.weights.independence import OriginTest, Untestable, measure_origin
from lineage.weights.number_formats import round_to
from lineage.weights.row_products import compare_products

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.vocabulary import VerdictKind
    from lineage.weights.weight_rows import MatrixRows, WeightRows

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
    data type; `same origin`: one initialisation, with `test`; `turned`: no column matches, but the rows agree up to a
    turn of the coordinates; `no sign`: rows enough, and not a trace of one; `open`: neither can be said; `not
    comparable`: `reason` says why. `test` is that of the matrix that says most, its p taken times the number of
    matrices that were tested. `agreement` is the best correlation of the products of rows with each other, -1 to 1,
    None where columns match or too few rows say something. `equal_share` is the share of equal numbers in the common
    rows, 0 to 1, and `change` their relative difference, |a - b| / |a|; both None where nothing could be compared.
    `is_contradiction`: `no sign`, and the rows of a layer were compared too, which depend on no vocabulary; or an
    adapter that cannot belong to the base (`lineage.weights.adapter_verdict`).
    """

    kind: VerdictKind
    reason: str
    test: OriginTest | None = None
    agreement: float | None = None
    equal_share: float | None = None
    change: float | None = None
    is_contradiction: bool = False

    @property
    def is_yes(self) -> bool:
        """Whether both are related, perhaps turned, or one is an adapter whose shapes or start agree with the other."""
        return self.is_related or self.kind in {"turned", "same start", "shapes fit"}

    @property
    def is_related(self) -> bool:
        """Whether both come from one initialisation, and have their coordinates in one order."""
        return self.kind in RELATED


@dataclass(frozen=True, slots=True, kw_only=True)
class _MatrixPair:
    """The common rows of one matrix of both models, and the outcome of their test."""

    ours: MatrixRows
    theirs: MatrixRows
    a: NDArray[np.float32]
    b: NDArray[np.float32]
    test: OriginTest | Untestable


def judge_origin(ours: WeightRows, theirs: WeightRows) -> OriginVerdict:
    """Judge what the rows of two models say of their origin."""
    if ours.file_sha256 is not None and ours.file_sha256 == theirs.file_sha256 and ours.is_whole and theirs.is_whole:
        return OriginVerdict(kind="identical", reason="the files have one SHA-256")
    same = [(a, b) for a in ours.matrices for b in theirs.matrices if a.place == b.place]
    if not same:
        names = f"{ours.matrices[0].name} and {theirs.matrices[0].name}"
        return OriginVerdict(kind="not comparable", reason=f"what was read are parts for different ends: {names}")
    pairs = [_pair(a, b) for a, b in same if a.columns == b.columns]
    if not pairs:
        widths = f"{same[0][0].columns:,} and {same[0][1].columns:,}"
        return OriginVerdict(kind="not comparable", reason=f"their matrices have {widths} columns")
    equal_share, change = _difference(pairs)
    tests = [pair.test for pair in pairs if isinstance(pair.test, OriginTest)]
    if not tests:
        reason = next(pair.test.reason for pair in pairs if isinstance(pair.test, Untestable))
        return OriginVerdict(kind="not comparable", reason=reason, equal_share=equal_share, change=change)
    best = min(tests, key=lambda test: test.log10_p)
    best = replace(best, log10_p=min(0.0, best.log10_p + log10(len(tests))))
    kind, reason = _conclude(ours, theirs, pairs, best)
    agreement = None
    if kind in {"no sign", "open"}:
        agreement, turned = _compare_turned(pairs)
        kind, reason = ("turned", f"{reason}, but {turned}") if turned else (kind, reason)
    return OriginVerdict(
        kind=kind,
        reason=reason,
        test=best,
        agreement=agreement,
        equal_share=equal_share,
        change=change,
        is_contradiction=kind == "no sign"
        and any(_is_enough(pair.test) and not pair.ours.is_embedding for pair in pairs),
    )


def _pair(ours: MatrixRows, theirs: MatrixRows) -> _MatrixPair:
    if ours.rows.shape[1] != theirs.rows.shape[1]:
        ours, theirs = ours.reduced(), theirs.reduced()
    count = min(len(ours.rows), len(theirs.rows))
    a, b = ours.rows[:count], theirs.rows[:count]
    return _MatrixPair(ours=ours, theirs=theirs, a=a, b=b, test=measure_origin(a, b))


def _conclude(
    ours: WeightRows, theirs: WeightRows, pairs: Sequence[_MatrixPair], best: OriginTest
) -> tuple[VerdictKind, str]:
    found = f"{best.fixed_points} of {best.units} columns match on {best.rows} rows"
    if best.log10_p <= LARGEST_LOG10_P:
        for narrow, wide, is_rounded in (
            (theirs.model, ours.model, all(_is_rounded(pair.ours, pair.a, pair.theirs, pair.b) for pair in pairs)),
            (ours.model, theirs.model, all(_is_rounded(pair.theirs, pair.b, pair.ours, pair.a) for pair in pairs)),
        ):
            if is_rounded:
                dtype = pairs[0].theirs.dtype if narrow == theirs.model else pairs[0].ours.dtype
                return "rounded", f"the rows of {narrow} are those of {wide}, rounded to {dtype}"
        return "same origin", found + _compare_vocabularies(ours, theirs, pairs)
    if best.fixed_points > _MOST_BY_CHANCE:
        p = f"{10**best.log10_p:.0e}"
        return "open", f"{found}: more than chance brings mostly, too few to say so (p <= {p})"
    fitting = [pair for pair in pairs if _is_enough(pair.test)]
    if not fitting:
        return "open", f"{found}: too few rows to deny it"
    if all(pair.ours.is_embedding and pair.ours.matrix_rows != pair.theirs.matrix_rows for pair in fitting):
        return "open", f"{found}, and their vocabularies differ in size: the rows may stand for other tokens"
    return "no sign", f"{found}, as chance alone brings"


def _compare_turned(pairs: Sequence[_MatrixPair]) -> tuple[float | None, str]:
    """Return how well the products of rows agree, None if that is not known, and what to say if it is a turn."""
    found = [agreement for pair in pairs if (agreement := compare_products(pair.ours.products, pair.theirs.products))]
    if not found:
        return None, ""
    best = max(found, key=lambda agreement: (agreement.is_turned, agreement.correlation))
    agree = f"the products of {best.rows} rows agree (correlation {best.correlation:.3f})"
    return best.correlation, f"{agree}: equal up to a turn of the coordinates" if best.is_turned else ""


def _is_enough(test: OriginTest | Untestable) -> bool:
    """Whether a test had rows and columns enough that it would have seen one origin."""
    return isinstance(test, OriginTest) and test.rows >= _ROWS_TO_DENY and test.units >= _UNITS_TO_DENY


def _compare_vocabularies(ours: WeightRows, theirs: WeightRows, pairs: Sequence[_MatrixPair]) -> str:
    """Return what to say of two vocabularies that are not the same, empty if nothing shows that."""
    embedding = next((pair for pair in pairs if pair.ours.is_embedding), None)
    if embedding is None:
        return ""
    test = embedding.test
    if isinstance(test, OriginTest) and _is_enough(test) and test.fixed_points <= _MOST_BY_CHANCE:
        return "; the rows of the embedding show none: its vocabulary or its tokens are others"
    more = embedding.theirs.matrix_rows - embedding.ours.matrix_rows
    larger = theirs if more > 0 else ours
    return f"; the vocabulary of {larger.model} is larger by {abs(more):,} rows" if more else ""


def _is_rounded(wide: MatrixRows, a: NDArray[np.float32], narrow: MatrixRows, b: NDArray[np.float32]) -> bool:
    """Whether rows of one matrix are those of another, rounded to its narrower type."""
    rounded = None if wide.dtype == narrow.dtype else round_to(a, narrow.dtype)
    return rounded is not None and np.array_equal(rounded, b)


def _difference(pairs: Sequence[_MatrixPair]) -> tuple[float | None, float | None]:
    """Return the share of equal numbers in the common rows, and their relative difference; None if there are none."""
    count = sum(pair.a.size for pair in pairs)
    if not count:
        return None, None
    equal = sum(int(np.sum(pair.a == pair.b)) for pair in pairs)
    with np.errstate(invalid="ignore", over="ignore"):  # a file may hold infinite numbers and none
        length = sum(float(np.sum(np.square(pair.a, dtype=np.float64))) for pair in pairs) ** 0.5
        change = sum(float(np.sum(np.square(pair.a.astype(np.float64) - pair.b))) for pair in pairs) ** 0.5
    return equal / count, change / length if length > 0 and np.isfinite(change / length) else None
