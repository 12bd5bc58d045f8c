"""Batches fit, and memory that runs out halves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.engines.tasks.encoding import Pair
from evaluation.engines.transformers import batch_size
from evaluation.engines.transformers.batch_size import (
    CPU_REPLY_TOKENS,
    CPU_TOKENS,
    TokenBudget,
    estimate_replies,
    free_bytes,
    run_in_batches,
)
from evaluation.engines.transformers.loglikelihood import LikelihoodScorer
from evaluation.engines.transformers.token_rows import TargetToken, TokenRow
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Sequence


def rows_of(lengths: Sequence[int]) -> list[TokenRow]:
    """Return rows of some lengths, each with one pick."""
    return [TokenRow(0, [0] * length, [0] * length, list(range(length)), [TargetToken(0, 0, 0)]) for length in lengths]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(1, 200), st.integers(1, 9), st.integers(1, 9))
def test_every_row_is_run_once(lengths: list[int], tokens: int, picks: int, most: int) -> None:
    """Whatever the memory holds, each row is run once, in batches that fit or stand alone."""
    seen: list[int] = []

    def run(batch: Sequence[TokenRow]) -> None:
        if len(batch) > most:
            raise MemoryError
        assert len(batch) == 1 or (len(batch) * len(batch[0]) <= tokens and len(batch) <= picks)
        seen.extend(map(len, batch))

    run_in_batches(rows_of(lengths), TokenBudget(tokens=tokens, picks=picks), run, "grove/tiny")
    assert seen == sorted(lengths, reverse=True)


def test_a_row_counts_with_what_it_will_write() -> None:
    """Rows that grow while they run are fewer in a batch, and still fewer after memory ran out."""
    budget = TokenBudget(tokens=100, picks=100, growth=15)
    rows = rows_of([10] * 8)
    assert len(budget.take(rows, 0)) == 4
    budget.shrink(rows[:4])
    assert len(budget.take(rows, 0)) == 2


@pytest.mark.parametrize(("free_bytes", "tokens"), [(0, CPU_TOKENS), (1 << 21, 2048), (1 << 40, CPU_REPLY_TOKENS)])
def test_replies_take_a_share_of_the_memory(
    free_bytes: int, tokens: int, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of the free memory is for keys and values, here 256 bytes a token, within limits."""
    monkeypatch.setattr(batch_size, "free_memory_bytes", lambda: free_bytes)
    assert estimate_replies(model).tokens == tokens


def test_one_row_that_does_not_fit_ends_it() -> None:
    """Where one row alone is too much the model cannot be run, and the reason says how long it was."""

    def run(_: Sequence[TokenRow]) -> None:
        raise MemoryError

    with pytest.raises(CannotRun, match="7 tokens alone"):
        run_in_batches(rows_of([7, 3]), TokenBudget(tokens=100, picks=100), run, "grove/tiny")


def test_other_errors_are_not_taken_for_memory() -> None:
    """A fault of the model is told as it is."""

    def run(_: Sequence[TokenRow]) -> None:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        run_in_batches(rows_of([7]), TokenBudget(tokens=100, picks=100), run, "grove/tiny")


def test_answers_survive_a_device_that_runs_out(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that takes five rows at most gives the answers that it gives without a limit, in smaller batches."""
    import torch

    pairs = [Pair((number + 2, 3, 4, 5), (6 + number % 7, 8)) for number in range(40)]
    expected = LikelihoodScorer(model, "grove/tiny").score(pairs)
    sizes: list[int] = []
    forward = model.forward

    def limited(input_ids: Any, **given: Any) -> Any:
        sizes.append(len(input_ids))
        if len(input_ids) > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(input_ids=input_ids, **given)

    monkeypatch.setattr(model, "forward", limited)
    scorer = LikelihoodScorer(model, "grove/tiny", TokenBudget(tokens=4096, picks=4096))
    scorer.window = 1 << 20
    found = scorer.score(pairs)
    assert [one[0] for one in found] == pytest.approx([one[0] for one in expected], abs=1e-4)
    assert sizes[:4] == [40, 20, 10, 5]
    assert max(sizes[3:]) == 5
    assert scorer.budget.tokens < 4096


def test_what_torch_keeps_of_a_gpu_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of tensors that are gone counts for the next batches; no machine of the tests has a GPU."""
    told = {"mem_get_info": (10, 100), "memory_reserved": 70, "memory_allocated": 25}
    for name, value in told.items():
        monkeypatch.setattr(f"torch.cuda.{name}", lambda device, value=value: value if device == 1 else None)
    assert free_bytes(1) == 10 + 70 - 25
