"""Rows hold every continuation once, and see what they may."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.engines.tasks.encoding import Pair
from evaluation.engines.transformers.token_rows import TokenRow, arrays, plain_rows, shared_start, tree_rows

tokens = st.lists(st.integers(0, 3), min_size=1, max_size=6).map(tuple)
pairs = st.lists(st.builds(Pair, tokens, tokens), min_size=1, max_size=12)


def history(row: TokenRow, column: int) -> tuple[int, ...]:
    """Return the tokens that a place of a row sees, itself included, by the rule of the mask."""
    branch = row.branches[column]
    return tuple(token for place, token in enumerate(row.tokens[: column + 1]) if row.branches[place] in {0, branch})


def asked(rows: list[TokenRow]) -> dict[int, list[tuple[tuple[int, ...], int]]]:
    """Return for every answer what it sees before each of its tokens, and the token."""
    found: dict[int, list[tuple[tuple[int, ...], int]]] = {}
    for row in rows:
        for pick in row.picks:
            found.setdefault(pick.answer, []).append((history(row, pick.column), pick.target))
    return found


@given(pairs, st.integers(1, 20))
def test_each_answer_sees_its_context_and_itself(given_pairs: list[Pair], longest: int) -> None:
    """In shared rows and in rows of their own, before each token stands exactly what comes before it."""
    numbered = list(enumerate(given_pairs))
    for rows in (tree_rows(numbered, 0, longest), plain_rows(numbered)):
        found = asked(rows)
        for number, pair in numbered:
            whole = pair.context + pair.continuation
            first = len(pair.context)
            assert sorted(found[number]) == sorted((whole[:place], whole[place]) for place in range(first, len(whole)))


@given(pairs)
def test_places_go_on_from_the_context(given_pairs: list[Pair]) -> None:
    """A token's position is the number of tokens that it sees before it."""
    for row in tree_rows(enumerate(given_pairs), 0, 1000):
        assert row.positions == [len(history(row, column)) - 1 for column in range(len(row))]


@given(pairs)
def test_arrays_hold_the_rows(given_pairs: list[Pair]) -> None:
    """Tokens come back from their padding, picks from their places, each place once."""
    rows = tree_rows(enumerate(given_pairs), 0, 1000)
    packed = arrays(rows)
    longest = packed.tokens.shape[1]
    for number, row in enumerate(rows):
        assert packed.tokens[number, : len(row)].tolist() == row.tokens
    places = packed.picked[packed.of_pick]
    expected = [
        (number * longest + pick.column, pick.target, pick.answer)
        for number, row in enumerate(rows)
        for pick in row.picks
    ]
    assert list(zip(places.tolist(), packed.targets.tolist(), packed.answers.tolist(), strict=True)) == expected
    assert len(np.unique(packed.picked)) == len(packed.picked)
    assert (packed.branches is None) == all(max(row.branches) < 2 for row in rows)


@given(st.lists(tokens, max_size=12), tokens)
def test_a_shared_start_saves_most_of_two(contexts: list[tuple[int, ...]], start: tuple[int, ...]) -> None:
    """It is a beginning that contexts have and go on from; where all have one, it saves no less than that one."""
    found = shared_start(contexts)
    assert not found or sum(context[: len(found)] == found and len(context) > len(found) for context in contexts) > 1
    begun = {start + context for context in contexts}
    if len(begun) > 1:
        best = shared_start(begun)
        sharing = sum(context[: len(best)] == best and len(context) > len(best) for context in begun)
        assert len(best) * (sharing - 1) >= len(start) * (len(begun) - 1)


def test_one_context_that_lost_its_beginning_does_not_spoil_it() -> None:
    """The middle half decides where it saves more than what all have in common."""
    common = tuple(range(50))
    contexts = [(*common, number, 1) for number in range(20)]
    assert shared_start([*contexts, (9, 9, 9)]) == common
