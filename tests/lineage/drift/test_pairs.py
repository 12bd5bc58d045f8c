"""Which scores are compared: parents, the nearest scored ancestor, the root, and what is named where none can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lineage.drift.nearest_scored import AGAINST, ScorePairs
from lineage.drift.pairs import denied_pairs, find_pairs, join_pairs, pairs_with
from lineage.vocabulary import Against

if TYPE_CHECKING:
    from tests.lineage.drift.conftest import Board


def named(board: Board, pairs: ScorePairs) -> list[tuple[int, int, int]]:
    """Return derivative, reference and distance of each pair, -1 for no reference."""
    nodes = board.current().node[pairs.row]
    return list(zip(nodes.tolist(), pairs.reference.tolist(), pairs.distance.tolist(), strict=True))


def pairs_of(board: Board, against: Against) -> ScorePairs:
    """Return the pairs of every score on the board."""
    return find_pairs(board.graph, board.current(), board.identities, against)


def test_every_parent_is_compared(board: Board) -> None:
    """A merge has a pair for each parent, scored or not, and a root none."""
    number = board.measures(board.instrument())
    for node in (board.BASE, board.MEDICAL, board.MERGE, board.OTHER):
        board.put(node, number, 0.1)
    pairs = pairs_of(board, Against.PARENT)
    assert named(board, pairs) == [
        (board.MEDICAL, board.BASE, 1),
        (board.MERGE, board.NOTES, 1),
        (board.MERGE, board.OTHER, 1),
    ]
    assert (pairs.reference_row >= 0).tolist() == [True, False, True]


def test_a_merge_is_compared_with_each_scored_parent(board: Board) -> None:
    """By default too, on the instruments that they share; one that is only above a parent does not join them."""
    one, two = (board.measures(board.instrument(name)) for name in ("one", "two"))
    for node in (board.NOTES, board.MERGE, board.OTHER):
        board.put(node, one, 0.1)
    for node in (board.MEDICAL, board.MERGE, board.OTHER):
        board.put(node, two, 0.2)
    pairs = pairs_of(board, Against.SCORED_ANCESTOR)
    merged = [pair for pair in named(board, pairs) if pair[0] == board.MERGE]
    assert merged == [(board.MERGE, board.NOTES, 1), (board.MERGE, board.OTHER, 1), (board.MERGE, board.OTHER, 1)]
    assert {AGAINST[code] for code in pairs.against.tolist()} == {Against.SCORED_ANCESTOR}
    assert (np.diff(pairs.row) >= 0).all()


def test_the_nearest_scored_ancestor_skips_the_unscored(board: Board) -> None:
    """Notes has an unscored parent and is compared with its grandparent."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1)
    board.put(board.NOTES, number, 0.2)
    assert named(board, pairs_of(board, Against.SCORED_ANCESTOR)) == [(board.NOTES, board.BASE, 2)]


def test_the_root_is_that_of_the_family(board: Board) -> None:
    """The root is named whether it is scored or not, and the way to it counted."""
    number = board.measures(board.instrument())
    board.put(board.NOTES, number, 0.2)
    pairs = pairs_of(board, Against.ROOT)
    assert named(board, pairs) == [(board.NOTES, board.BASE, 2)]
    assert pairs.reference_row.tolist() == [-1]


def test_no_ancestor_is_named_where_none_is_scored(board: Board) -> None:
    """A model whose ancestors were never measured has a pair without a reference."""
    number = board.measures(board.instrument())
    board.put(board.NOTES, number, 0.2)
    pairs = pairs_of(board, Against.SCORED_ANCESTOR)
    assert named(board, pairs) == [(board.NOTES, -1, -1)]


def test_an_ancestor_measured_otherwise_is_named(board: Board) -> None:
    """Where the same instrument was run by another judge, that score is the reference that cannot be compared."""
    mine = board.measures(board.instrument(), judge="ash-judge")
    theirs = board.measures(board.instrument(), judge="fir-judge")
    board.put(board.BASE, theirs, 0.1)
    board.put(board.MEDICAL, mine, 0.2)
    for against in Against:
        pairs = pairs_of(board, against)
        assert named(board, pairs) == [(board.MEDICAL, board.BASE, 1)]
        assert board.current().instrument[pairs.reference_row].tolist() == [theirs]


