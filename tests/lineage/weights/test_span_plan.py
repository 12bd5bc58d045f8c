"""Which rows of several models are read: the same of each, within the budget, in few parts."""

from __future__ import annotations

import numpy as np
import pytest

from lineage.weights.header import TensorEntry, WeightHeader
from lineage.weights.span_plan import cut_spans, find_sites, plan_parts, plan_rows, spread

PARTS = ("mlp.down_proj", "mlp.gate_proj", "mlp.up_proj", "self_attn.k_proj", "self_attn.o_proj", "self_attn.q_proj")


def header_of(*tensors: tuple[str, tuple[int, ...], str]) -> WeightHeader:
    """Return a header of tensors, one behind the other."""
    entries, place = [], 100
    for name, shape, dtype in tensors:
        stop = place + int(np.prod(shape)) * {"F32": 4, "BF16": 2, "I8": 1, "U8": 1}[dtype]
        entries.append(TensorEntry(name=name, dtype=dtype, shape=shape, start_byte=place, stop_byte=stop))
        place = stop
    return WeightHeader(tensors=tuple(entries), sha256="0" * 64, header_bytes=100)


def model_of(width: int, *, layers: int = 12, vocabulary: int = 1000, dtype: str = "BF16") -> WeightHeader:
    """Return the header of a model as most libraries write it."""
    tensors: list[tuple[str, tuple[int, ...], str]] = [("model.embed_tokens.weight", (vocabulary, width), dtype)]
    for layer in range(layers):
        where = f"model.layers.{layer}."
        for part in PARTS:
            shape = (width, 3 * width) if "down" in part else (3 * width if "mlp" in part else width, width)
            tensors.append((f"{where}{part}.weight", shape, dtype))
        tensors.append((f"{where}input_layernorm.weight", (width,), dtype))
    return header_of(*tensors)


@pytest.mark.parametrize("width", [64, 576, 2048, 4096])
def test_a_plan_keeps_to_its_budget(width: int) -> None:
    """Wide models are read in less detail; what the attention writes is read of several layers, in few parts."""
    sites = find_sites({"model.safetensors": model_of(width)})
    choices = plan_rows([sites, sites], most_bytes=1_000_000)
    parts = plan_parts(sites, choices)
    assert sum(part.stop - part.start for part in parts) <= 1_000_000
    assert len(parts) <= 24
    writers = [choice for choice in choices if choice.place[0] == "attention_output"]
    assert len(writers) >= 5
    assert all(choice.stop_row - choice.first_row >= 8 for choice in writers)
    assert max(choice.stop_row - choice.first_row for choice in choices if choice.place[0] == "query") >= 32
    assert {choice.place[0] for choice in choices} == {
        "token_embedding", "down", "gate", "up", "key", "attention_output", "query", "norm",
    }  # fmt: skip


@pytest.mark.parametrize("layers", [4, 12, 32, 80])
@pytest.mark.parametrize("width", [576, 2048, 4096, 8192])
def test_models_that_are_read_alone_have_rows_in_common(width: int, layers: int) -> None:
    """Of models of one shape in two types and vocabularies, in less detail the same layers, and fewer rows of them."""
    plans = [
        plan_rows([find_sites({"a": model_of(width, layers=layers, dtype=dtype, vocabulary=size)})], most_bytes=950_000)
        for dtype, size in (("BF16", 1000), ("F32", 1200))
    ]
    more, less = (
        {choice.place: (choice.first_row, choice.stop_row) for choice in plan if choice.place[0] != "token_embedding"}
        for plan in plans
    )
    assert less.keys() <= more.keys()
    assert all(more[place][0] <= first < stop <= more[place][1] for place, (first, stop) in less.items())


def test_a_small_budget_reads_little_and_a_smaller_one_nothing() -> None:
    """Rather fewer rows than more bytes."""
    sites = find_sites({"model.safetensors": model_of(4096)})
    assert plan_rows([sites], most_bytes=300_000)
    assert plan_rows([sites], most_bytes=10_000) == ()


