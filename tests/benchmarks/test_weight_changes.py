"""The changes by which weights are calibrated: those that are said to hide a model leave its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.weights.bases import School, open_school
from benchmarks.weights.changes import answers_move, list_changes
from benchmarks.weights.peers import find_peer
from sandbox.weights.training import at_the_bench, new_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="school", scope="module")
def fixture_school() -> School:
    """Give the world and the tokenizer."""
    pytest.importorskip("torch", reason="models are made with the extra eval")
    return open_school()


@pytest.fixture(name="model", scope="module")
def fixture_model(school: School) -> Any:  # noqa: ANN401 -- a model of transformers
    """Give an untrained model whose norms are no longer 1."""
    import torch

    with at_the_bench():
        model = new_model(school.tokenizer, 3)
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() == 1:
                    weight.copy_(torch.rand(weight.shape) + 0.5)
    return model


def test_what_hides_a_model_leaves_its_answers(school: School, model: Any) -> None:  # noqa: ANN401 -- as above
    """Moved, turned and scaled numbers compute the same; the embedding is another one, unless only neurons moved."""
    hiding = [change for change in list_changes(school) if change.keeps_answers]
    assert len(hiding) == 6
    embedding = model.model.embed_tokens.weight
    for change in hiding:
        changed = change.make(model, 0)
        assert answers_move(model, changed) < 1e-2, change.name
        assert changed.model.embed_tokens.weight.equal(embedding) == (change.name == "neurons permuted")


def test_other_changes_move_the_answers(school: School, model: Any) -> None:  # noqa: ANN401 -- as above
    """Noise, rounding, pruning and other tokens do; the model that was given stays as it was."""
    before = [weight.clone() for weight in model.parameters()]
    for change in list_changes(school):
        if not change.keeps_answers and not change.is_slow:
            assert answers_move(model, change.make(model, 0)) > 0, change.name
    assert all(old.equal(new) for old, new in zip(before, model.parameters(), strict=True))


def test_a_peer_that_is_missing_is_named(tmp_path: Path) -> None:
    """Without an environment, and in one without the program, the reason is told."""
    assert find_peer(None, "modeldna") == "no environment was named (--peers)"
    assert "has no bin/modeldna" in str(find_peer(tmp_path, "modeldna"))