def test_a_comparable_score_goes_before_a_nearer_one_that_is_not(board: Board) -> None:
    """The nearest scored ancestor is the nearest that can be compared."""
    mine = board.measures(board.instrument(), judge="ash-judge")
    theirs = board.measures(board.instrument(), judge="fir-judge")
    board.put(board.BASE, mine, 0.1)
    board.put(board.MEDICAL, theirs, 0.1)
    board.put(board.NOTES, mine, 0.2)
    pairs = pairs_of(board, Against.SCORED_ANCESTOR)
    assert (board.NOTES, board.BASE, 2) in named(board, pairs)


def test_wanted_nodes_alone_are_asked_about(board: Board) -> None:
    """A mask leaves the scores of other nodes as references only."""
    number = board.measures(board.instrument())
    for node in (board.BASE, board.MEDICAL, board.NOTES):
        board.put(node, number, 0.1)
    wanted = np.zeros(5, dtype=bool)
    wanted[board.NOTES] = True
    pairs = find_pairs(board.graph, board.current(), board.identities, Against.PARENT, wanted)
    assert named(board, pairs) == [(board.NOTES, board.MEDICAL, 1)]


def test_an_empty_board_has_no_pairs(board: Board) -> None:
    """Nothing scored is nothing compared."""
    joined = join_pairs([pairs_of(board, against) for against in Against])
    assert len(joined) == 0
    assert tuple(Against) == AGAINST


def test_one_node_is_the_reference_of_all(board: Board) -> None:
    """Every wanted score is paired with that of the named node, related or not, and with one measured otherwise."""
    mine, theirs = board.measures(board.instrument()), board.measures(board.instrument(), judge="fir-judge")
    other = board.measures(board.instrument("toxic"))
    board.put(board.OTHER, mine, 0.1)
    board.put(board.MEDICAL, mine, 0.2)
    board.put(board.NOTES, theirs, 0.2)
    board.put(board.NOTES, other, 0.2)
    current = board.current()
    pairs = pairs_with(current, board.identities, board.OTHER, np.ones(5, dtype=bool))
    assert current.node[pairs.row].tolist() == [board.MEDICAL, board.NOTES, board.NOTES]
    (theirs_row,) = np.flatnonzero(current.node == board.OTHER).tolist()
    assert pairs.reference_row.tolist() == [theirs_row, theirs_row, -1]
    assert set(pairs.reference.tolist()) == {board.OTHER}
    assert {*pairs.against.tolist(), *pairs.distance.tolist(), *pairs.relation.tolist()} == {-1}


def test_what_weights_contradict_is_a_pair_without_a_reference_score(board: Board) -> None:
    """One for every score of a model without another parent; the others have parents to be compared with."""
    numbers = [board.measures(board.instrument(name)) for name in ("harm", "more")]
    for number in numbers:
        for node in (board.OTHER, board.MEDICAL, board.BASE):
            board.put(node, number, 0.1)
    current = board.current()
    denied = np.array([[board.OTHER, board.MEDICAL, board.OTHER], [board.BASE, board.NOTES, board.NOTES]])
    pairs = denied_pairs(board.graph, current, denied, Against.ROOT)
    assert named(board, pairs) == [
        *[(board.OTHER, board.BASE, -1)] * len(numbers),
        *[(board.OTHER, board.NOTES, -1)] * len(numbers),
    ]
    assert sorted(current.instrument[pairs.row].tolist()) == sorted(2 * numbers)
    assert pairs.is_denied.all()
    assert (pairs.reference_row < 0).all()
    nobody = np.zeros(board.graph.size, dtype=bool)
    assert len(denied_pairs(board.graph, current, denied, Against.ROOT, nobody)) == 0
    assert not pairs_of(board, Against.PARENT).is_denied.any()
    assert not pairs_with(current, board.identities, board.BASE, ~nobody).is_denied.any()