def test_the_same_rows_are_planned_for_all() -> None:
    """Whatever the type and the vocabulary; a part of another shape, or of one model alone, is left out."""
    one = find_sites({"a.safetensors": model_of(64)})
    other = find_sites({"b.safetensors": model_of(64, vocabulary=1200, dtype="F32", layers=11)})
    choices = plan_rows([one, other], most_bytes=1_000_000)
    assert ("token_embedding", None) in {choice.place for choice in choices}
    assert max(choice.place[1] or 0 for choice in choices) <= 10
    wider = find_sites({"b.safetensors": model_of(128)})
    assert plan_rows([one, wider], most_bytes=1_000_000) == ()


def test_rows_next_to_each_other_are_one_part() -> None:
    """The end of one tensor and the start of the next; and each file has its own parts."""
    last, first = (
        ("a.layers.0.mlp.up_proj.weight", (100, 64), "F32"),
        ("a.layers.0.self_attn.k_proj.weight", (100, 64), "F32"),
    )
    sites = find_sites({"model.safetensors": header_of(last, first)})
    choices = plan_rows([sites], most_bytes=40_000)
    (part,) = plan_parts(sites, choices)
    assert {choice.place[0] for choice in part.choices} == {"up", "key"}
    apart = find_sites({"1.safetensors": header_of(last), "2.safetensors": header_of(first)})
    assert [part.file for part in plan_parts(apart, choices)] == ["1.safetensors", "2.safetensors"]


def test_a_part_is_cut_into_its_rows() -> None:
    """The numbers are those of the rows that were chosen, whichever parts they came with."""
    tensors = [
        ("a.layers.0.mlp.up_proj.weight", (100, 64), "F32"),
        ("a.layers.0.self_attn.k_proj.weight", (90, 64), "F32"),
    ]
    sites = find_sites({"model.safetensors": header_of(*tensors)})
    content = bytes(100) + np.arange(190 * 64, dtype="<f4").tobytes()
    choices = plan_rows([sites], most_bytes=10_000)
    spans = [
        span for part in plan_parts(sites, choices) for span in cut_spans(sites, part, content[part.start : part.stop])
    ]
    known = {span.role: span for span in spans}
    numbers = np.arange(190 * 64, dtype=np.float32).reshape(190, 64)
    np.testing.assert_array_equal(known["up"].rows, numbers[100 - len(known["up"].rows) : 100])
    np.testing.assert_array_equal(known["key"].rows, numbers[100 : 100 + len(known["key"].rows)])
    assert (known["up"].first_row, known["up"].tensor_rows, known["up"].stop_row) == (
        100 - len(known["up"].rows),
        100,
        100,
    )
    assert (known["key"].layer, known["key"].dtype) == (0, "F32")


def test_what_cannot_be_compared_has_no_site() -> None:
    """Packed or unscaled integers, tensors of three dimensions, empty ones, and those whose name says nothing."""
    name = "a.layers.0.mlp.up_proj.weight"
    for tensor in (
        (name, (8, 8), "U8"),
        (name, (8, 8), "I8"),
        (name, (2, 8, 8), "F32"),
        (name, (0, 8), "F32"),
        ("a", (8, 8), "F32"),
    ):
        assert find_sites({"model.safetensors": header_of(tensor)}) == {}
    (site,) = find_sites({"model.safetensors": header_of(("a.layers.0.norm.weight", (8,), "F32"))}).values()
    assert (site.row_count, site.columns, site.row_bytes) == (1, 8, 32)


def test_of_experts_the_first_is_compared() -> None:
    """One place, one tensor: the first by name, in whichever file it lies."""
    headers = {
        name: header_of((f"a.layers.0.experts.{expert}.gate_proj.weight", (8, 8), "F32"))
        for name, expert in (("1.safetensors", 1), ("2.safetensors", 0))
    }
    (site,) = find_sites(headers).values()
    assert site.file == "2.safetensors"


@pytest.mark.parametrize(
    ("count", "expected"), [(1, [5]), (2, [2, 7]), (3, [1, 5, 8]), (10, list(range(10))), (12, list(range(10)))]
)
def test_layers_are_spread_over_the_depth(count: int, expected: list[int]) -> None:
    """Evenly, in order, none twice."""
    assert spread(range(10), count) == expected


def test_of_no_layers_none_are_chosen() -> None:
    """An embedding alone is a plan as well."""
    sites = find_sites({"model.safetensors": header_of(("wte.weight", (50, 64), "F32"))})
    (choice,) = plan_rows([sites], most_bytes=1_000_000)
    assert (choice.place, choice.first_row, choice.stop_row) == (("token_embedding", None), 0, 50)
