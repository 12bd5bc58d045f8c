"""Shapes of matrices, folded and unfolded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from store.weights.shape_runs import LONGEST_FOLDED, fold_shapes, unfold_shapes

_PARTS = st.sampled_from(["model", "layers", "0", "1", "2", "03", "17", "experts", "*", "w", "weight", ""])
_SHAPES = st.lists(st.integers(0, 2**40), max_size=3).map(tuple)


@given(st.dictionaries(st.lists(_PARTS, min_size=1, max_size=6).map(".".join), _SHAPES, max_size=40))
def test_what_is_unfolded_is_what_was_folded(shapes: dict[str, tuple[int, ...]]) -> None:
    """Whatever names there are: numbers with zeros before them, stars, gaps, one name in two shapes."""
    assert unfold_shapes(fold_shapes(shapes)) == shapes


def test_a_model_of_many_layers_and_experts_takes_few_characters() -> None:
    """A layer, and an expert in each layer, are told once with the first and the last of them."""
    shapes = {f"model.layers.{layer}.self_attn.q_proj.weight": (4096, 4096) for layer in range(48)}
    shapes |= {
        f"model.layers.{layer}.mlp.experts.{expert}.up_proj.weight": (768, 2048)
        for layer in range(1, 48)
        for expert in range(128)
    }
    folded = fold_shapes(shapes)
    assert folded == (
        '[["model.layers.*.mlp.experts.*.up_proj.weight",[768,2048],[[1,47],[0,127]]],'
        '["model.layers.*.self_attn.q_proj.weight",[4096,4096],[[0,47]]]]'
    )
    assert unfold_shapes(folded) == shapes


def test_a_file_of_too_many_names_is_not_kept() -> None:
    """Ten thousand names that follow no rule are not worth their characters; nothing kept unfolds to nothing."""
    assert fold_shapes({f"part-{number}": (number, 8) for number in range(LONGEST_FOLDED // 10)}) is None
    assert unfold_shapes(None) == {}
