"""What is fed to a model: rows of tokens, in which a context stands once for all of its continuations.

A row is a context and after it the continuations, each of which sees the context and itself (tree attention, as
SpecInfer verifies many continuations in one pass, arXiv 2305.09781). Where a model takes no such mask, each
continuation has a row of its own, and continuations that differ in their last token only share one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from evaluation.engines.tasks.encoding import Pair, Tokens


@dataclass(frozen=True, slots=True)
class TargetToken:
    """At `column` of a row the model says how likely `target` is, which counts for an answer."""

    column: int
    target: int
    answer: int


@dataclass(slots=True)
class TokenRow:
    """Tokens of one sequence, the first of them at `start`.

    `branches` is 0 for the context and n for its nth continuation; `positions` go on from the context in each.
    """

    start: int
    tokens: list[int]
    branches: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    picks: list[TargetToken] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def is_branched(self) -> bool:
        """Whether a plain causal mask is not enough."""
        return bool(self.branches) and self.branches[-1] > 1

    def add(self, continuation: Tokens, answer: int, length: int, branch: int) -> None:
        """Add a continuation of the first `length` tokens of the row."""
        columns = [length - 1, *range(len(self.tokens), len(self.tokens) + len(continuation) - 1)]
        self.picks += [
            TargetToken(column, target, answer) for column, target in zip(columns, continuation, strict=True)
        ]
        self.tokens += continuation[:-1]
        self.branches += [branch] * (len(continuation) - 1)
        self.positions += range(self.start + length, self.start + length + len(continuation) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenArrays:
    """Rows of one batch, padded on the right: all of shape (rows, longest row) but the picks, which have one axis.

    `branches` is -1 where padded, or None where a causal mask is enough. `picked` is row * longest + column, each once;
    `of_pick` says for every target which of them it belongs to, `answers` which answer it counts for. All int64.
    """

    tokens: NDArray[np.int64]
    positions: NDArray[np.int64]
    branches: NDArray[np.int64] | None
    picked: NDArray[np.int64]
    of_pick: NDArray[np.int64]
    targets: NDArray[np.int64]
    answers: NDArray[np.int64]


def tree_rows(pairs: Iterable[tuple[int, Pair]], start: int, longest: int) -> list[TokenRow]:
    """Return one row a context, without its first `start` tokens, that holds its continuations.

    `pairs` come with the number of their answer. A row that would pass `longest` tokens is followed by another one of
    the same context.
    """
    by_context: dict[Tokens, list[tuple[int, Tokens]]] = {}
    for answer, pair in pairs:
        by_context.setdefault(pair.context, []).append((answer, pair.continuation))
    rows = []
    for context, continuations in by_context.items():
        length = len(context) - start
        row = None
        branch = 0
        for answer, continuation in continuations:
            if row is None or len(row) + len(continuation) - 1 > longest:
                row, branch = _context_row(context, start), 0
                rows.append(row)
            branch += len(continuation) > 1
            row.add(continuation, answer, length, branch)
    return rows


def plain_rows(pairs: Iterable[tuple[int, Pair]]) -> list[TokenRow]:
    """Return rows for a model that takes no other mask than a causal one."""
    by_tokens: dict[Tokens, TokenRow] = {}
    for answer, pair in pairs:
        tokens = pair.context + pair.continuation[:-1]
        row = by_tokens.get(tokens)
        if row is None:
            row = by_tokens[tokens] = TokenRow(0, list(tokens), [0] * len(tokens), list(range(len(tokens))))
        first = len(pair.context) - 1
        row.picks += [TargetToken(first + step, target, answer) for step, target in enumerate(pair.continuation)]
    return list(by_tokens.values())


def shared_start(contexts: Iterable[Tokens]) -> Tokens:
    """Return the beginning that saves most where it is run once: what all contexts begin with, or the middle half.

    Contexts that lost their beginning for want of room have another one than the rest. A context that is no longer than
    the beginning does not share it.
    """
    ordered = sorted(set(contexts))
    found: Tokens = ()
    saved = 0
    for first, last in ((0, len(ordered) - 1), (len(ordered) // 4, 3 * len(ordered) // 4)):
        start = _common(ordered[first], ordered[last]) if len(ordered) > last > first else ()
        sharing = sum(len(context) > len(start) and context[: len(start)] == start for context in ordered)
        if len(start) * (sharing - 1) > saved:
            found, saved = start, len(start) * (sharing - 1)
    return found


def arrays(rows: Sequence[TokenRow]) -> TokenArrays:
    """Return a batch of rows as arrays."""
    longest = max(map(len, rows))
    tokens = np.zeros((len(rows), longest), dtype=np.int64)
    positions = np.zeros((len(rows), longest), dtype=np.int64)
    branches = np.full((len(rows), longest), -1, dtype=np.int64)
    for number, row in enumerate(rows):
        tokens[number, : len(row)] = row.tokens
        positions[number, : len(row)] = row.positions
        branches[number, : len(row)] = row.branches
    picks = [
        (number * longest + pick.column, pick.target, pick.answer)
        for number, row in enumerate(rows)
        for pick in row.picks
    ]
    places, targets, answers = np.array(picks, dtype=np.int64).T
    picked, of_pick = np.unique(places, return_inverse=True)
    return TokenArrays(
        tokens=tokens,
        positions=positions,
        branches=branches if any(row.is_branched for row in rows) else None,
        picked=picked,
        of_pick=of_pick,
        targets=targets,
        answers=answers,
    )


def _context_row(context: Tokens, start: int) -> TokenRow:
    tokens = list(context[start:])
    return TokenRow(start, tokens, [0] * len(tokens), list(range(start, len(context))))


def _common(one: Tokens, two: Tokens) -> Tokens:
    """Return what two contexts begin with, at least one token less than the shorter one has."""
    most = min(len(one), len(two)) - 1
    return one[: next((place for place in range(most) if one[place] != two[place]), most)]
