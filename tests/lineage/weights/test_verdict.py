"""What two models' rows say, and how it is told; which matrix is read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineage.weights.header import TensorEntry, WeightHeader
from lineage.weights.number_formats import round_to
from lineage.weights.origin_table import compare, show_p, tabulate_readings
from lineage.weights.tensor_roles import find_layer, find_role
from lineage.weights.verdict import judge_origin
from lineage.weights.weight_rows import MatrixRows, WeightRows, choose_matrices

UP = "layers.0.mlp.up_proj.weight"
Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def rows_of(seed: int, rows: int = 16, columns: int = 64) -> Rows:
    """Return rows of independent numbers."""
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def read_of(  # noqa: PLR0913 - what two models may differ in
    rows: Rows,
    *,
    model: str = "maple/base",
    name: str = "model.embed_tokens.weight",
    dtype: str = "F32",
    vocabulary: int = 1000,
    file: str = "model.safetensors",
    sha256: str | None = None,
    inner: Rows | None = None,
) -> WeightRows:
    """Return what was read of a model with these first rows."""
    matrices = [MatrixRows(name=name, dtype=dtype, matrix_rows=vocabulary, columns=rows.shape[1], rows=rows)]
    if inner is not None:
        matrices.append(
            MatrixRows(name=f"model.{UP}", dtype=dtype, matrix_rows=256, columns=inner.shape[1], rows=inner)
        )
    return WeightRows(
        model=model,
        revision="main",
        file=file,
        file_bytes=200,
        file_sha256=sha256,
        header_sha256="0" * 64,
        tensors=len(matrices),
        parameters=rows.size,
        matrices=tuple(matrices),
        bytes_read=200,
        requests=3,
    )


def test_a_fine_tune_has_one_origin_with_its_base() -> None:
    """The number stands beside it, and how far it moved."""
    ours = rows_of(1)
    verdict = judge_origin(read_of(ours), read_of(ours + 0.01 * rows_of(2), model="maple/tuned", vocabulary=1016))
    assert verdict.kind == "same origin"
    assert verdict.is_related
    assert verdict.test is not None
    assert verdict.test.fixed_points == 64
    assert verdict.change == pytest.approx(0.01, rel=0.1)
    assert verdict.equal_share == 0
    assert verdict.reason == ("64 of 64 columns match on 16 rows; the vocabulary of maple/tuned is larger by 16 rows")


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_a_rounded_copy_is_told_from_a_change(dtype: str) -> None:
    """In either order of the two; a number that is not the rounded one makes it a change."""
    ours = rows_of(3)
    rounded = round_to(ours, dtype)
    assert rounded is not None
    wide, narrow = read_of(ours), read_of(rounded, dtype=dtype, model="maple/narrow")
    assert [judge_origin(*pair).kind for pair in ((wide, narrow), (narrow, wide))] == ["rounded", "rounded"]
    assert judge_origin(wide, narrow).reason == f"the rows of maple/narrow are those of maple/base, rounded to {dtype}"
    changed = rounded.copy()
    changed[0, 0] += 1
    assert judge_origin(wide, read_of(changed, dtype=dtype)).kind == "same origin"
    assert judge_origin(narrow, read_of(rounded, dtype=dtype)).kind == "same origin"


def test_one_hash_is_identity_of_whole_files_alone() -> None:
    """Two first shards of one hash say nothing of the others, so their rows are tested."""
    ours = rows_of(4)
    assert judge_origin(read_of(ours, sha256="a" * 64), read_of(ours, sha256="a" * 64)).kind == "identical"
    shard = "model-00001-of-00002.safetensors"
    of_shards = judge_origin(read_of(ours, sha256="a" * 64, file=shard), read_of(ours, sha256="a" * 64, file=shard))
    assert (of_shards.kind, of_shards.equal_share) == ("same origin", 1.0)
    assert judge_origin(read_of(ours, sha256="a" * 64), read_of(ours, sha256="b" * 64)).kind == "same origin"


def test_independent_models_show_no_sign() -> None:
    """Only where there were rows enough to see one."""
    verdict = judge_origin(read_of(rows_of(5)), read_of(rows_of(6)))
    assert (verdict.kind, verdict.is_related) == ("no sign", False)
    few = judge_origin(read_of(rows_of(5, rows=7)), read_of(rows_of(6, rows=7)))
    assert few.kind == "open"
    assert "too few rows to deny it" in few.reason
    narrow = judge_origin(read_of(rows_of(5, columns=63)), read_of(rows_of(6, columns=63)))
    assert narrow.kind == "open"


def test_a_turned_copy_is_no_contradiction() -> None:
    """Where no column matches but the products of rows agree, of one matrix at least; a stranger contradicts."""
    ours, inner = rows_of(5, rows=40), rows_of(6, rows=40)
    order = np.random.default_rng(7).permutation(64)
    stranger = judge_origin(read_of(ours, inner=inner), read_of(rows_of(8, rows=40), inner=rows_of(9, rows=40)))
    assert (stranger.kind, stranger.is_contradiction, stranger.is_yes) == ("no sign", True, False)
    assert stranger.agreement is not None
    assert abs(stranger.agreement) < 0.3
    for theirs in ((ours[:, order], inner[:, order]), (ours[:, order], rows_of(9, rows=40))):
        verdict = judge_origin(read_of(ours, inner=inner), read_of(theirs[0], inner=theirs[1]))
        assert (verdict.kind, verdict.is_contradiction, verdict.is_yes) == ("turned", False, True)
        assert not verdict.is_related
        assert verdict.agreement == pytest.approx(1)
        assert verdict.reason.endswith(
            "but the products of 32 rows agree (correlation 1.000): equal up to a turn of the coordinates"
        )
    assert judge_origin(read_of(ours), read_of(ours)).agreement is None


def test_a_turned_copy_is_told_by_what_is_kept_of_it() -> None:
    """Of more than 512 columns a part is kept, whose own products would change; those of all were kept beside them."""
    ours = rows_of(5, rows=40, columns=700)
    theirs = ours[:, np.random.default_rng(7).permutation(700)]
    kept = [
        replace(read, matrices=tuple(one.kept() for one in read.matrices)) for read in (read_of(ours), read_of(theirs))
    ]
    assert kept[0].matrices[0].rows.shape == (12, 512)
    assert judge_origin(*kept).kind == "turned"
    assert judge_origin(kept[0], read_of(theirs)).kind == "turned"


def test_a_few_matches_stay_open() -> None:
    """Eight columns of 64 that match are more than chance mostly brings, and no proof."""
    ours, theirs = rows_of(7, rows=40), rows_of(8, rows=40)
    theirs[:, :8] = ours[:, :8]
    verdict = judge_origin(read_of(ours), read_of(theirs))
    assert verdict.kind == "open"
    assert "too few to say so" in verdict.reason
    theirs[:, :16] = ours[:, :16]
    assert judge_origin(read_of(ours), read_of(theirs)).kind == "same origin"


def test_what_does_not_fit_is_not_compared() -> None:
    """Other widths, parts for other ends, too few rows: the reason says so, and nothing is concluded."""
    base = read_of(rows_of(9))
    for other, reason in (
        (read_of(rows_of(9, columns=128)), "64 and 128 columns"),
        (read_of(rows_of(9), name="lm_head.weight"), "parts for different ends"),
        (read_of(rows_of(9, rows=3)), "3 of their common rows"),
    ):
        verdict = judge_origin(base, other)
        assert (verdict.kind, verdict.is_related) == ("not comparable", False)
        assert reason in verdict.reason


def test_a_new_vocabulary_does_not_hide_the_origin() -> None:
    """Its rows stand for other tokens; the rows of a layer do not. The p of two tests is taken twice."""
    inner = rows_of(20)
    base = read_of(rows_of(21), inner=inner)
    verdict = judge_origin(base, read_of(rows_of(22), inner=inner + 0.01 * rows_of(23), vocabulary=2000))
    assert verdict.kind == "same origin"
    assert verdict.test is not None
    assert verdict.test.log10_p == pytest.approx(-89.1 + 0.301, abs=0.01)
    assert verdict.reason.endswith("the rows of the embedding show none: its vocabulary or its tokens are others")


def test_only_rows_of_a_layer_contradict() -> None:
    """Rows of an embedding alone may be those of other tokens; of another size of vocabulary they deny nothing."""
    base, other = read_of(rows_of(24)), read_of(rows_of(25))
    assert (judge_origin(base, other).kind, judge_origin(base, other).is_contradiction) == ("no sign", False)
    larger = judge_origin(base, read_of(rows_of(25), vocabulary=2000))
    assert (larger.kind, larger.is_contradiction) == ("open", False)
    assert "their vocabularies differ in size" in larger.reason
    both = judge_origin(read_of(rows_of(24), inner=rows_of(26)), read_of(rows_of(25), inner=rows_of(27)))
    assert (both.kind, both.is_contradiction) == ("no sign", True)
    few = judge_origin(read_of(rows_of(24), inner=rows_of(26, rows=7)), read_of(rows_of(25), inner=rows_of(27, rows=7)))
    assert (few.kind, few.is_contradiction) == ("no sign", False)


def test_rounding_must_hold_of_every_matrix() -> None:
    """One that was changed makes it a change."""
    ours, inner = rows_of(28), rows_of(29)
    narrow, narrow_inner = round_to(ours, "BF16"), round_to(inner, "BF16")
    assert narrow is not None
    assert narrow_inner is not None
    base = read_of(ours, inner=inner)
    assert judge_origin(base, read_of(narrow, inner=narrow_inner, dtype="BF16")).kind == "rounded"
    verdict = judge_origin(base, read_of(narrow, inner=narrow_inner * 2, dtype="BF16"))
    assert (verdict.kind, verdict.equal_share) == ("same origin", 0)


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_numbers_that_are_none_have_no_difference(odd: float) -> None:
    """The rows that hold them are left out of the test; nothing is warned of, and no change is told."""
    ours = rows_of(30)
    ours[3, 5] = odd
    verdict = judge_origin(read_of(ours), read_of(ours))
    assert (verdict.kind, verdict.change) == ("same origin", None)
    assert verdict.test is not None
    assert verdict.test.rows == 15


def test_a_comparison_has_a_row_for_each() -> None:
    """Also for those that were not read; one relative is enough to be related."""
    ours = rows_of(10)
    base = read_of(ours)
    result, is_related = compare(
        base, {"maple/tuned": read_of(ours + 0.01 * rows_of(11)), "oak/other": read_of(rows_of(12)), "oak/gone": "gone"}
    )
    rows = result.records()
    assert is_related
    assert [(row["other"], row["verdict"]) for row in rows] == [
        ("maple/tuned", "same origin"),
        ("oak/other", "no sign"),
        ("oak/gone", "not read"),
    ]
    assert (rows[0]["p"], rows[0]["log10_p"]) == ("7.9e-90", -89.1)
    assert rows[2]["reason"] == "gone"
    assert not compare(base, {"oak/other": read_of(rows_of(12))})[1]
    read, gone = tabulate_readings(base, {"oak/gone": "gone"}).records()
    assert (read["rows_read"], read["not_read"]) == (16, None)
    assert (gone["model"], gone["file"], gone["not_read"]) == ("oak/gone", None, "gone")


@pytest.mark.parametrize(
    ("log10_p", "shown"), [(0.0, "1"), (-1.5, "0.032"), (-3.0, "1.0e-3"), (-89.1, "7.9e-90"), (-1166.54, "2.9e-1167")]
)
def test_a_probability_is_shown_however_small(log10_p: float, shown: str) -> None:
    """No float holds those below 1e-308."""
    assert show_p(log10_p) == shown


@pytest.mark.parametrize(
    ("name", "role", "layer"),
    [
        ("model.embed_tokens.weight", "token_embedding", None),
        ("model.language_model.embed_tokens.weight", "token_embedding", None),
        ("transformer.wte.weight", "token_embedding", None),
        ("bert.embeddings.word_embeddings.weight", "token_embedding", None),
        ("gpt_neox.embed_in.weight", "token_embedding", None),
        ("shared.weight", "token_embedding", None),
        ("token_embd.weight", "token_embedding", None),
        ("bert.embeddings.position_embeddings.weight", "position", None),
        ("transformer.wpe.weight", "position", None),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", "position", 0),
        ("bert.embeddings.LayerNorm.weight", "norm", None),
        ("model.layers.11.input_layernorm.weight", "norm", 11),
        ("lm_head.weight", "output_head", None),
        ("model.layers.3.self_attn.q_proj.weight", "query", 3),
        ("bert.encoder.layer.7.attention.self.key.weight", "key", 7),
        ("model.layers.3.self_attn.o_proj.weight", "attention_output", 3),
        ("bert.encoder.layer.7.attention.output.dense.weight", "attention_output", 7),
        ("bert.encoder.layer.7.output.dense.weight", "down", 7),
        ("bert.encoder.layer.7.intermediate.dense.weight", "up", 7),
        ("model.layers.3.mlp.gate_proj.weight", "gate", 3),
        ("model.layers.3.mlp.up_proj.weight", "up", 3),
        ("model.layers.3.mlp.down_proj.weight", "down", 3),
        ("blk.12.ffn_up.weight", "up", 12),
        ("classifier.weight", "other", None),
    ],
)
def test_roles_follow_from_names(name: str, role: str, layer: int | None) -> None:
    """As transformers, GGUF and older libraries write them."""
    assert (find_role(name), find_layer(name)) == (role, layer)


def test_the_embedding_is_read_or_else_the_first_matrix_that_fits() -> None:
    """Never positions, norms or turning heads; never packed numbers; never what is too narrow."""

    def place(name: str, dtype: str = "F32", shape: tuple[int, ...] = (100, 64)) -> TensorEntry:
        return TensorEntry(name=name, dtype=dtype, shape=shape, start_byte=0, stop_byte=0)

    def chosen(*tensors: TensorEntry) -> list[str]:
        return [tensor.name for tensor in choose_matrices(WeightHeader(tensors=tensors, sha256="", header_bytes=0))]

    unfit = (
        place("wpe.weight"),
        place("layers.0.attn.q_proj.weight"),
        place("layers.0.mlp.up_proj.weight", "I32"),
        place("layers.0.mlp.down_proj.weight", shape=(100, 63)),
        place("conv.weight", shape=(100, 64, 3, 3)),
        place("empty.weight", shape=(0, 64)),
        place("model.embed_tokens.weight", "U32", (100, 512)),
        place("model.embed_tokens.scales"),
        place("model.embed_tokens.biases"),
        place("layers.0.mlp.up_proj.qweight", "I32"),
        place("layers.0.mlp.up_proj.qzeros"),
        place("layers.0.mlp.up_proj.weight_scale"),
        place("layers.0.mlp.up_proj.weight_scale_inv"),
        place("layers.0.mlp.up_proj.weight_zero_point", "I8"),
        place("layers.0.mlp.up_proj.weight.absmax"),
        place("layers.0.mlp.up_proj.lora_A.weight"),
    )
    assert chosen(*unfit) == []
    assert chosen(*unfit, place("a.down_proj.weight")) == ["a.down_proj.weight"]
    embedding = place("wte.weight")
    layers = [place(f"layers.{layer}.mlp.{role}_proj.weight") for layer in (1, 0) for role in ("up", "gate")]
    assert chosen(*unfit, *layers, embedding) == ["wte.weight", "layers.0.mlp.gate_proj.weight"]
    assert chosen(*layers[:2], embedding) == ["wte.weight", "layers.1.mlp.gate_proj.weight"]
    assert chosen(place("layers.0.mlp.up_proj.weight", shape=(100, 128)), embedding) == ["wte.weight"]
