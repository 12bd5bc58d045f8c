"""Families of tests: which comparisons a q-value is corrected over.

A verdict on a pair is corrected over the pair's own tests: the instruments of one construct that both models were
scored on. So it depends on nothing but the scores of these two: neither on what else was asked, nor on which other
models exist. With larger families, harmless models that anybody uploads would turn a verdict of `worse` into
`undecided`; docs/drift.md shows by how much, and what this choice costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lineage.drift.nearest_scored import NONE, ScorePairs
from lineage.drift.pairs import join_pairs, shared_slots
from lineage.graph.csr import distinct
from lineage.statistics.multiplicity import q_values
from lineage.vocabulary import Construct, Correction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores, StoredIdentity

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

CONSTRUCTS = {construct: code for code, construct in enumerate(Construct)}


def with_whole_families(current: CurrentScores, pairs: ScorePairs) -> ScorePairs:
    """Return the pairs, followed by all other tests of the same two models, which only count in the correction."""
    has_reference = (pairs.reference >= 0) & ~pairs.is_denied
    if not has_reference.any():
        return pairs
    size, count = _size(current, pairs), np.int64(len(current))
    ends = distinct(_ends(current, pairs, size)[has_reference])
    owners, mine, theirs = shared_slots(current, ends // size, ends % size)
    is_fresh = ~np.isin(mine * count + theirs, pairs.row * count + pairs.reference_row)
    nothing = np.full(int(is_fresh.sum()), NONE, dtype=np.int32)
    columns = {"row": mine, "reference_row": theirs, "reference": (ends % size)[owners]}
    others = ScorePairs(
        **{name: column[is_fresh].astype(np.int32) for name, column in columns.items()},
        against=nothing,
        distance=nothing,
        relation=nothing,
    )
    return join_pairs([pairs, others])


def families_of_tests(
    current: CurrentScores,
    identities: Sequence[StoredIdentity],
    pairs: ScorePairs,
    correction: Correction,
    is_asked: Flags | None = None,
) -> Longs:
    """Return the number of each pair's family of tests.

    By `Correction.PAIR`, a family is one model, one reference and one construct. By `Correction.ASKED` it is everything
    in one question, but each kind of ancestor, and safety and capability, form separate families; the pairs with
    `is_asked` False were only read along, and form families of their own.
    """
    if not len(current):
        return np.zeros(len(pairs), dtype=np.int64)
    match correction:
        case Correction.PAIR:
            construct = np.array([CONSTRUCTS[one.instrument.construct] for one in identities], dtype=np.int64)
            ends = _ends(current, pairs, _size(current, pairs))
            return ends * len(CONSTRUCTS) + construct[current.instrument[pairs.row]]
        case Correction.ASKED:
            rest = np.zeros(len(pairs), dtype=np.int64) if is_asked is None else (~is_asked).astype(np.int64)
            return (rest * 8 + pairs.against) * 2 + current.is_guard[pairs.row]
        case _ as never:
            assert_never(never)


def corrected(p_values: Floats, pairs: ScorePairs, family: Longs) -> tuple[Floats, Longs]:
    """Return the q-value of each pair, and how many tests its family has; NaN and 0 for a pair that was not tested.

    Two scores that are compared as parent and as root are one test of their family.
    """
    if not len(pairs):
        return p_values.copy(), np.zeros(0, dtype=np.int64)
    order = np.lexsort((pairs.reference_row, pairs.row, family))
    keys = np.stack([family[order], pairs.row[order], pairs.reference_row[order]])
    is_first = np.concatenate(([True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
    once, place = order[is_first], np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(is_first) - 1
    found = q_values(p_values[once], family[once])[place]
    is_tested = ~np.isnan(p_values)
    _, number = np.unique(family[once], return_inverse=True)
    tests = np.bincount(number, weights=is_tested[once]).astype(np.int64)[number][place]
    return found, np.where(is_tested, tests, 0)


def _size(current: CurrentScores, pairs: ScorePairs) -> np.int64:
    """Return a number above that of every node that occurs."""
    return np.int64(max(current.node.max(initial=0), pairs.reference.max(initial=0))) + 1


def _ends(current: CurrentScores, pairs: ScorePairs, size: np.int64) -> Longs:
    """Return model and reference of each pair as one number; pairs without a reference share that of their model."""
    found: Longs = current.node[pairs.row] * size + np.maximum(pairs.reference, 0)
    return found
